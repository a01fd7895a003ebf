package fleet

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/workload-identity-quickstart/msal-go/internal/localazure"
	"github.com/workload-identity-quickstart/msal-go/internal/test/fakeazure"
	"github.com/workload-identity-quickstart/msal-go/pkg/tokencredential"
)

// The simulated Azure verifies no signatures, since twenty thousand pods would
// take all day. In what it answers it must not differ from the local Azure.
func TestAnswersAreThoseOfTheLocalAzure(t *testing.T) {
	sandbox := fakeazure.Start(t, localazure.SandboxConfig{ThrottleLimit: 1})
	client := fakeazure.Client(t, sandbox)
	credential, err := tokencredential.New(&tokencredential.Options{ClientOptions: azcore.ClientOptions{Transport: client}})
	if err != nil {
		t.Fatal(err)
	}
	token, err := credential.GetToken(t.Context(), policy.TokenRequestOptions{Scopes: []string{"https://vault.azure.net/.default"}})
	if err != nil {
		t.Fatal(err)
	}
	simulated := vault{limit: newLimit(1), retryAfter: true, freeChallenges: true}
	for _, test := range []struct {
		name, token string
		status      int
	}{
		{"challenge", "", http.StatusUnauthorized},
		{"secret", "Bearer " + token.Token, http.StatusOK},
		{"throttled", "Bearer " + token.Token, http.StatusTooManyRequests},
	} {
		t.Run(test.name, func(t *testing.T) {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, os.Getenv("KEYVAULT_URL")+"secrets/my-secret?api-version=7.6", nil)
			if err != nil {
				t.Fatal(err)
			}
			if test.token != "" {
				req.Header.Set("Authorization", test.token)
			}
			want, err := client.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			defer want.Body.Close()
			got := simulated.answer(req, time.Now())
			if got.StatusCode != test.status || want.StatusCode != test.status {
				t.Fatalf("status %d, the local Azure's is %d", got.StatusCode, want.StatusCode)
			}
			for _, header := range []string{"WWW-Authenticate", "Content-Type"} {
				if got, want := got.Header.Get(header), want.Header.Get(header); got != want {
					t.Errorf("%s: %q, the local Azure's is %q", header, got, want)
				}
			}
			if got, want := got.Header.Get("Retry-After") != "", want.Header.Get("Retry-After") != ""; got != want {
				t.Errorf("Retry-After: %t, the local Azure's: %t", got, want)
			}
			compare(t, decode(t, got), decode(t, want), test.status != http.StatusOK)
		})
	}
}

func decode(t *testing.T, resp *http.Response) map[string]any {
	t.Helper()
	content, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	var body map[string]any
	if err := json.Unmarshal(content, &body); err != nil {
		t.Fatalf("%v: %s", err, content)
	}
	return body
}

// compare wants errors to be equal, and the simulated secret to have nothing that
// the local Azure's lacks.
func compare(t *testing.T, got, want map[string]any, equal bool) {
	t.Helper()
	if equal && !reflect.DeepEqual(got, want) {
		t.Errorf("body %v, the local Azure's is %v", got, want)
	}
	for name := range got {
		if _, ok := want[name]; !ok {
			t.Errorf("body has %s, the local Azure's has not", name)
		}
	}
	if id, ok := got["id"].(string); ok && !strings.HasPrefix(id, vaultURL+"secrets/my-secret/") {
		t.Errorf("id is %s", id)
	}
}
