package keyvault

import (
	"context"
	"errors"
	"io"
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

func isVault(r *http.Request) bool { return strings.HasSuffix(r.Host, ".vault.azure.net") }

// await waits for something that must happen, and reports if it does not.
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
			if r.Header.Get("X-Mine") != "" {
				t.Error("a header of the caller's context was sent to Entra ID")
			}
			exchanges.Add(1)
			close(asked)
			await(t, "a request for the challenge, before a token was issued,", challenged)
		case r.Header.Get("Authorization") == "":
			close(challenged)
			await(t, "a request for a token, before the challenge was sent,", asked)
		}
		return false
	}})
	vault := newVault(t, sandbox)
	ctx := policy.WithHTTPHeader(t.Context(), http.Header{"X-Mine": {"x"}})
	for range 3 {
		if _, err := vault.Secret(ctx, "my-secret"); err != nil {
			t.Fatal(err)
		}
	}
	if exchanges.Load() != 1 || requests.Load() != 5 {
		t.Errorf("%d requests, %d of them for a token; want a token, a challenge and 3 reads", requests.Load(), exchanges.Load())
	}
}

func TestPrefetchedTokenIsKeptFromOthers(t *testing.T) {
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
			if _, err := newVault(t, sandbox).Secret(t.Context(), "my-secret"); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %s", err, test.want)
			}
		})
	}
}

// A rejection comes after the challenge, since the credential repeats the request a
// few times. So the reader has part in the prefetch, and makes no request itself.
func TestRejectedPrefetchIsTheReadersError(t *testing.T) {
	var exchanges atomic.Int32
	sandbox := fakeazure.Start(t, localazure.SandboxConfig{NoFederatedCredential: true})
	sandbox.Server().SetIntercept(func(_ http.ResponseWriter, r *http.Request) bool {
		if !isVault(r) {
			exchanges.Add(1)
		}
		return false
	})
	options := azcore.ClientOptions{Transport: fakeazure.Client(t, sandbox)} // the credential's own repetitions
	credential, err := tokencredential.New(&tokencredential.Options{ClientOptions: options})
	if err != nil {
		t.Fatal(err)
	}
	vault, err := New(os.Getenv("KEYVAULT_URL"), credential, &options)
	if err != nil {
		t.Fatal(err)
	}
	_, err = vault.Secret(t.Context(), "my-secret")
	rejection, ok := errors.AsType[*tokencredential.AuthenticationError](err)
	if !ok || rejection.ErrorCodes[0] != 70025 {
		t.Errorf("got %v, want AADSTS70025", err)
	}
	if n := exchanges.Load(); n != 4 {
		t.Errorf("%d requests for a token, want one and its three repetitions", n)
	}
}

// slowCredential takes a second, and gives up when ctx ends.
type slowCredential struct{ requests atomic.Int32 }

func (c *slowCredential) GetToken(ctx context.Context, _ policy.TokenRequestOptions) (azcore.AccessToken, error) {
	c.requests.Add(1)
	select {
	case <-time.After(time.Second):
		return azcore.AccessToken{Token: "t", ExpiresOn: time.Now().Add(time.Hour)}, nil
	case <-ctx.Done():
		return azcore.AccessToken{}, ctx.Err()
	}
}

// memoryVault is a transport that responds like a vault.
type memoryVault struct{}

func (memoryVault) Do(req *http.Request) (*http.Response, error) {
	resp := &http.Response{StatusCode: http.StatusOK, Request: req, Header: make(http.Header), Body: io.NopCloser(strings.NewReader(
		`{"value":"Hello!","id":"https://v.vault.azure.net/secrets/s/0123456789abcdef0123456789abcdef"}`))}
	if req.Header.Get("Authorization") == "" {
		resp.StatusCode = http.StatusUnauthorized
		resp.Header.Set("WWW-Authenticate", `Bearer authorization="https://login.microsoftonline.com/t", resource="https://vault.azure.net"`)
	}
	return resp, nil
}

func TestCancelledReaderFailsNobodyElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		credential := &slowCredential{}
		vault, err := New("https://v.vault.azure.net", credential, &azcore.ClientOptions{Transport: memoryVault{}, Retry: policy.RetryOptions{MaxRetries: -1}})
		if err != nil {
			t.Fatal(err)
		}
		impatient, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		first, second := make(chan error, 1), make(chan error, 1)
		go func() {
			_, err := vault.Secret(impatient, "s")
			first <- err
		}()
		synctest.Wait() // the first one is on its way
		go func() {
			_, err := vault.Secret(t.Context(), "s")
			second <- err
		}()
		if err := <-first; !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("the impatient reader got %v", err)
		}
		if err := <-second; err != nil {
			t.Errorf("another reader got %v", err)
		}
		time.Sleep(time.Minute)
		if n := credential.requests.Load(); n != 3 {
			t.Errorf("%d requests for a token, want the prefetch and one of each reader", n)
		}
	})
}

// The prefetch that nobody needs any more ends, too.
func TestPrefetchEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hanging := make(chan struct{})
		tokens := &tokens{TokenCredential: credentialFunc(func(ctx context.Context, _ policy.TokenRequestOptions) (azcore.AccessToken, error) {
			defer close(hanging)
			<-ctx.Done()
			return azcore.AccessToken{}, ctx.Err()
		}), scope: "s"}
		tokens.prefetch()
		tokens.prefetch()
		start := time.Now()
		<-hanging
		if took := time.Since(start); took > tryTimeout {
			t.Errorf("it ended after %s", took)
		}
	})
}

type credentialFunc func(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error)

func (f credentialFunc) GetToken(ctx context.Context, options policy.TokenRequestOptions) (azcore.AccessToken, error) {
	return f(ctx, options)
}

func TestScope(t *testing.T) {
	tests := []struct {
		url, want string
		wellKnown bool
	}{
		{"https://my-vault.vault.azure.net/", "https://vault.azure.net/.default", true},
		{"https://My-Vault.Vault.Azure.Net", "https://vault.azure.net/.default", true},
		{"https://my-vault.vault.usgovcloudapi.net/", "https://vault.usgovcloudapi.net/.default", true},
		{"https://my-vault.vault.azure.cn/", "https://vault.azure.cn/.default", true},
		{"https://my-vault.vault.azure.net:8443/", "https://vault.azure.net/.default", false},
		{"https://my-vault.vault.local.example/", "https://vault.local.example/.default", false},
		{"https://vault.azure.net/", "https://azure.net/.default", false},
		{"https://a.b.vault.azure.net/", "https://b.vault.azure.net/.default", false},
		{"https://localhost/", "https://vault.azure.net/.default", false},
		{"://", "", false},
	}
	for _, test := range tests {
		if scope, wellKnown := Scope(test.url); scope != test.want || wellKnown != test.wellKnown {
			t.Errorf("%s: got %q, %t, want %q, %t", test.url, scope, wellKnown, test.want, test.wellKnown)
		}
	}
}
