package tokencredential

import (
	"crypto/tls"
	"encoding/pem"
	"errors"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// bindingEnviron returns a complete environment of an identity binding whose proxy is
// the server.
func bindingEnviron(t *testing.T, proxy *httptest.Server) map[string]string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "ca.crt")
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: proxy.Certificate().Raw})
	if err := os.WriteFile(file, ca, 0o600); err != nil {
		t.Fatal(err)
	}
	return map[string]string{
		"AZURE_CLIENT_ID": "c", "AZURE_TENANT_ID": "t", "AZURE_FEDERATED_TOKEN_FILE": "f",
		envTokenProxy: proxy.URL, envSNIName: "example.com", envCAFile: file,
	}
}

func TestTokenProxyVariablesMustFit(t *testing.T) {
	server := httptest.NewTLSServer(http.NotFoundHandler())
	defer server.Close()
	complete := bindingEnviron(t, server)
	if _, err := New(&Options{Getenv: func(name string) string { return complete[name] }}); err != nil {
		t.Fatalf("complete: %v", err)
	}
	empty := filepath.Join(t.TempDir(), "empty")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	const file, data, proxy, sni = envCAFile, envCAData, envTokenProxy, envSNIName
	tests := []struct {
		name string
		env  map[string]string
		want string
	}{
		{"no proxy", map[string]string{proxy: ""}, sni + " is set but " + proxy + " is not"},
		{"CA file alone", map[string]string{proxy: "", sni: ""}, file + " is set but"},
		{"CA data alone", map[string]string{proxy: "", sni: "", file: "", data: "x"}, data + " is set but"},
		{"both CAs", map[string]string{data: "x"}, "are both set"},
		{"CA data without certificate", map[string]string{file: "", data: "x"}, data + ": no certificate"},
		{"CA file absent", map[string]string{file: "/nonexistent/ca.crt"}, file + ": "},
		{"CA file empty", map[string]string{file: empty}, "no certificate"},
		{"CA file without certificate", map[string]string{file: os.Args[0]}, "no certificate"},
		{"no TLS", map[string]string{proxy: "http://proxy"}, "not an https URL"},
		{"no host", map[string]string{proxy: "https://"}, "not an https URL"},
		{"user", map[string]string{proxy: "https://u:s3cr3t@proxy"}, "not an https URL"},
		{"user and no URL", map[string]string{proxy: "https://u:s3cr3t@proxy:x"}, "not a URL"},
		{"query", map[string]string{proxy: "https://proxy?a=b"}, "not an https URL"},
		{"empty query", map[string]string{proxy: "https://proxy?"}, "not an https URL"},
		{"fragment", map[string]string{proxy: "https://proxy#a"}, "not an https URL"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			env := maps.Clone(complete)
			maps.Copy(env, test.env)
			_, err := New(&Options{Getenv: func(name string) string { return env[name] }})
			var configErr *ConfigError
			if !errors.As(err, &configErr) || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want a ConfigError with %q", err, test.want)
			}
			if err != nil && strings.Contains(err.Error(), "s3cr3t") {
				t.Errorf("error quotes a password: %v", err)
			}
			withoutProxy := func(name string) string {
				if strings.HasPrefix(name, "AZURE_KUBERNETES_") {
					return ""
				}
				return env[name]
			}
			if _, err := New(&Options{Getenv: withoutProxy}); err != nil {
				t.Errorf("rejected although the token proxy is off: %v", err)
			}
		})
	}
}

// A program's own settings of http.DefaultTransport hold for the token proxy, and one
// that is something else, such as a wrapper for tracing, does not take the time limits.
func TestTokenProxyTransport(t *testing.T) {
	server := httptest.NewTLSServer(http.NotFoundHandler())
	defer server.Close()
	env := bindingEnviron(t, server)
	before := http.DefaultTransport
	defer func() { http.DefaultTransport = before }()
	transport := func(base http.RoundTripper) *http.Transport {
		http.DefaultTransport = base
		proxy, err := newTokenProxy(func(name string) string { return env[name] })
		if err != nil {
			t.Fatal(err)
		}
		if proxy.transport.TLSClientConfig.ServerName != "example.com" || proxy.transport.TLSClientConfig.RootCAs == nil {
			t.Error("the transport has not the proxy's name and CA")
		}
		return proxy.transport
	}
	strict := &http.Transport{TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS13}, TLSHandshakeTimeout: time.Second}
	if got := transport(strict); got.TLSClientConfig.MinVersion != tls.VersionTLS13 || got.TLSHandshakeTimeout != time.Second {
		t.Errorf("the settings were dropped: %#v", got)
	}
	if strict.TLSClientConfig.ServerName != "" {
		t.Error("the default transport itself has changed")
	}
	if got := transport(&http.Transport{}); got.TLSClientConfig.MinVersion != tls.VersionTLS12 {
		t.Error("less than TLS 1.2 is possible")
	}
	wrapped := transport(struct{ http.RoundTripper }{before})
	if wrapped.TLSHandshakeTimeout == 0 || wrapped.IdleConnTimeout == 0 || wrapped.MaxIdleConns == 0 || wrapped.Proxy == nil {
		t.Errorf("no limits: %#v", wrapped)
	}
}
