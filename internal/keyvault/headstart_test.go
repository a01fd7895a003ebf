package keyvault

import (
	"context"
	"errors"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/workload-identity-quickstart/msal-go/internal/localazure"
	"github.com/workload-identity-quickstart/msal-go/internal/test/fakeazure"
	"github.com/workload-identity-quickstart/msal-go/pkg/tokencredential"
)

// newUnrepeatedVault makes one whose credential does not repeat what is refused.
func newUnrepeatedVault(t *testing.T, sandbox *localazure.Sandbox) *Vault {
	t.Helper()
	options := azcore.ClientOptions{Transport: fakeazure.Client(t, sandbox), Retry: policy.RetryOptions{MaxRetries: -1}}
	credential, err := tokencredential.New(&tokencredential.Options{ClientOptions: options, RefusalRetries: -1})
	if err != nil {
		t.Fatal(err)
	}
	vault, err := New(os.Getenv("KEYVAULT_URL"), credential, &options)
	if err != nil {
		t.Fatal(err)
	}
	return vault
}

func isVault(r *http.Request) bool { return strings.HasSuffix(r.Host, ".vault.azure.net") }

// await waits for something that must happen, and says so if it does not.
func await(t *testing.T, what string, happened <-chan struct{}) {
	select {
	case <-happened:
	case <-time.After(20 * time.Second):
		t.Errorf("%s did not happen", what)
	}
}

func TestTokenAndChallengeAreRequestedAtOnce(t *testing.T) {
	challenged, asked := make(chan struct{}), make(chan struct{})
	var requests, exchanges atomic.Int32
	sandbox := fakeazure.Start(t, localazure.SandboxConfig{Intercept: func(_ http.ResponseWriter, r *http.Request) bool {
		requests.Add(1)
		switch {
		case !isVault(r):
			exchanges.Add(1)
			close(asked)
			await(t, "a request for the challenge, before a token was issued,", challenged)
		case r.Header.Get("Authorization") == "":
			close(challenged)
			await(t, "a request for a token, before the challenge was answered,", asked)
		}
		return false
	}})
	vault := newUnrepeatedVault(t, sandbox)
	for range 3 {
		if _, err := vault.Secret(t.Context(), "my-secret"); err != nil {
			t.Fatal(err)
		}
	}
	if exchanges.Load() != 1 || requests.Load() != 5 {
		t.Errorf("%d requests, %d of them for a token; want a token, a challenge and 3 reads", requests.Load(), exchanges.Load())
	}
}

func TestGuessedTokenIsKeptFromOthers(t *testing.T) {
	tests := []struct{ name, challenge, want string }{
		{"another resource", `Bearer authorization="https://login.microsoftonline.com/` + localazure.TenantID + `", resource="https://azure.net"`, "AADSTS500011"},
		{"another tenant", `Bearer authorization="https://login.microsoftonline.com/44444444-4444-4444-4444-444444444444", resource="https://vault.azure.net"`,
			"token requested for tenant 44444444-4444-4444-4444-444444444444"},
		{"a foreign resource", `Bearer authorization="https://login.microsoftonline.com/` + localazure.TenantID + `", resource="https://vault.example"`, "doesn't match"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			sandbox := fakeazure.Start(t, localazure.SandboxConfig{Intercept: func(w http.ResponseWriter, r *http.Request) bool {
				if !isVault(r) {
					return false
				}
				if r.Header.Get("Authorization") != "" {
					t.Error("the vault was sent a token")
				}
				w.Header().Set("WWW-Authenticate", test.challenge)
				w.WriteHeader(http.StatusUnauthorized)
				return true
			}})
			if _, err := newUnrepeatedVault(t, sandbox).Secret(t.Context(), "my-secret"); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %s", err, test.want)
			}
		})
	}
}

func TestFailedGuessIsReportedOnce(t *testing.T) {
	for _, first := range []string{"challenge", "refusal"} {
		t.Run(first+" first", func(t *testing.T) {
			refused, challenged := make(chan struct{}, 10), make(chan struct{}, 10)
			sandbox := fakeazure.Start(t, localazure.SandboxConfig{NoFederatedCredential: true})
			vault := newUnrepeatedVault(t, sandbox)
			sandbox.Server().SetIntercept(func(_ http.ResponseWriter, r *http.Request) bool {
				switch {
				case isVault(r) && first == "refusal":
					await(t, "a refusal", refused)
				case isVault(r):
					challenged <- struct{}{}
				case first == "challenge":
					await(t, "a challenge", challenged)
				default:
					refused <- struct{}{}
				}
				return false
			})
			_, err := vault.Secret(t.Context(), "my-secret")
			refusal, ok := errors.AsType[*tokencredential.AuthenticationError](err)
			if !ok || refusal.ErrorCodes[0] != 70025 {
				t.Errorf("got %v, want AADSTS70025", err)
			}
			if n := fakeazure.Exchanges(sandbox); n != 1 {
				t.Errorf("%d requests for a token, want 1", n)
			}
			sandbox.Server().SetIntercept(nil)
			if _, err := vault.Secret(t.Context(), "my-secret"); err == nil || fakeazure.Exchanges(sandbox) != 2 {
				t.Errorf("the second read: error %v after %d requests for a token, want 2", err, fakeazure.Exchanges(sandbox))
			}
		})
	}
}

func TestGuessEndsWithTheRead(t *testing.T) {
	asked := make(chan struct{})
	sandbox := fakeazure.Start(t, localazure.SandboxConfig{Intercept: func(w http.ResponseWriter, r *http.Request) bool {
		if !isVault(r) {
			close(asked)
			<-r.Context().Done() // until the exchange is given up
			panic(http.ErrAbortHandler)
		}
		await(t, "a request for a token", asked)
		w.WriteHeader(http.StatusForbidden)
		return true
	}})
	_, err := newUnrepeatedVault(t, sandbox).Secret(t.Context(), "my-secret")
	if answer, ok := errors.AsType[*azcore.ResponseError](err); !ok || answer.StatusCode != http.StatusForbidden {
		t.Errorf("got %v, want the vault's answer", err)
	}
}

// slowCredential takes a second, and gives up when ctx ends.
type slowCredential struct{ requests atomic.Int32 }

func (c *slowCredential) GetToken(ctx context.Context, _ policy.TokenRequestOptions) (azcore.AccessToken, error) {
	c.requests.Add(1)
	select {
	case <-time.After(time.Second):
		return azcore.AccessToken{Token: "t"}, nil
	case <-ctx.Done():
		return azcore.AccessToken{}, ctx.Err()
	}
}

func TestGuessGivenUpFailsNobodyElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		credential := &slowCredential{}
		h := &headStart{TokenCredential: credential, scope: "s"}
		end := h.begin(t.Context())
		h.begin(t.Context())() // another reader neither begins nor ends anything
		got := make(chan error, 2)
		impatient, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		for _, ctx := range []context.Context{impatient, t.Context()} {
			go func() {
				_, err := h.GetToken(ctx, policy.TokenRequestOptions{Scopes: []string{"s"}})
				got <- err
			}()
		}
		if err := <-got; !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("the impatient caller got %v", err)
		}
		start := time.Now()
		end()
		if took := time.Since(start); took > 0 {
			t.Errorf("giving up took %s", took)
		}
		if err := <-got; err != nil {
			t.Errorf("another caller got %v", err)
		}
		if n := credential.requests.Load(); n != 2 {
			t.Errorf("%d requests, want the guess and one of the caller's own", n)
		}
	})
}

// refusingCredential says what it was asked for.
type refusingCredential struct{}

func (refusingCredential) GetToken(_ context.Context, options policy.TokenRequestOptions) (azcore.AccessToken, error) {
	return azcore.AccessToken{}, errors.New(strings.Join(options.Scopes, " ") + options.Claims)
}

func TestGuessAnswersOnlyWhatWasGuessed(t *testing.T) {
	h := &headStart{TokenCredential: refusingCredential{}, scope: "s"}
	defer h.begin(t.Context())()
	for _, options := range []policy.TokenRequestOptions{{Scopes: []string{"other"}}, {Scopes: []string{"s", "other"}}, {Scopes: []string{"s"}, Claims: "claims"}} {
		want := strings.Join(options.Scopes, " ") + options.Claims
		if _, err := h.GetToken(t.Context(), options); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

func TestDocumentedScope(t *testing.T) {
	tests := map[string]string{
		"https://my-vault.vault.azure.net/":         "https://vault.azure.net/.default",
		"https://My-Vault.Vault.Azure.Net":          "https://vault.azure.net/.default",
		"https://my-vault.vault.usgovcloudapi.net/": "https://vault.usgovcloudapi.net/.default",
		"https://my-vault.vault.azure.cn/":          "https://vault.azure.cn/.default",
		"https://my-vault.vault.azure.net:8443/":    "",
		"https://my-vault.vault.local.example/":     "",
		"https://vault.azure.net/":                  "",
		"https://a.b.vault.azure.net/":              "",
		"://":                                       "",
	}
	for url, want := range tests {
		if got := documentedScope(url); got != want {
			t.Errorf("%s: got %q, want %q", url, got, want)
		}
	}
}
