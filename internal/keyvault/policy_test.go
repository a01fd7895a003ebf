package keyvault

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/workload-identity-quickstart/msal-go/internal/localazure"
	"github.com/workload-identity-quickstart/msal-go/internal/test/fakeazure"
	"github.com/workload-identity-quickstart/msal-go/pkg/tokencredential"
)

// forgetful gets its tokens from Entra ID and forgets those that are rejected.
type forgetful struct {
	options azcore.ClientOptions

	mu         sync.Mutex
	credential *tokencredential.Credential
	rejected   []string
}

func (f *forgetful) GetToken(ctx context.Context, options policy.TokenRequestOptions) (azcore.AccessToken, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.credential == nil {
		var err error
		if f.credential, err = tokencredential.New(&tokencredential.Options{ClientOptions: f.options}); err != nil {
			return azcore.AccessToken{}, err
		}
	}
	return f.credential.GetToken(ctx, options)
}

func (f *forgetful) Invalidate(token string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.rejected = append(f.rejected, token)
	f.credential = nil
}

// rejecting is an intercept by which the vault accepts the first token once, and
// rejects it from then on.
type rejecting struct {
	status int
	body   string

	mu    sync.Mutex
	token string
}

func (v *rejecting) intercept(w http.ResponseWriter, r *http.Request) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	switch {
	case !isVault(r) || !ok:
		return false
	case v.token == "":
		v.token = token
		return false
	case v.token != token:
		return false
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("WWW-Authenticate", `Bearer authorization="https://login.microsoftonline.com/`+localazure.TenantID+`", resource="https://vault.azure.net"`)
	w.WriteHeader(v.status)
	_, _ = io.WriteString(w, v.body)
	return true
}

func TestRejectedTokenIsReplaced(t *testing.T) {
	tests := []struct {
		name      string
		status    int
		body      string
		wantReads int // until one succeeds; 0: none does
	}{
		{"token of old keys", 401, `{"error":{"code":"Unauthorized","message":"AKV10046: Unable to resolve the key used for signature validation."}}`, 1},
		{"membership that the token does not know", 403, `{"error":{"code":"Forbidden","message":"x","innererror":{"code":"ForbiddenByRbac"}}}`, 2},
		{"access policy", 403, `{"error":{"code":"Forbidden","message":"x","innererror":{"code":"AccessDenied"}}}`, 2},
		{"not JSON", 403, `no`, 2},
		{"firewall", 403, `{"error":{"code":"Forbidden","message":"x","innererror":{"code":"ForbiddenByFirewall"}}}`, 0},
		{"private endpoint", 403, `{"error":{"code":"Forbidden","message":"x","innererror":{"code":"ForbiddenByConnection"}}}`, 0},
		{"not found", 404, `{"error":{"code":"SecretNotFound","message":"x"}}`, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			rejecting := &rejecting{status: test.status, body: test.body}
			sandbox := fakeazure.Start(t, localazure.SandboxConfig{Intercept: rejecting.intercept})
			options := azcore.ClientOptions{Transport: fakeazure.Client(t, sandbox), Retry: policy.RetryOptions{MaxRetries: -1}}
			credential := &forgetful{options: options}
			vault, err := New(os.Getenv("KEYVAULT_URL"), credential, &options)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := vault.Secret(t.Context(), "my-secret"); err != nil {
				t.Fatal(err)
			}
			reads := 0
			for n := 1; n <= 3 && reads == 0; n++ {
				if _, err := vault.Secret(t.Context(), "my-secret"); err == nil {
					reads = n
				}
			}
			if reads != test.wantReads {
				t.Errorf("read number %d succeeded, want %d", reads, test.wantReads)
			}
			want := []string{rejecting.token}
			if test.wantReads == 0 {
				want = nil
			}
			if !slices.Equal(credential.rejected, want) {
				t.Errorf("%d tokens were dropped, want the %d that the vault rejected", len(credential.rejected), len(want))
			}
		})
	}
}

// With the credential itself: its tokens are numbered, and the vault rejects the first
// one from some time on.
func TestRejectedTokenIsReplacedByTheCredential(t *testing.T) {
	tokenFile := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(tokenFile, []byte("eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJzIn0.c2ln"), 0o600); err != nil {
		t.Fatal(err)
	}
	for status, wantFailures := range map[int]int{http.StatusUnauthorized: 0, http.StatusForbidden: 1} {
		t.Run(strconv.Itoa(status), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				exchanges, rejecting := 0, false
				options := azcore.ClientOptions{Retry: policy.RetryOptions{MaxRetries: -1}, Transport: transportFunc(func(req *http.Request) (*http.Response, error) {
					if !isVault(&http.Request{Host: req.URL.Host}) {
						exchanges++
						return &http.Response{StatusCode: http.StatusOK, Status: "200 OK", Request: req, Header: http.Header{"Content-Type": {"application/json"}},
							Body: io.NopCloser(strings.NewReader(fmt.Sprintf(`{"token_type":"Bearer","expires_in":86400,"access_token":"token %d"}`, exchanges)))}, nil
					}
					resp, err := memoryVault{}.Do(req)
					if rejecting && req.Header.Get("Authorization") == "Bearer token 1" {
						resp.StatusCode = status
						resp.Header.Set("WWW-Authenticate", `Bearer authorization="https://login.microsoftonline.com/t", resource="https://vault.azure.net"`)
					}
					return resp, err
				})}
				credential, err := tokencredential.New(&tokencredential.Options{ClientOptions: options, ClientID: "c", TenantID: "t", TokenFilePath: tokenFile})
				if err != nil {
					t.Fatal(err)
				}
				vault, err := New("https://v.vault.azure.net", credential, &options)
				if err != nil {
					t.Fatal(err)
				}
				failures := 0
				for n := range 60 { // an hour
					rejecting = n >= 10
					if _, err := vault.Secret(t.Context(), "s"); err != nil {
						failures++
					}
					time.Sleep(time.Minute)
				}
				if failures != wantFailures || exchanges != 2 {
					t.Errorf("%d reads failed, want %d; %d exchanges, want 2", failures, wantFailures, exchanges)
				}
			})
		})
	}
}

type transportFunc func(*http.Request) (*http.Response, error)

func (f transportFunc) Do(req *http.Request) (*http.Response, error) { return f(req) }

func TestTokenIsAskedForAtEveryRead(t *testing.T) {
	asked := 0
	credential := credentialFunc(func(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error) {
		asked++
		return azcore.AccessToken{Token: "t", ExpiresOn: time.Now().Add(time.Hour), RefreshOn: time.Now().Add(time.Hour)}, nil
	})
	// This host's token is not prefetched.
	vault, err := New("https://v.vault.azure.net:443", credential, &azcore.ClientOptions{Transport: withoutPort{}})
	if err != nil {
		t.Fatal(err)
	}
	for range 5 {
		if _, err := vault.Secret(t.Context(), "s"); err != nil {
			t.Fatal(err)
		}
	}
	if asked != 5 {
		t.Errorf("the credential was asked %d times in 5 reads", asked)
	}
}

// withoutPort is a vault in a domain that is its own.
type withoutPort struct{}

func (withoutPort) Do(req *http.Request) (*http.Response, error) {
	resp, err := memoryVault{}.Do(req)
	if resp.Header.Get("WWW-Authenticate") != "" {
		resp.Header.Set("WWW-Authenticate", `Bearer authorization="https://login.microsoftonline.com/t", resource="https://vault.azure.net:443"`)
	}
	return resp, err
}

// FuzzChallenge reads from a vault that sends any challenge.
func FuzzChallenge(f *testing.F) {
	for _, challenge := range []string{
		`Bearer authorization="https://login.microsoftonline.com/t", resource="https://vault.azure.net"`,
		`Bearer authorBearer ization="x", resource="https://vault.azure.net"`,
		"Bearer a\tauthorization=x resource=https://vault.azure.net", `authorization= scope=https://vault.azure.net`,
		`Bearer authorization="x=", resource="https://vault.azure.net"`, `authorization=a/b/c/d authorization=x resource=https://vault.azure.net`,
	} {
		f.Add(challenge)
	}
	credential := credentialFunc(func(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error) {
		return azcore.AccessToken{Token: "t", ExpiresOn: time.Now().Add(time.Hour)}, nil
	})
	f.Fuzz(func(t *testing.T, challenge string) {
		vault, err := New("https://v.vault.azure.net", credential, &azcore.ClientOptions{Transport: challenging(challenge), Retry: policy.RetryOptions{MaxRetries: -1}})
		if err != nil {
			t.Fatal(err)
		}
		_, _ = vault.Secret(t.Context(), "s") // it must not panic
	})
}

type challenging string

func (c challenging) Do(req *http.Request) (*http.Response, error) {
	resp, err := memoryVault{}.Do(req)
	if resp.StatusCode == http.StatusUnauthorized {
		resp.Header.Set("WWW-Authenticate", string(c))
	}
	return resp, err
}
