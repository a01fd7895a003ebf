package main

import (
	"context"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/workload-identity-quickstart/msal-go/examples/internal/standin"
	"github.com/workload-identity-quickstart/msal-go/internal/localazure"
	"github.com/workload-identity-quickstart/msal-go/internal/test/fakeazure"
)

func TestMain(m *testing.M) { standin.Main(m, main) }

// TestClient calls the server beside it, through something that ends TLS.
func TestClient(t *testing.T) {
	binary := filepath.Join(t.TempDir(), "server")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "../server").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	var server atomic.Pointer[url.URL]
	ingress := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(server.Load()) }}
	sandbox := fakeazure.Start(t, localazure.SandboxConfig{Hosts: map[string]http.Handler{"orders.example": ingress}})
	standin.AddAPI(t, sandbox, "Orders.Read")
	t.Setenv("API_CLIENT_ID", standin.APIClientID)
	server.Store(standin.Serve(t, exec.CommandContext(context.WithoutCancel(t.Context()), binary), "API_ADDR"))

	const ordersURL = "API_URL=https://orders.example/"
	for _, test := range []struct {
		name      string
		variables []string
		want      string // on standard output, else in the error
	}{
		{"orders", []string{ordersURL, "API_SCOPE=" + standin.APIScope}, "no orders today\n"},
		{"token for another API", []string{ordersURL, "API_SCOPE=https://management.azure.com/.default"}, "401 Unauthorized"},
		{"API that is not registered", []string{ordersURL, "API_SCOPE=api://other/.default"}, "AADSTS500011"},
		{"token in clear text", []string{"API_URL=" + server.Load().String(), "API_SCOPE=" + standin.APIScope}, "not permitted for non-TLS"},
		{"no variables", []string{ordersURL, "API_SCOPE="}, "set API_URL"},
	} {
		t.Run(test.name, func(t *testing.T) {
			stdout, stderr, err := standin.Run(t, test.variables...)
			if in := err == nil && stdout == test.want; !in && (err == nil || !strings.Contains(stderr, test.want)) {
				t.Errorf("%v: %q, %q, want %q", err, stdout, stderr, test.want)
			}
		})
	}
}
