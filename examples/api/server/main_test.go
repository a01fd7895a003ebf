package main

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/workload-identity-quickstart/msal-go/examples/internal/standin"
	"github.com/workload-identity-quickstart/msal-go/internal/localazure"
	"github.com/workload-identity-quickstart/msal-go/internal/test/fakeazure"
)

func TestMain(m *testing.M) { standin.Main(m, main) }

func TestServer(t *testing.T) {
	const role = "Orders.Read"
	tests := []struct {
		name, scope, role string
		lifetime          time.Duration // of tokens
		prefix            string
		want              string
	}{
		{"right", standin.APIScope, role, time.Hour, "Bearer ", "200 no orders today"},
		{"wrong audience", "https://management.azure.com/.default", role, time.Hour, "Bearer ", "401 a token for this API is needed"},
		{"the caller's own audience", localazure.ClientID + "/.default", role, time.Hour, "Bearer ", "401 a token"},
		{"expired", standin.APIScope, role, time.Nanosecond, "Bearer ", "401 a token"},
		{"missing", "", role, time.Hour, "", "401 a token"},
		{"other scheme", standin.APIScope, role, time.Hour, "Basic ", "401 a token"},
		{"no role", standin.APIScope, "", time.Hour, "Bearer ", "403 the app role Orders.Read is needed"},
		{"another role", standin.APIScope, "Orders.ReadMine", time.Hour, "Bearer ", "403 the app role"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			sandbox := fakeazure.Start(t, localazure.SandboxConfig{AccessTokenLifetime: test.lifetime})
			standin.AddAPI(t, sandbox, test.role)
			server := standin.Serve(t, standin.Command(t, "API_CLIENT_ID="+standin.APIClientID), "API_ADDR")
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.String(), nil)
			if err != nil {
				t.Fatal(err)
			}
			if test.scope != "" {
				req.Header.Set("Authorization", test.prefix+standin.Token(t, sandbox, test.scope))
			}
			resp, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			body, err := io.ReadAll(resp.Body)
			if err != nil {
				t.Fatal(err)
			}
			if got := resp.Status[:4] + string(body); !strings.HasPrefix(got, test.want) {
				t.Errorf("got %q, want %q", got, test.want)
			}
			if challenge := resp.Header.Get("WWW-Authenticate"); (challenge == "Bearer") != (resp.StatusCode == http.StatusUnauthorized) {
				t.Errorf("status %d with challenge %q", resp.StatusCode, challenge)
			}
		})
	}
}

func TestServerNeedsItsVariables(t *testing.T) {
	fakeazure.Start(t, localazure.SandboxConfig{})
	for _, variable := range []string{"API_CLIENT_ID=", "AZURE_TENANT_ID="} {
		_, stderr, err := standin.Run(t, "API_CLIENT_ID="+standin.APIClientID, variable)
		if err == nil || !strings.Contains(stderr, "are API_CLIENT_ID and the webhook's variables set?") {
			t.Errorf("%s: %v: %q", variable, err, stderr)
		}
	}
}
