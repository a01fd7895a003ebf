package standin

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/workload-identity-quickstart/msal-go/internal/localazure"
	"github.com/workload-identity-quickstart/msal-go/internal/test/fakeazure"
)

// TestService is why the examples' tests mean something: without the right token
// they would fail.
func TestService(t *testing.T) {
	const scope, other = "https://storage.azure.com/.default", "https://management.azure.com/.default"
	bearer := func(token string) string { return "Bearer " + token }
	foreign := Token(t, fakeazure.Start(t, localazure.SandboxConfig{}), scope) // another Entra ID's
	tests := []struct {
		name, scope   string
		lifetime      time.Duration
		authorization func(token string) string
		want          string
	}{
		{"right", scope, time.Hour, bearer, "200 done"},
		{"wrong audience", other, time.Hour, bearer, "401 oidc: expected audience"},
		{"expired", scope, time.Nanosecond, bearer, "401 oidc: token is expired"},
		{"missing", scope, time.Hour, func(string) string { return "" }, "401 there is no bearer token"},
		{"empty", scope, time.Hour, func(string) string { return "Bearer " }, "401 oidc: malformed jwt"},
		{"other scheme", scope, time.Hour, func(token string) string { return "Basic " + token }, "401 there is no bearer token"},
		{"other signature", scope, time.Hour, func(token string) string { return bearer(token[:len(token)-8] + "AAAAAAAA") }, "401 failed to verify signature"},
		{"other key", scope, time.Hour, func(string) string { return bearer(foreign) }, "401 failed to verify signature"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			service := &Service{Audience: "https://storage.azure.com", Answer: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				_, _ = io.WriteString(w, "done")
			})}
			sandbox := service.Start(t, "service.example", localazure.SandboxConfig{AccessTokenLifetime: test.lifetime})
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://service.example/", nil)
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Authorization", test.authorization(Token(t, sandbox, test.scope)))
			resp, err := fakeazure.Client(t, sandbox).Do(req)
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
		})
	}
}
