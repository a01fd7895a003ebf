package network

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
)

// monitored is a policy below the SDK's retries, so that it sees each request that
// is sent. It works with any transport, also with that of the token proxy.
type monitored struct {
	monitor *Monitor
	service string
}

func (p monitored) Do(req *policy.Request) (*http.Response, error) {
	r := &request{start: time.Now(), target: withPort(req.Raw().URL), service: p.service}
	if p.service == EntraID && p.monitor.tokenProxy != "" {
		r.target, r.service = p.monitor.tokenProxy, roleTokenProxy
	}
	r.set(r.target, "a connection")
	p.monitor.begin(r)
	defer p.monitor.end(r)

	ctx, cancel := context.WithTimeout(req.Raw().Context(), requestTimeout)
	defer cancel() // the body has been read by then
	resp, err := req.WithContext(httptrace.WithClientTrace(ctx, r.trace())).Next()
	if err != nil && isTimeout(err) {
		wait := r.wait()
		p.monitor.missed(wait)
		return nil, newTimeoutError(wait, err)
	}
	return resp, err
}

func isTimeout(err error) bool {
	timeout, ok := errors.AsType[net.Error](err)
	return ok && timeout.Timeout()
}

// request is one that is under way.
type request struct {
	start   time.Time
	target  string // host and port
	service string

	mu   sync.Mutex
	host string // whose turn it is: the target, or a proxy before it
	what string // what is missing
}

func (r *request) wait() Wait {
	r.mu.Lock()
	defer r.mu.Unlock()
	role := r.service
	if r.host != r.target {
		role = roleHTTPProxy
	}
	return Wait{Host: r.host, Role: role, For: r.what, Since: time.Since(r.start)}
}

func (r *request) set(host, what string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.host, r.what = host, what
}

// missing changes what the host has to do next.
func (r *request) missing(what string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.what = what
}

// trace follows the request. Go's dialing may go on after the request has ended.
func (r *request) trace() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		GetConn:      func(host string) { r.set(host, "a connection") },
		DNSStart:     func(info httptrace.DNSStartInfo) { r.missing("the address of " + info.Host) },
		ConnectStart: func(_, address string) { r.missing("a connection to " + address) },
		ConnectDone: func(_, _ string, err error) {
			if err == nil { // a proxy goes on by itself, else TLS begins at once
				r.missing("its connection to " + r.target)
			}
		},
		TLSHandshakeStart: func() { r.set(r.target, "the TLS handshake") },
		GotConn:           func(httptrace.GotConnInfo) { r.set(r.target, "the response") },
	}
}

// TimeoutError names the host that did not respond in time.
type TimeoutError struct {
	// Wait is what was waited for.
	Wait Wait
	// Err is the error of net/http, or that of a context whose deadline passed.
	Err error
}

// newTimeoutError puts err into the types of net/http, by which errors are explained:
// the URL of the request, and the failure of an HTTP proxy as if that had reported it.
func newTimeoutError(wait Wait, err error) *TimeoutError {
	failed, ok := errors.AsType[*url.Error](err)
	if !ok { // not from an http.Client
		failed = &url.Error{Op: "Reach", URL: "https://" + wait.Host, Err: err}
	}
	if _, dialed := errors.AsType[*net.OpError](err); !dialed && wait.Role == roleHTTPProxy {
		reason := fmt.Errorf("waiting %s for %s: %w", rounded(wait.Since), wait.For, failed.Err)
		failed = &url.Error{Op: failed.Op, URL: failed.URL, Err: &net.OpError{Op: "proxyconnect", Net: "tcp", Err: reason}}
	}
	return &TimeoutError{wait, failed}
}

func (e *TimeoutError) Error() string { return e.Wait.String() + ": " + e.Err.Error() }

// Unwrap returns Err.
func (e *TimeoutError) Unwrap() error { return e.Err }
