package localazure_test

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/workload-identity-quickstart/msal-go/internal/localazure"
	"github.com/workload-identity-quickstart/msal-go/internal/localazure/entra"
	"github.com/workload-identity-quickstart/msal-go/internal/localazure/keyvault"
)

const keysURL = "https://" + loginHost + "/common/discovery/v2.0/keys"

func TestStartRefuses(t *testing.T) {
	directory, err := entra.New(entra.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer directory.Close()
	vaults, err := keyvault.New(keyvault.Config{Keys: directory.Keys})
	if err != nil {
		t.Fatal(err)
	}
	good := localazure.Config{Directory: directory, Vaults: vaults}
	for want, change := range map[string]func(*localazure.Config){
		"a directory and vaults": func(c *localazure.Config) { c.Vaults = nil },
		"needs a server name":    func(c *localazure.Config) { c.TokenProxyAddress = "127.0.0.1:0" },
		"latency -1s":            func(c *localazure.Config) { c.Latency = -time.Second },
		"listen tcp":             func(c *localazure.Config) { c.ProxyAddress = "192.0.2.1:1" }, // not this machine's
		"listen tcp 192": func(c *localazure.Config) {
			c.TokenProxyAddress, c.TokenProxyName = "192.0.2.1:1", "name.example"
		},
	} {
		cfg := good
		change(&cfg)
		if s, err := localazure.Start(t.Context(), cfg); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error = %v, want %q in it", err, want)
			if err == nil {
				_ = s.Close()
			}
		}
	}
}

func TestRequestsAreLogged(t *testing.T) {
	notified := make(chan localazure.Request, 8)
	s := startSandbox(t, localazure.SandboxConfig{OnRequest: func(r localazure.Request) { notified <- r }}).Server()
	client := newClient(t, s)
	_ = body(t, get(t, client, keysURL))
	_ = body(t, get(t, client, "https://"+vaultHost+"/secrets/my-secret?api-version=7.4"))
	_ = body(t, get(t, client, "https://"+loginHost+"/contoso/discovery/v2.0/keys"))
	want := []localazure.Request{
		{Host: loginHost, Method: "GET", Path: "/common/discovery/v2.0/keys", Status: 200},
		{Host: vaultHost, Method: "GET", Path: "/secrets/my-secret", Query: "api-version=7.4", APIVersion: "7.4", Status: 401, ErrorCode: "Unauthorized"},
		{Host: loginHost, Method: "GET", Path: "/contoso/discovery/v2.0/keys", Status: 400, ErrorCode: "AADSTS900023"},
	}
	for _, w := range want { // the last entry is there once it was notified
		got := <-notified
		if got.Host != w.Host || got.Path != w.Path {
			t.Errorf("notified of %s%s, want %s%s", got.Host, got.Path, w.Host, w.Path)
		}
	}
	got := s.Requests()
	if len(got) != len(want) {
		t.Fatalf("%d requests, want %d", len(got), len(want))
	}
	for i, g := range got {
		w := want[i]
		if g.Method != w.Method || g.Host != w.Host || g.Path != w.Path || g.Query != w.Query || g.APIVersion != w.APIVersion ||
			g.Status != w.Status || g.ErrorCode != w.ErrorCode || !slices.Contains(g.Headers, "User-Agent") || g.Time.IsZero() {
			t.Errorf("request %d = %+v\nwant %+v", i, g, w)
		}
	}
	if c, h := s.Connections(), s.Handshakes(); c != 2 || h != 2 {
		t.Errorf("%d connections, %d handshakes, want two of each: requests to one host share one", c, h)
	}
}

func TestInterceptAnswersOrCuts(t *testing.T) {
	notified := make(chan localazure.Request, 8)
	s := startSandbox(t, localazure.SandboxConfig{
		OnRequest: func(r localazure.Request) { notified <- r },
		Intercept: func(w http.ResponseWriter, r *http.Request) bool {
			if r.Host != vaultHost {
				return false
			}
			http.Error(w, "maintenance", http.StatusServiceUnavailable)
			return true
		},
	}).Server()
	status := func(url string) int {
		resp := get(t, newClient(t, s), url)
		_ = body(t, resp)
		return resp.StatusCode
	}
	const secretURL = "https://" + vaultHost + "/secrets/my-secret?api-version=7.4"
	if got := status(secretURL); got != http.StatusServiceUnavailable {
		t.Errorf("intercepted: status %d", got)
	}
	if got := status(keysURL); got != http.StatusOK {
		t.Errorf("not intercepted: status %d", got)
	}
	s.SetIntercept(func(http.ResponseWriter, *http.Request) bool { panic(http.ErrAbortHandler) })
	if resp, err := newClient(t, s).Get(keysURL); err == nil {
		_ = resp.Body.Close()
		t.Errorf("cut: status %d", resp.StatusCode)
	}
	s.SetIntercept(nil)
	if got := status(secretURL); got != http.StatusUnauthorized {
		t.Errorf("no longer intercepted: status %d", got)
	}
	var got []int
	for range 4 {
		got = append(got, (<-notified).Status)
	}
	// Go's client retries a cut GET on no fresh connection, so there is one.
	if want := []int{503, 200, 0, 401}; !slices.Equal(got, want) {
		t.Errorf("logged %d, want %d", got, want)
	}
}

func TestLatencyPerRoundTrip(t *testing.T) {
	const latency = 20 * time.Millisecond
	s := startSandbox(t, localazure.SandboxConfig{Latency: latency, IdentityBinding: true}).Server()
	for name, client := range map[string]*http.Client{
		"tunnel":      newClient(t, s),
		"token proxy": throughTokenProxy(t, s, "localazure.ests.aks"),
	} {
		// Only lower bounds: the machine may be slow, but never too fast.
		for request, roundTrips := range []time.Duration{3, 1} {
			start := time.Now()
			_ = body(t, get(t, client, keysURL))
			if d := time.Since(start); d < roundTrips*latency {
				t.Errorf("%s: request %d took %s, want %d round trips of %s", name, request, d, roundTrips, latency)
			}
		}
	}
}

func TestCloseWaitsForHandlersAndFreesThePort(t *testing.T) {
	for _, version := range []string{"http/1.1", "h2"} {
		t.Run(version, func(t *testing.T) {
			sandbox, err := localazure.StartSandbox(t.Context(), localazure.SandboxConfig{})
			if err != nil {
				t.Fatal(err)
			}
			s := sandbox.Server()
			entered, release := make(chan struct{}), make(chan struct{})
			s.SetIntercept(func(_ http.ResponseWriter, r *http.Request) bool {
				close(entered)
				<-r.Context().Done() // its connection is closed
				<-release
				return true
			})
			client := newClient(t, s)
			client.Transport.(*http.Transport).ForceAttemptHTTP2 = version == "h2"
			client.Transport.(*http.Transport).TLSClientConfig.NextProtos = []string{version}
			failed := make(chan error, 1)
			go func() {
				resp, err := client.Get(keysURL)
				if err == nil {
					_ = resp.Body.Close()
				}
				failed <- err
			}()
			<-entered
			closed := make(chan error, 1)
			go func() { closed <- sandbox.Close() }()
			select {
			case err := <-closed:
				t.Fatalf("Close did not wait for a handler: %v", err)
			case <-time.After(50 * time.Millisecond): // more time would only find more
			}
			close(release)
			if err := <-closed; err != nil {
				t.Error(err)
			}
			if err := <-failed; err == nil {
				t.Error("the request was answered")
			}
			if conn, err := net.Dial("tcp", proxyAddress(t, s)); err == nil {
				_ = conn.Close()
				t.Error("the proxy still listens")
			}
		})
	}
}

func TestShutdownLetsRequestsFinish(t *testing.T) {
	s := startSandbox(t, localazure.SandboxConfig{}).Server()
	entered, release := make(chan struct{}), make(chan struct{})
	s.SetIntercept(func(http.ResponseWriter, *http.Request) bool {
		close(entered)
		<-release
		return false
	})
	answered := make(chan int, 1)
	client := newClient(t, s)
	go func() {
		resp, err := client.Get(keysURL)
		if err != nil {
			answered <- 0
			return
		}
		_ = resp.Body.Close()
		answered <- resp.StatusCode
	}()
	<-entered
	ended := make(chan error, 1)
	go func() { ended <- s.Shutdown(t.Context()) }()
	select {
	case err := <-ended:
		t.Fatalf("shutdown ended under a request: %v", err)
	case <-time.After(50 * time.Millisecond): // more time would only find more
	}
	close(release)
	if status := <-answered; status != http.StatusOK {
		t.Errorf("status = %d", status)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestContextEndsTheServer(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	sandbox, err := localazure.StartSandbox(ctx, localazure.SandboxConfig{})
	if err != nil {
		t.Fatal(err)
	}
	conn, resp := connect(t, sandbox.Server(), loginHost+":443")
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("status = %d", resp.StatusCode)
	}
	cancel()
	err = tls.Client(conn, &tls.Config{InsecureSkipVerify: true}).HandshakeContext(t.Context()) // #nosec G402 -- it fails
	for err == nil {
		_, err = conn.Read(make([]byte, 1024))
	}
	if errors.Is(err, context.Canceled) {
		t.Errorf("the connection ended by %v, want by the server", err)
	}
	if err := sandbox.Close(); err != nil {
		t.Error(err)
	}
}
