package diagnose

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/workload-identity-quickstart/msal-go/internal/localazure"
	"github.com/workload-identity-quickstart/msal-go/internal/test/fakeazure"
)

// through returns a transport that connects to address whatever the host.
func through(t *testing.T, address string, config *tls.Config) *http.Client {
	t.Helper()
	transport := &http.Transport{
		TLSClientConfig: config,
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			var dialer net.Dialer
			return dialer.DialContext(ctx, network, address)
		},
	}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

// closedPort returns an address of this machine on which nothing listens.
func closedPort(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	return listener.Addr().String()
}

func TestTLS(t *testing.T) {
	fakeazure.Start(t, localazure.SandboxConfig{})
	quiet := log.New(io.Discard, "", 0)
	secure := httptest.NewUnstartedServer(http.NotFoundHandler())
	secure.Config.ErrorLog = quiet
	secure.StartTLS()
	defer secure.Close()
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()

	roots := x509.NewCertPool()
	roots.AddCert(secure.Certificate())
	later := func() time.Time { return secure.Certificate().NotAfter.Add(time.Hour) }
	tests := []struct {
		id     string
		server *httptest.Server
		config *tls.Config
		want   []string
	}{
		{"tls-untrusted", secure, &tls.Config{ServerName: "example.com"}, []string{"issued by O=Acme Co", "SSL_CERT_FILE", localazure.VaultName + ".vault.azure.net (Key Vault)"}},
		{"tls-wrong-name", secure, &tls.Config{RootCAs: roots}, []string{"example.com"}},
		{"tls-expired", secure, &tls.Config{RootCAs: roots, ServerName: "example.com", Time: later}, []string{"clock", "date -u"}},
		{"tls-not-spoken", plain, nil, []string{localazure.VaultName}},
	}
	for _, test := range tests {
		t.Run(test.id, func(t *testing.T) {
			got := explained(t, through(t, test.server.Listener.Addr().String(), test.config))
			check(t, got, test.id, test.want...)
		})
	}
}

func TestConnection(t *testing.T) {
	fakeazure.Start(t, localazure.SandboxConfig{})
	const vault = localazure.VaultName + ".vault.azure.net (Key Vault)"

	t.Run("refused", func(t *testing.T) {
		check(t, explained(t, through(t, closedPort(t), nil)), "connection-refused", vault, "https://"+localazure.VaultName+".vault.azure.net/")
	})
	t.Run("silent", func(t *testing.T) {
		listener, err := net.Listen("tcp", "127.0.0.1:0") // accepts, and says nothing
		if err != nil {
			t.Fatal(err)
		}
		defer listener.Close()
		client := through(t, listener.Addr().String(), nil)
		client.Transport.(*http.Transport).TLSHandshakeTimeout = time.Millisecond
		check(t, explained(t, client), "no-response", vault)
	})
	t.Run("deadline", func(t *testing.T) {
		ctx, cancel := context.WithDeadline(t.Context(), time.Unix(0, 0))
		defer cancel()
		var dialer net.Dialer
		_, err := dialer.DialContext(ctx, "tcp", "127.0.0.1:443")
		check(t, Explain(err, Facts{PodName: "p", Subject: "system:serviceaccount:n:s"}), "connection-timeout", "127.0.0.1")
		check(t, Explain(fmt.Errorf("read: %w", ctx.Err()), Facts{}), "timeout")
	})
	t.Run("cut", func(t *testing.T) {
		server := httptest.NewUnstartedServer(http.NotFoundHandler())
		server.Config.ErrorLog = log.New(io.Discard, "", 0)
		server.TLS = &tls.Config{GetConfigForClient: func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
			return nil, hello.Conn.Close()
		}}
		server.StartTLS()
		defer server.Close()
		check(t, explained(t, through(t, server.Listener.Addr().String(), nil)), "connection-failed", vault)
	})
}

func TestProxy(t *testing.T) {
	fakeazure.Start(t, localazure.SandboxConfig{})
	strict := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusProxyAuthRequired)
	}))
	defer strict.Close()
	tests := []struct{ id, proxy, want string }{
		{"proxy-credentials", strict.URL, "NO_PROXY"},
		{"proxy-unreachable", "http://" + closedPort(t), "refused"},
	}
	for _, test := range tests {
		t.Run(test.id, func(t *testing.T) {
			proxy, err := url.Parse(test.proxy)
			if err != nil {
				t.Fatal(err)
			}
			transport := &http.Transport{Proxy: http.ProxyURL(proxy)}
			defer transport.CloseIdleConnections()
			check(t, explained(t, &http.Client{Transport: transport}), test.id, test.want)
		})
	}
}

// nameServer responds to every DNS query with a response code of RFC 1035, section
// 4.1.1, and returns a resolver that asks it.
func nameServer(t *testing.T, code byte) *net.Resolver {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		query := make([]byte, 512)
		for {
			n, from, err := conn.ReadFrom(query)
			if err != nil {
				return // closed
			}
			if n < 12 {
				continue
			}
			query[2] |= 0x80       // a response
			query[3] = 0x80 | code // recursion available
			_, _ = conn.WriteTo(query[:n], from)
		}
	}()
	t.Cleanup(func() {
		_ = conn.Close()
		<-done
	})
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var dialer net.Dialer
		return dialer.DialContext(ctx, "udp", conn.LocalAddr().String())
	}}
}

func TestNames(t *testing.T) {
	const nxdomain, servfail = 3, 2
	tests := []struct {
		id    string
		code  byte
		vault string
		want  string
	}{
		{"vault-name-unresolved", nxdomain, "https://misspelt.vault.azure.net/", "az keyvault show --name misspelt"},
		{"host-unresolved", nxdomain, "https://vault.example/", "nslookup vault.example"},
		{"dns-unavailable", servfail, "https://my-vault.vault.azure.net/", "nslookup my-vault.vault.azure.net"},
	}
	for _, test := range tests {
		t.Run(test.id, func(t *testing.T) {
			dialer := net.Dialer{Resolver: nameServer(t, test.code)}
			transport := &http.Transport{DialContext: dialer.DialContext}
			defer transport.CloseIdleConnections()
			client := &http.Client{Transport: transport}
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, test.vault, nil)
			if err != nil {
				t.Fatal(err)
			}
			resp, err := client.Do(req)
			if err == nil {
				resp.Body.Close()
				t.Fatal("the name was resolved")
			}
			facts := Facts{Subject: "system:serviceaccount:n:s"}
			if test.id != "host-unresolved" {
				facts.VaultURL = test.vault
			}
			check(t, Explain(fmt.Errorf("get secret: %w", err), facts), test.id, test.want)
		})
	}
}
