package network

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
)

// The services that requests are meant for.
const (
	EntraID  = "Entra ID"
	KeyVault = "Key Vault"
)

// What may stand between.
const (
	roleTokenProxy = "token proxy"
	roleHTTPProxy  = "HTTP proxy"
)

const (
	// requestTimeout ends a request, from resolving the host's name to the last
	// byte of the response. Azure responds within a second.
	requestTimeout = 10 * time.Second

	// firstReport is when a wait is reported for the first time, and reportInterval
	// how long it takes until the next report.
	firstReport    = 3 * time.Second
	reportInterval = 15 * time.Second

	// noticeable is the shortest wait that is reported.
	noticeable = time.Second
)

// Wait is something that a request has been waiting for.
type Wait struct {
	// Host is what does not respond, with its port: that of the service, or that of
	// the proxy on the way to it.
	Host string
	// Role of the host: [EntraID], [KeyVault], "token proxy" or "HTTP proxy".
	Role string
	// For is what is missing, such as "a connection to 10.0.0.4:443".
	For string
	// Since is how long the request has been under way.
	Since time.Duration
}

// String puts w into one line.
func (w Wait) String() string {
	return fmt.Sprintf("no response from %s (%s) within %s, waiting for %s", w.Host, w.Role, rounded(w.Since), w.For)
}

func rounded(d time.Duration) time.Duration { return d.Round(100 * time.Millisecond) }

// Monitor knows the requests that are under way. It is safe for concurrent use.
type Monitor struct {
	tokenProxy string // host and port; empty without an AKS identity binding

	mu       sync.Mutex
	requests map[*request]struct{}
	reported time.Time // the last time that Watch reported anything
	vault    string    // the IP address that the last request to Key Vault went to
	timedOut Wait      // the last one; zero Since if there was none since Watch
}

// New returns a Monitor. It reads AZURE_KUBERNETES_TOKEN_PROXY through getenv,
// usually os.Getenv.
func New(getenv func(string) string) *Monitor {
	m := &Monitor{requests: make(map[*request]struct{})}
	if u, err := url.Parse(getenv("AZURE_KUBERNETES_TOKEN_PROXY")); err == nil && u.Host != "" {
		m.tokenProxy = withPort(u)
	}
	return m
}

// Options returns base, changed for a client of the service whose requests are to be
// monitored: each of them ends after ten seconds, with an error that names the host.
// Responses must not be streamed. Base's Transport defaults to one that connects
// within five seconds. Unless base says so nothing is retried, since the caller logs
// each attempt; only the credential repeats what Entra ID rejects.
func (m *Monitor) Options(service string, base azcore.ClientOptions) azcore.ClientOptions {
	if base.Transport == nil {
		base.Transport = client
	}
	if base.Retry.MaxRetries == 0 && base.Retry.ShouldRetry == nil {
		base.Retry.ShouldRetry = func(*http.Response, error) bool { return false }
	}
	base.PerRetryPolicies = append(slices.Clone(base.PerRetryPolicies), monitored{m, service})
	return base
}

// Watch calls report with each host that keeps the caller waiting until it calls
// arrived: after three seconds, and then every 15 seconds, counted across calls.
// Arrived returns err; where that is a deadline which passed, it names the host.
// There must be only one caller at a time.
func (m *Monitor) Watch(report func(Wait)) (arrived func(err error) error) {
	m.mu.Lock()
	m.timedOut = Wait{}
	m.mu.Unlock()
	done := make(chan struct{})
	var reporting sync.WaitGroup
	reporting.Go(func() { m.report(report, done) })
	return func(err error) error {
		close(done)
		reporting.Wait()
		if _, named := errors.AsType[*TimeoutError](err); named || !errors.Is(err, context.DeadlineExceeded) {
			return err
		}
		if wait, ok := m.blame(); ok {
			return newTimeoutError(wait, err)
		}
		return err
	}
}

// blame returns what a deadline was missed for: a request that it ended, whose error
// the SDK replaces, or the one that is still under way for longest.
func (m *Monitor) blame() (longest Wait, ok bool) {
	waits := m.waits(0)
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.timedOut.Since > 0 {
		return m.timedOut, true
	}
	for _, wait := range waits {
		if wait.Since >= longest.Since {
			longest, ok = wait, true
		}
	}
	return longest, ok
}

func (m *Monitor) report(report func(Wait), done <-chan struct{}) {
	m.mu.Lock()
	pause := max(firstReport, time.Until(m.reported.Add(reportInterval)))
	m.mu.Unlock()
	for {
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-done:
			timer.Stop()
			return
		}
		pause = noticeable / 2 // between two requests: ask again soon
		for _, wait := range m.waits(noticeable) {
			report(wait)
			pause = reportInterval
		}
		if pause == reportInterval {
			m.mu.Lock()
			m.reported = time.Now()
			m.mu.Unlock()
		}
	}
}

// waits returns what has been waited for as long as that: the longest wait for each
// host.
func (m *Monitor) waits(shortest time.Duration) map[string]Wait {
	m.mu.Lock()
	defer m.mu.Unlock()
	longest := make(map[string]Wait)
	for r := range m.requests {
		if wait := r.wait(); wait.Since >= max(shortest, longest[wait.Host].Since) {
			longest[wait.Host] = wait
		}
	}
	return longest
}

// VaultAddress returns the IP address to which the vault's name led the last request
// that had a connection. It is empty if there was none, or an HTTP proxy between.
func (m *Monitor) VaultAddress() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.vault
}

func (m *Monitor) reached(vault string) {
	if vault == "" {
		return // no connection
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.vault = vault
}

func (m *Monitor) begin(r *request) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.requests[r] = struct{}{}
}

// missed notes that a request was ended by a deadline.
func (m *Monitor) missed(wait Wait) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.timedOut = wait
}

func (m *Monitor) end(r *request) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.requests, r)
}

// withPort returns the host of an https URL with its port.
func withPort(u *url.URL) string {
	return net.JoinHostPort(u.Hostname(), cmp.Or(u.Port(), "443"))
}
