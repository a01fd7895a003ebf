package fakeazure

import (
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/workload-identity-quickstart/msal-go/internal/localazure"
)

// Start starts an Azure that ends with the test, and sets the test's environment
// as a pod has it. Programs that the test runs reach that Azure by themselves; the
// test's own requests need [Client], since Go reads HTTPS_PROXY only once.
func Start(t *testing.T, cfg localazure.SandboxConfig) *localazure.Sandbox {
	t.Helper()
	sandbox, err := localazure.StartSandbox(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := sandbox.Close(); err != nil {
			t.Errorf("close the local Azure: %v", err)
		}
	})
	for _, name := range localazure.Unwanted() {
		t.Setenv(name, "") // so that it is restored
		if err := os.Unsetenv(name); err != nil {
			t.Fatal(err)
		}
	}
	for _, variable := range sandbox.Environ() {
		name, value, _ := strings.Cut(variable, "=")
		t.Setenv(name, value)
	}
	return sandbox
}

// Client returns a client, which is an azcore transport too, that reaches the
// sandbox.
func Client(t *testing.T, sandbox *localazure.Sandbox) *http.Client {
	t.Helper()
	client := sandbox.Server().Client()
	t.Cleanup(client.CloseIdleConnections)
	return client
}

// Exchanges counts the requests to Entra ID's token endpoint so far.
func Exchanges(sandbox *localazure.Sandbox) int {
	count := 0
	for _, request := range sandbox.Server().Requests() {
		if strings.HasSuffix(request.Path, "/oauth2/v2.0/token") {
			count++
		}
	}
	return count
}
