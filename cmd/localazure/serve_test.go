package main

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/workload-identity-quickstart/msal-go/internal/localazure"
	"github.com/workload-identity-quickstart/msal-go/internal/localazure/issuer"
	"github.com/workload-identity-quickstart/msal-go/internal/localazure/pki"
)

// served is a running localazure serve.
type served struct {
	proxy   *url.URL
	log     *bufio.Reader
	signals chan os.Signal
	status  <-chan int
}

func serve(t *testing.T, args ...string) *served {
	t.Helper()
	r, w := io.Pipe()
	s := &served{log: bufio.NewReader(r), signals: make(chan os.Signal, 1)}
	s.status = start(t, t.Context(), s.signals, io.Discard, w, append([]string{"serve", "--listen", "127.0.0.1:0"}, args...)...)
	line := s.line(t)
	_, after, ok := strings.Cut(line, `proxy="`)
	address, _, _ := strings.Cut(after, `"`)
	var err error
	if s.proxy, err = url.Parse(address); !ok || err != nil {
		t.Fatalf("%q names no proxy: %v", line, err)
	}
	return s
}

// line is the next line of the log.
func (s *served) line(t *testing.T) string {
	t.Helper()
	line, err := s.log.ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return line
}

// end stops the server and expects success.
func (s *served) end(t *testing.T) {
	t.Helper()
	s.signals <- syscall.SIGTERM
	if line := s.line(t); !strings.Contains(line, `"stopping"`) {
		t.Errorf("log = %q", line)
	}
	if status := <-s.status; status != 0 {
		t.Errorf("status = %d", status)
	}
}

func (s *served) client(t *testing.T, caFile string) *http.Client {
	t.Helper()
	pem, err := os.ReadFile(caFile)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	transport := &http.Transport{Proxy: http.ProxyURL(s.proxy), TLSClientConfig: &tls.Config{RootCAs: roots}}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

func TestServe(t *testing.T) {
	dir := t.TempDir()
	caCert, caKey, issuerCA := filepath.Join(dir, "ca.crt"), filepath.Join(dir, "ca.key"), filepath.Join(dir, "issuer.crt")
	authority, err := pki.New()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(issuerCA, authority.CertificatePEM(), 0o600); err != nil {
		t.Fatal(err)
	}
	cluster, err := issuer.Start(t.Context(), authority)
	if err != nil {
		t.Fatal(err)
	}
	defer cluster.Close()
	assertion, err := cluster.Token(issuer.TokenOptions{Subject: "system:serviceaccount:ns:sa", Audience: "aud"})
	if err != nil {
		t.Fatal(err)
	}
	s := serve(t, "--ca-cert", caCert, "--ca-key", caKey, "--issuer-ca", issuerCA, "--secret", "a=1",
		"--federated-credential", "issuer="+cluster.URL()+",subject=other",
		"--federated-credential", "issuer="+cluster.URL()+",subject=system:serviceaccount:ns:sa,audience=aud")
	client := s.client(t, caCert)

	// The environment of programs on this machine leads to the server.
	status, script, stderr := invoke(t, "env", "--proxy", s.proxy.String(), "--ca-cert", caCert, "--token-file", "it's")
	for _, want := range []string{"unset AZURE_CLIENT_SECRET ", "export HTTPS_PROXY='" + s.proxy.String() + "'\n", "export NODE_EXTRA_CA_CERTS='" + caCert + "'\n",
		`/it'\''s'`, "-Djavax.net.ssl.trustStore=" + filepath.Join(dir, "ca.p12"), "export KEYVAULT_URL='https://azwi-kv-tutorial.vault.azure.net/'\n"} {
		if status != 0 || !strings.Contains(script, want) {
			t.Errorf("env: status %d: %s%s, want %s in it", status, stderr, script, want)
		}
	}
	if out, err := exec.CommandContext(t.Context(), "sh", "-c", script+`test "$HTTPS_PROXY" = `+s.proxy.String()+` && test -f `+filepath.Join(dir, "ca.p12")).CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, out)
	}

	health, err := http.Get(s.proxy.String() + "/healthz")
	if err != nil {
		t.Fatal(err)
	}
	_ = health.Body.Close()
	if health.StatusCode != http.StatusOK {
		t.Errorf("healthz: status %d", health.StatusCode)
	}
	token := func(assertion string) int {
		resp, err := client.PostForm("https://login.microsoftonline.com/"+localazure.TenantID+"/oauth2/v2.0/token", url.Values{
			"grant_type": {"client_credentials"}, "client_id": {localazure.ClientID}, "scope": {"https://vault.azure.net/.default"},
			"client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"}, "client_assertion": {assertion},
		})
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		return resp.StatusCode
	}
	// The log is a pipe: a request ends when its line is read.
	lines := make(chan string, 2)
	go func() {
		for range 2 {
			line, _ := s.log.ReadString('\n')
			lines <- line
		}
	}()
	if status := token(assertion); status != http.StatusOK {
		t.Errorf("token: status %d", status)
	}
	if status := token("none"); status != http.StatusBadRequest {
		t.Errorf("malformed assertion: status %d", status)
	}
	for _, want := range []string{"status=200", `status=400 error="AADSTS50027"`} {
		if line := <-lines; !strings.Contains(line, want) || !strings.Contains(line, `method="POST" path="/`+localazure.TenantID+`/oauth2/v2.0/token"`) {
			t.Errorf("log = %q, want %s in it", line, want)
		}
	}
	s.end(t)

	// The next server continues with the same authority, which it only reads.
	for _, file := range []string{caCert, caKey} {
		if err := os.Chmod(file, 0o400); err != nil {
			t.Fatal(err)
		}
	}
	before, err := os.ReadFile(caCert)
	if err != nil {
		t.Fatal(err)
	}
	serve(t, "--ca-cert", caCert, "--ca-key", caKey).end(t)
	if after, err := os.ReadFile(caCert); err != nil || string(after) != string(before) {
		t.Errorf("the certificate was replaced: %v", err)
	}
	if err := os.Remove(caKey); err != nil {
		t.Fatal(err)
	}
	if status, _, stderr := invoke(t, "serve", "--ca-cert", caCert, "--ca-key", caKey); status != 1 || !strings.Contains(stderr, caKey) {
		t.Errorf("without its key: status %d, %q", status, stderr)
	}
}
