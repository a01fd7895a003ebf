package network

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
)

const vaultURL = "https://v.vault.azure.net/secrets/s"

func noEnv(string) string { return "" }

// get sends a request for service through a transport.
func get(ctx context.Context, t *testing.T, m *Monitor, service string, transport policy.Transporter) error {
	t.Helper()
	options := m.Options(service, azcore.ClientOptions{Transport: transport})
	client, err := azcore.NewClient("test", "v0.0.1", runtime.PipelineOptions{}, &options)
	if err != nil {
		t.Fatal(err)
	}
	req, err := runtime.NewRequest(ctx, http.MethodGet, vaultURL)
	if err != nil {
		t.Fatal(err)
	}
	_, err = client.Pipeline().Do(req)
	return err
}

// blackHole is a client of a network that drops everything.
func blackHole(t *testing.T, proxy *url.URL) *http.Client {
	transport := &http.Transport{Proxy: http.ProxyURL(proxy), DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
		httptrace.ContextClientTrace(ctx).ConnectStart(network, "10.0.0.4:443")
		<-ctx.Done()
		return nil, ctx.Err()
	}}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

type transportFunc func(*http.Request) (*http.Response, error)

func (f transportFunc) Do(req *http.Request) (*http.Response, error) { return f(req) }

func silent(req *http.Request) (*http.Response, error) {
	<-req.Context().Done()
	return nil, req.Context().Err()
}

func TestTimeout(t *testing.T) {
	proxy := &url.URL{Scheme: "http", Host: "proxy.example:3128"}
	tests := []struct {
		name      string
		service   string
		env       string // the token proxy
		transport func(t *testing.T) policy.Transporter
		want      Wait
		host      string // in the error's URL
		proxy     bool   // the error is that of a proxy
	}{
		{name: "dropped packets", service: KeyVault, host: "v.vault.azure.net",
			transport: func(t *testing.T) policy.Transporter { return blackHole(t, nil) },
			want:      Wait{"v.vault.azure.net:443", KeyVault, "a connection to 10.0.0.4:443", requestTimeout}},
		{name: "HTTP proxy", service: KeyVault, host: "v.vault.azure.net", proxy: true,
			transport: func(t *testing.T) policy.Transporter { return blackHole(t, proxy) },
			want:      Wait{"proxy.example:3128", roleHTTPProxy, "a connection to 10.0.0.4:443", requestTimeout}},
		{name: "no http.Client", service: EntraID, host: "v.vault.azure.net",
			transport: func(*testing.T) policy.Transporter { return transportFunc(silent) },
			want:      Wait{"v.vault.azure.net:443", EntraID, "a connection", requestTimeout}},
		{name: "token proxy", service: EntraID, env: "https://10.0.0.1:8443/token", host: "10.0.0.1",
			transport: func(*testing.T) policy.Transporter { return transportFunc(silent) },
			want:      Wait{"10.0.0.1:8443", roleTokenProxy, "a connection", requestTimeout}},
		{name: "vault beside a token proxy", service: KeyVault, env: "https://10.0.0.1:8443/token", host: "v.vault.azure.net",
			transport: func(*testing.T) policy.Transporter { return transportFunc(silent) },
			want:      Wait{"v.vault.azure.net:443", KeyVault, "a connection", requestTimeout}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := New(func(string) string { return test.env })
				var reported []Wait
				start := time.Now()
				arrived := m.Watch(func(w Wait) { reported = append(reported, w) })
				err := arrived(get(t.Context(), t, m, test.service, test.transport(t)))
				if took := time.Since(start); took != requestTimeout {
					t.Errorf("ended after %s", took)
				}
				timeout, ok := errors.AsType[*TimeoutError](err)
				if !ok || timeout.Wait != test.want {
					t.Fatalf("got %v, want %+v", err, test.want)
				}
				if failed, ok := errors.AsType[*url.Error](err); !ok || !strings.Contains(failed.URL, "//"+test.host) {
					t.Errorf("the URL in %v is not that of %s", err, test.host)
				}
				op, ok := errors.AsType[*net.OpError](err)
				if proxyFailed := ok && op.Op == "proxyconnect"; proxyFailed != test.proxy {
					t.Errorf("failure of the proxy: %t in %v", proxyFailed, err)
				}
				if !errors.Is(err, context.DeadlineExceeded) || strings.Contains(err.Error(), "\n") {
					t.Errorf("got %q", err)
				}
				first := test.want
				first.Since = firstReport
				if !slices.Equal(reported, []Wait{first}) {
					t.Errorf("reported %+v, want %+v", reported, first)
				}
				if left := m.waits(0); len(left) > 0 {
					t.Errorf("%+v are still under way", left)
				}
			})
		})
	}
}

// Reads that fail one after the other are reported at most every 15 seconds.
func TestReportsAcrossReads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := New(noEnv)
		start := time.Now()
		var reported []time.Duration
		for range 6 {
			arrived := m.Watch(func(Wait) { reported = append(reported, time.Since(start)) })
			if err := arrived(get(t.Context(), t, m, KeyVault, transportFunc(silent))); err == nil {
				t.Fatal("a silent host responded")
			}
			time.Sleep(2500 * time.Millisecond)
		}
		// The reads begin after 0, 12.5, 25, 37.5, 50 and 62.5 seconds.
		second := time.Second
		if want := []time.Duration{3 * second, 18 * second, 33 * second, 53 * second, 68 * second}; !slices.Equal(reported, want) {
			t.Errorf("reported after %s, want %s", reported, want)
		}
	})
}

func TestHostsAreReportedOnceEach(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := New(noEnv)
		proxy := &url.URL{Scheme: "http", Host: "proxy.example:3128"}
		var reported []string
		arrived := m.Watch(func(w Wait) { reported = append(reported, w.Role) })
		ended := make(chan error, 3)
		for _, service := range []string{EntraID, KeyVault} {
			go func() { ended <- get(t.Context(), t, m, service, blackHole(t, proxy)) }()
		}
		time.Sleep(time.Second)
		go func() { ended <- get(t.Context(), t, m, KeyVault, blackHole(t, nil)) }()
		for range 3 {
			if err := <-ended; err == nil {
				t.Error("a black hole responded")
			}
		}
		_ = arrived(nil)
		slices.Sort(reported)
		if want := []string{roleHTTPProxy, KeyVault}; !slices.Equal(reported, want) {
			t.Errorf("reported %q, want %q", reported, want)
		}
	})
}

// A request that has just begun is not what has kept the reader waiting.
func TestShortWaitsAreNotReported(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := New(noEnv)
		start := time.Now()
		var reported []time.Duration
		arrived := m.Watch(func(Wait) { reported = append(reported, time.Since(start)) })
		quick := transportFunc(func(*http.Request) (*http.Response, error) {
			time.Sleep(noticeable * 9 / 10)
			return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody}, nil
		})
		for range 8 {
			if err := get(t.Context(), t, m, KeyVault, quick); err != nil {
				t.Fatal(err)
			}
		}
		if len(reported) > 0 {
			t.Errorf("reported after %s", reported)
		}
		begun := time.Since(start)
		_ = arrived(get(t.Context(), t, m, KeyVault, transportFunc(silent)))
		if len(reported) != 1 || reported[0]-begun > 2*noticeable {
			t.Errorf("reported after %s, and the silence began after %s", reported, begun)
		}
	})
}

// A deadline that passes while the credential waits for Entra ID names no host.
func TestDeadlineGetsAHost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := New(noEnv)
		arrived := m.Watch(func(Wait) {})
		exchange := make(chan error)
		go func() { exchange <- get(t.Context(), t, m, EntraID, blackHole(t, nil)) }()
		time.Sleep(3 * time.Second)
		err := arrived(fmt.Errorf("waiting for a token: %w", context.DeadlineExceeded))
		if timeout, ok := errors.AsType[*TimeoutError](err); !ok || timeout.Wait.Role != EntraID || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		if failed, ok := errors.AsType[*url.Error](err); !ok || failed.URL != "https://v.vault.azure.net:443" {
			t.Errorf("no URL in %v", err)
		}
		if err := m.Watch(func(Wait) {})(context.Canceled); err != context.Canceled { //nolint:errorlint // it must be unchanged
			t.Errorf("got %v", err)
		}
		if err := <-exchange; err == nil {
			t.Error("a black hole responded")
		}
		if err := m.Watch(func(Wait) {})(context.DeadlineExceeded); err != context.DeadlineExceeded { //nolint:errorlint // as above
			t.Errorf("got %v", err)
		}
	})
}

// The SDK's retry policy replaces the error of a request whose context has ended.
func TestCallersDeadlineGetsAHost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		m := New(noEnv)
		err := m.Watch(func(Wait) {})(get(ctx, t, m, KeyVault, transportFunc(silent)))
		if timeout, ok := errors.AsType[*TimeoutError](err); !ok || timeout.Wait.Host != "v.vault.azure.net:443" || timeout.Wait.Since != 3*time.Second {
			t.Errorf("got %v", err)
		}
	})
}

func TestNothingIsRetriedByDefault(t *testing.T) {
	for retries, want := range map[int32]int{0: 1, -1: 1, 2: 3} {
		requests := 0
		options := New(noEnv).Options(KeyVault, azcore.ClientOptions{
			Retry: policy.RetryOptions{MaxRetries: retries, RetryDelay: time.Nanosecond},
			Transport: transportFunc(func(*http.Request) (*http.Response, error) {
				requests++
				return &http.Response{StatusCode: http.StatusServiceUnavailable, Body: http.NoBody}, nil
			}),
		})
		client, err := azcore.NewClient("test", "v0.0.1", runtime.PipelineOptions{}, &options)
		if err != nil {
			t.Fatal(err)
		}
		req, err := runtime.NewRequest(t.Context(), http.MethodGet, vaultURL)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := client.Pipeline().Do(req); err != nil {
			t.Fatal(err)
		}
		if requests != want {
			t.Errorf("MaxRetries %d: %d requests, want %d", retries, requests, want)
		}
	}
}

func TestVaultAddress(t *testing.T) {
	server := httptest.NewTLSServer(http.NotFoundHandler())
	defer server.Close()
	client := server.Client()
	client.Transport.(*http.Transport).DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, server.Listener.Addr().String())
	}
	client.Transport.(*http.Transport).TLSClientConfig.ServerName = "example.com"
	m := New(noEnv)
	for _, step := range []struct{ service, want string }{{EntraID, ""}, {KeyVault, "127.0.0.1"}, {EntraID, "127.0.0.1"}} {
		if err := get(t.Context(), t, m, step.service, client); err != nil {
			t.Fatal(err)
		}
		if got := m.VaultAddress(); got != step.want {
			t.Errorf("after a request to %s the vault's address is %q, want %q", step.service, got, step.want)
		}
	}
	refused := transportFunc(func(*http.Request) (*http.Response, error) { return nil, errors.New("connection refused") })
	if err := get(t.Context(), t, m, KeyVault, refused); err == nil || m.VaultAddress() != "127.0.0.1" {
		t.Errorf("after a request without a connection (%v) the vault's address is %q", err, m.VaultAddress())
	}
}
