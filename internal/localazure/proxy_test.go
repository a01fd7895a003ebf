package localazure_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/workload-identity-quickstart/msal-go/internal/localazure"
)

const (
	loginHost = "login.microsoftonline.com"
	vaultHost = localazure.VaultName + ".vault.azure.net"
)

// proxyAddress is the host and port of the proxy.
func proxyAddress(t *testing.T, s *localazure.Server) string {
	t.Helper()
	u, err := url.Parse(s.ProxyURL())
	if err != nil {
		t.Fatal(err)
	}
	return u.Host
}

// connect asks for a tunnel to target.
func connect(t *testing.T, s *localazure.Server, target string) (net.Conn, *http.Response) {
	t.Helper()
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", proxyAddress(t, s))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if _, err := fmt.Fprintf(conn, "CONNECT %s HTTP/1.1\r\nHost: %[1]s\r\n\r\n", target); err != nil {
		t.Fatal(err)
	}
	resp, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: http.MethodConnect})
	if err != nil {
		t.Fatal(err)
	}
	return conn, resp
}

func roots(t *testing.T, s *localazure.Server) *x509.CertPool {
	t.Helper()
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(s.CACertificatePEM()) {
		t.Fatal("no certificate")
	}
	return pool
}

// body reads all of a response.
func body(t *testing.T, resp *http.Response) string {
	t.Helper()
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// get fetches rawURL with client.
func get(t *testing.T, client *http.Client, rawURL string) *http.Response {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, rawURL, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	return resp
}

// newClient is Server.Client for the length of a test.
func newClient(t *testing.T, s *localazure.Server) *http.Client {
	t.Helper()
	client := s.Client()
	t.Cleanup(client.CloseIdleConnections)
	return client
}

// hosts has one host besides Azure's.
func hosts() map[string]http.Handler {
	return map[string]http.Handler{"standin.example": http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = fmt.Fprint(w, "stand-in for ", r.Host)
	})}
}

func TestOtherHostsAreServed(t *testing.T) {
	s := startSandbox(t, localazure.SandboxConfig{Hosts: hosts()}).Server()
	if got := body(t, get(t, newClient(t, s), "https://standin.example/")); got != "stand-in for standin.example" {
		t.Errorf("got %q", got)
	}
	if got := s.Requests(); len(got) != 1 || got[0].Host != "standin.example" || got[0].Status != http.StatusOK {
		t.Errorf("logged %+v", got)
	}
}

func TestConnectLeadsToAzureOnly(t *testing.T) {
	s := startSandbox(t, localazure.SandboxConfig{Hosts: hosts()}).Server()
	for _, test := range []struct {
		target string
		status int
		text   string
	}{
		{loginHost + ":443", 200, ""},
		{strings.ToUpper(loginHost) + ":443", 200, ""},
		{"login.windows.net:443", 200, ""},
		{"login.microsoft.com:443", 200, ""},
		{"sts.windows.net:443", 200, ""},
		{"login.microsoftonline.us:443", 200, ""},
		{"login.partner.microsoftonline.cn:443", 200, ""},
		{vaultHost + ":443", 200, ""},
		{"standin.example:443", 200, ""},
		{"Standin.Example:443", 200, ""},
		{"standin.example:80", 403, "port 443 only"},
		{"example.com:443", 403, `localazure does not implement example.com and connects to no other host`},
		{"127.0.0.1:443", 403, "127.0.0.1"},
		{"management.azure.com:443", 200, ""},
		{"graph.microsoft.com:443", 200, ""},
		{"management.chinacloudapi.cn:443", 403, "management.chinacloudapi.cn"},
		{loginHost + ":80", 403, "port 443 only"},
		{"other.vault.azure.net:443", 502, `no such host: localazure has no vault other.vault.azure.net`},
		{localazure.VaultName + ".vault.azure.cn:443", 502, "localazure has no vault"}, // it is in another cloud
		{loginHost, 400, "want host:port"},
	} {
		t.Run(test.target, func(t *testing.T) {
			_, resp := connect(t, s, test.target)
			if resp.StatusCode != test.status {
				t.Fatalf("status = %d, want %d", resp.StatusCode, test.status)
			}
			if test.text != "" {
				text := body(t, resp)
				if !strings.Contains(text, test.text) || test.status != 400 && !strings.Contains(resp.Status, test.text) {
					t.Errorf("status %q, text %q, want %s in them", resp.Status, text, test.text)
				}
			}
		})
	}
}

// Go's client, as others, prints nothing of a rejected CONNECT but the status line.
func TestRejectedHostsAreNamed(t *testing.T) {
	logged := make(chan localazure.Request, 2)
	s := startSandbox(t, localazure.SandboxConfig{OnRequest: func(r localazure.Request) { logged <- r }}).Server()
	for host, want := range map[string]string{
		"example.com":           `localazure does not implement example.com`,
		"other.vault.azure.net": `no such host: localazure has no vault other.vault.azure.net`,
	} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://"+host+"/", nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := newClient(t, s).Do(req)
		if err == nil {
			_ = resp.Body.Close()
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", host, err, want)
		}
		if r := <-logged; r.Host != host+":443" || r.Method != http.MethodConnect || r.Status < 400 || !strings.Contains(r.ErrorCode, want) {
			t.Errorf("%s: logged %+v", host, r)
		}
	}
	if n := len(s.Requests()); n != 0 {
		t.Errorf("%d requests to Azure, want none", n)
	}
}

func TestPlainRequests(t *testing.T) {
	s := startSandbox(t, localazure.SandboxConfig{}).Server()
	address := proxyAddress(t, s)
	for _, test := range []struct {
		line   string
		status int
		text   string
	}{
		{"GET /healthz", 200, "ok"},
		{"POST /healthz", 405, "GET only"},
		{"GET /", 400, "HTTPS_PROXY"},
		{"GET http://example.com/", 400, "http://example.com"},
	} {
		conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(conn, test.line+" HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatal(err)
		}
		if text := body(t, resp); resp.StatusCode != test.status || !strings.Contains(text, test.text) {
			t.Errorf("%s: %d %q, want %d %q", test.line, resp.StatusCode, text, test.status, test.text)
		}
		_ = conn.Close()
	}
	if n := len(s.Requests()); n != 0 {
		t.Errorf("%d requests to Azure, want none", n)
	}
}

func TestBothVersionsOfHTTP(t *testing.T) {
	s := startSandbox(t, localazure.SandboxConfig{}).Server()
	for _, version := range []int{1, 2} {
		client := newClient(t, s)
		if version == 1 {
			client.Transport.(*http.Transport).ForceAttemptHTTP2 = false
			client.Transport.(*http.Transport).TLSClientConfig.NextProtos = []string{"http/1.1"}
		}
		resp := get(t, client, "https://"+vaultHost+"/secrets/my-secret?api-version=7.4")
		_ = body(t, resp)
		if resp.ProtoMajor != version || resp.StatusCode != http.StatusUnauthorized {
			t.Errorf("HTTP/%d: got HTTP/%d, status %d", version, resp.ProtoMajor, resp.StatusCode)
		}
	}
}

// wantUnrecognizedName checks that a handshake failed because of the name.
func wantUnrecognizedName(t *testing.T, err error) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), "unrecognized name") { // RFC 6066 section 3
		t.Errorf("handshake: %v, want the alert unrecognized_name", err)
	}
}

func TestServerNameMustFitTheTunnel(t *testing.T) {
	s := startSandbox(t, localazure.SandboxConfig{}).Server()
	handshake := func(name string) error {
		conn, _ := connect(t, s, loginHost+":443")
		return tls.Client(conn, &tls.Config{RootCAs: roots(t, s), ServerName: name}).HandshakeContext(t.Context())
	}
	if err := handshake(loginHost); err != nil {
		t.Error(err)
	}
	wantUnrecognizedName(t, handshake(vaultHost))
	wantUnrecognizedName(t, handshake("example.com"))
}

// hasty is a connection whose first write is preceded by a CONNECT, so that the
// server finds both at once.
type hasty struct {
	net.Conn
	preface string
}

func (c *hasty) Write(b []byte) (int, error) {
	n, err := c.Conn.Write(append([]byte(c.preface), b...))
	n -= len(c.preface)
	c.preface = ""
	return max(n, 0), err
}

// skipping does not show the first n bytes that it reads.
type skipping struct {
	net.Conn
	n int
}

func (c *skipping) Read(b []byte) (int, error) {
	if c.n > 0 {
		if _, err := io.CopyN(io.Discard, c.Conn, int64(c.n)); err != nil {
			return 0, err
		}
		c.n = 0
	}
	return c.Conn.Read(b)
}

func TestClientMayNotWaitForTheTunnel(t *testing.T) {
	s := startSandbox(t, localazure.SandboxConfig{}).Server()
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", proxyAddress(t, s))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	const established = "HTTP/1.1 200 Connection established\r\n\r\n"
	client := tls.Client(&skipping{Conn: &hasty{conn, "CONNECT " + loginHost + ":443 HTTP/1.1\r\nHost: x\r\n\r\n"}, n: len(established)},
		&tls.Config{RootCAs: roots(t, s), ServerName: loginHost})
	if err := client.HandshakeContext(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestHostMustFitTheTunnel(t *testing.T) {
	s := startSandbox(t, localazure.SandboxConfig{}).Server()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://"+loginHost+"/common/discovery/v2.0/keys", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Host = vaultHost
	resp, err := newClient(t, s).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	if text := body(t, resp); resp.StatusCode != http.StatusMisdirectedRequest || !strings.Contains(text, vaultHost) {
		t.Errorf("%d %q", resp.StatusCode, text)
	}
}

// throughTokenProxy sends requests where an identity binding has them sent: to
// the token proxy, with the name of the authority in the Host header.
func throughTokenProxy(t *testing.T, s *localazure.Server, serverName string) *http.Client {
	t.Helper()
	proxy, err := url.Parse(s.TokenProxyURL())
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: roots(t, s), ServerName: serverName}, ForceAttemptHTTP2: true,
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, proxy.Host)
		},
	}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

func TestTokenProxyIsEntraUnderOneName(t *testing.T) {
	s := startSandbox(t, localazure.SandboxConfig{IdentityBinding: true}).Server()
	const name = "localazure.ests.aks"
	for host, status := range map[string]int{
		loginHost:                  200,
		"anything.example":         200, // means the public cloud
		"login.microsoftonline.us": 400, // does not know the tenant
	} {
		resp := get(t, throughTokenProxy(t, s, name), "https://"+host+"/"+localazure.TenantID+"/v2.0/.well-known/openid-configuration")
		if text := body(t, resp); resp.StatusCode != status {
			t.Errorf("%s: %d %s", host, resp.StatusCode, text)
		}
	}
	resp := get(t, throughTokenProxy(t, s, name), "https://"+vaultHost+"/secrets/my-secret?api-version=7.4")
	if text := body(t, resp); resp.StatusCode != http.StatusNotImplemented || !strings.Contains(text, "localazure does not implement GET") {
		t.Errorf("vault: %d %s", resp.StatusCode, text)
	}
	for _, other := range []string{"other.ests.aks", loginHost} {
		_, err := throughTokenProxy(t, s, other).Get("https://" + loginHost + "/")
		wantUnrecognizedName(t, err)
	}
	_, err := throughTokenProxy(t, s, "127.0.0.1").Get("https://" + loginHost + "/") // sends no server name
	wantUnrecognizedName(t, err)
}

func TestNoTokenProxyUnlessAsked(t *testing.T) {
	s := startSandbox(t, localazure.SandboxConfig{})
	if u := s.Server().TokenProxyURL(); u != "" {
		t.Errorf("TokenProxyURL() = %q", u)
	}
}
