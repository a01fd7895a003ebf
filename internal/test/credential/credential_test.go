package credential

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	azcloud "github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	azlog "github.com/Azure/azure-sdk-for-go/sdk/azcore/log"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/workload-identity-quickstart/msal-go/internal/localazure"
	"github.com/workload-identity-quickstart/msal-go/internal/localazure/cloud"
	"github.com/workload-identity-quickstart/msal-go/internal/localazure/entra"
	"github.com/workload-identity-quickstart/msal-go/internal/localazure/issuer"
	"github.com/workload-identity-quickstart/msal-go/internal/test/fakeazure"
	"github.com/workload-identity-quickstart/msal-go/pkg/tokencredential"
)

const (
	vaultScope   = "https://vault.azure.net/.default"
	storageScope = "https://storage.azure.com/.default"
)

// newCredential makes a credential that reaches the sandbox.
func newCredential(t *testing.T, sandbox *localazure.Sandbox, options tokencredential.Options) *tokencredential.Credential {
	t.Helper()
	options.Transport = fakeazure.Client(t, sandbox)
	if options.Retry.MaxRetries == 0 {
		options.Retry.MaxRetries = -1 // pauses are tested where time is not real
	}
	credential, err := tokencredential.New(&options)
	if err != nil {
		t.Fatal(err)
	}
	return credential
}

func scopes(scopes ...string) policy.TokenRequestOptions {
	return policy.TokenRequestOptions{Scopes: scopes}
}

// claims returns what the token says, once its signature is found to be Entra's.
func claims(t *testing.T, sandbox *localazure.Sandbox, token azcore.AccessToken) map[string]any {
	t.Helper()
	parsed, err := jwt.ParseSigned(token.Token, []jose.SignatureAlgorithm{jose.RS256})
	if err != nil {
		t.Fatal(err)
	}
	var claims map[string]any
	if err := parsed.Claims(sandbox.Directory().Keys(), &claims); err != nil {
		t.Fatal(err)
	}
	return claims
}

func mustGetToken(t *testing.T, credential *tokencredential.Credential, options policy.TokenRequestOptions) azcore.AccessToken {
	t.Helper()
	token, err := credential.GetToken(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func TestGetTokenInEveryCloud(t *testing.T) {
	for _, c := range cloud.All() {
		t.Run(c.Name, func(t *testing.T) {
			sandbox := fakeazure.Start(t, localazure.SandboxConfig{Cloud: c})
			credential := newCredential(t, sandbox, tokencredential.Options{})
			before := time.Now()
			token := mustGetToken(t, credential, scopes(c.VaultResource()+"/.default"))
			got := claims(t, sandbox, token)
			if got["tid"] != localazure.TenantID || got["appid"] != localazure.ClientID {
				t.Errorf("token is for tenant %v and client %v", got["tid"], got["appid"])
			}
			if lifetime := token.ExpiresOn.Sub(before); lifetime < entra.DefaultTokenLifetime-time.Minute || lifetime > entra.DefaultTokenLifetime+time.Minute {
				t.Errorf("token expires after %s, want about %s", lifetime, entra.DefaultTokenLifetime)
			}
			if token.ExpiresOn.Location() != time.UTC {
				t.Errorf("ExpiresOn is in %s, want UTC", token.ExpiresOn.Location())
			}
			for _, request := range sandbox.Server().Requests() {
				if request.Host != c.AuthorityHost {
					t.Errorf("a request went to %s", request.Host)
				}
			}
		})
	}
}

func TestOptionsOverrideEnvironment(t *testing.T) {
	sandbox := fakeazure.Start(t, localazure.SandboxConfig{Cloud: cloud.China()})
	tokenFile := os.Getenv("AZURE_FEDERATED_TOKEN_FILE")
	t.Setenv("AZURE_CLIENT_ID", "wrong")
	t.Setenv("AZURE_TENANT_ID", "wrong")
	t.Setenv("AZURE_FEDERATED_TOKEN_FILE", "/wrong")
	t.Setenv("AZURE_AUTHORITY_HOST", "https://wrong.invalid/")
	credential := newCredential(t, sandbox, tokencredential.Options{
		ClientOptions: azcore.ClientOptions{Cloud: azcloud.AzureChina},
		ClientID:      localazure.ClientID,
		TenantID:      localazure.TenantID,
		TokenFilePath: tokenFile,
	})
	mustGetToken(t, credential, scopes("https://vault.azure.cn/.default"))
}

func TestAuthorityHostDefaultsToPublicCloud(t *testing.T) {
	sandbox := fakeazure.Start(t, localazure.SandboxConfig{})
	t.Setenv("AZURE_AUTHORITY_HOST", "")
	mustGetToken(t, newCredential(t, sandbox, tokencredential.Options{}), scopes(vaultScope))
}

func TestUnusableTokenFileSendsNothing(t *testing.T) {
	sandbox := fakeazure.Start(t, localazure.SandboxConfig{})
	dir := t.TempDir()
	write := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	tests := map[string]struct {
		path string
		want error
	}{
		"absent":    {filepath.Join(dir, "absent"), fs.ErrNotExist},
		"empty":     {write("empty", ""), tokencredential.ErrTokenFileEmpty},
		"too large": {write("large", strings.Repeat("x", 1<<20)), tokencredential.ErrNotToken},
		"directory": {dir, tokencredential.ErrNotToken},
		"not a JWT": {write("text", "s3cr3t"), tokencredential.ErrNotToken},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			credential := newCredential(t, sandbox, tokencredential.Options{TokenFilePath: test.path})
			_, err := credential.GetToken(t.Context(), scopes(vaultScope))
			var fileErr *tokencredential.TokenFileError
			if !errors.As(err, &fileErr) || !errors.Is(err, test.want) {
				t.Errorf("got %v, want a TokenFileError because of %q", err, test.want)
			}
			if err != nil && strings.Contains(err.Error(), "s3cr3t") {
				t.Errorf("error quotes the file: %v", err)
			}
		})
	}
	if requests := sandbox.Server().Requests(); len(requests) > 0 {
		t.Errorf("%d requests were sent, want none", len(requests))
	}
}

func TestTokenFileIsReadAtEveryExchange(t *testing.T) {
	sandbox := fakeazure.Start(t, localazure.SandboxConfig{})
	credential := newCredential(t, sandbox, tokencredential.Options{})
	mustGetToken(t, credential, scopes(vaultScope))

	if err := sandbox.WriteToken(issuer.TokenOptions{Subject: "system:serviceaccount:default:other"}); err != nil {
		t.Fatal(err)
	}
	mustGetToken(t, credential, scopes(vaultScope)) // from memory
	_, err := credential.GetToken(t.Context(), scopes(storageScope))
	wantEntraError(t, err, 700213)

	if err := sandbox.Issuer().RotateKey(); err != nil {
		t.Fatal(err)
	}
	if err := sandbox.RotateToken(); err != nil {
		t.Fatal(err)
	}
	mustGetToken(t, credential, scopes(storageScope))
}

// wantEntraError checks that err says everything about a rejection with the code.
func wantEntraError(t *testing.T, err error, code int) {
	t.Helper()
	var authErr *tokencredential.AuthenticationError
	if !errors.As(err, &authErr) {
		t.Fatalf("got %v, want an AuthenticationError", err)
	}
	if len(authErr.ErrorCodes) == 0 || authErr.ErrorCodes[0] != code {
		t.Errorf("codes %v, want %d", authErr.ErrorCodes, code)
	}
	if !strings.HasPrefix(authErr.Message, fmt.Sprintf("AADSTS%d: ", code)) || strings.Contains(authErr.Message, "Trace ID") {
		t.Errorf("message is %q", authErr.Message)
	}
	if authErr.StatusCode < 400 || authErr.Code == "" || authErr.TraceID == "" || authErr.CorrelationID == "" {
		t.Errorf("incomplete: %#v", authErr)
	}
	if age := time.Since(authErr.Timestamp); age < -time.Minute || age > time.Minute {
		t.Errorf("timestamp %s is not about now", authErr.Timestamp)
	}
}

func TestRejections(t *testing.T) {
	tests := []struct {
		name    string
		token   issuer.TokenOptions
		options tokencredential.Options
		request policy.TokenRequestOptions
		code    int
	}{
		{name: "subject", token: issuer.TokenOptions{Subject: "system:serviceaccount:default:other"}, code: 700213},
		{name: "audience", token: issuer.TokenOptions{Audience: "api://other"}, code: 700212},
		{name: "issuer", token: issuer.TokenOptions{Claims: map[string]any{"iss": "https://other.example/"}}, code: 700211},
		{name: "expired", token: issuer.TokenOptions{NotBefore: time.Now().Add(-2 * time.Hour), Lifetime: time.Hour}, code: 700024},
		{name: "application", options: tokencredential.Options{ClientID: "99999999-9999-9999-9999-999999999999"}, code: 700016},
		{name: "tenant", options: tokencredential.Options{TenantID: "99999999-9999-9999-9999-999999999999"}, code: 90002},
		{name: "resource", request: scopes("https://unknown.example/.default"), code: 500011},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			sandbox := fakeazure.Start(t, localazure.SandboxConfig{})
			if err := sandbox.WriteToken(test.token); err != nil {
				t.Fatal(err)
			}
			if test.request.Scopes == nil {
				test.request = scopes(vaultScope)
			}
			_, err := newCredential(t, sandbox, test.options).GetToken(t.Context(), test.request)
			wantEntraError(t, err, test.code)
		})
	}
}

func TestCAETokensAreKeptApart(t *testing.T) {
	sandbox := fakeazure.Start(t, localazure.SandboxConfig{})
	credential := newCredential(t, sandbox, tokencredential.Options{})
	plain, cae := scopes(vaultScope), scopes(vaultScope)
	cae.EnableCAE = true
	for range 2 {
		if got := claims(t, sandbox, mustGetToken(t, credential, plain))["xms_cc"]; got != nil {
			t.Errorf("token without CAE has capabilities %v", got)
		}
		if got := claims(t, sandbox, mustGetToken(t, credential, cae))["xms_cc"]; !reflect.DeepEqual(got, []any{"CP1"}) {
			t.Errorf("token with CAE has capabilities %v, want CP1", got)
		}
	}
	if got := fakeazure.Exchanges(sandbox); got != 2 {
		t.Errorf("%d exchanges, want one with CAE and one without", got)
	}
}

func TestClaimsAskForNewToken(t *testing.T) {
	sandbox := fakeazure.Start(t, localazure.SandboxConfig{})
	credential := newCredential(t, sandbox, tokencredential.Options{})
	first := mustGetToken(t, credential, scopes(vaultScope))
	challenged := scopes(vaultScope)
	challenged.Claims = `{"access_token":{"nbf":{"essential":true,"value":"1"}}}`
	second := mustGetToken(t, credential, challenged)
	if first.Token == second.Token {
		t.Error("claims got the token that had been rejected")
	}
	if third := mustGetToken(t, credential, scopes(vaultScope)); third.Token != second.Token {
		t.Error("the token with claims did not replace the one before")
	}
	challenged.Claims = "not JSON"
	if _, err := credential.GetToken(t.Context(), challenged); err == nil {
		t.Error("claims that are not JSON went unnoticed, so they were not sent")
	}
}

func TestRefreshOn(t *testing.T) {
	sandbox := fakeazure.Start(t, localazure.SandboxConfig{AccessTokenLifetime: 24 * time.Hour})
	token := mustGetToken(t, newCredential(t, sandbox, tokencredential.Options{}), scopes(vaultScope))
	if ahead := token.ExpiresOn.Sub(token.RefreshOn); ahead < 11*time.Hour || ahead > 13*time.Hour {
		t.Errorf("RefreshOn is %s before ExpiresOn, want half of the lifetime", ahead)
	}
}

func TestInstanceDiscovery(t *testing.T) {
	tests := []struct {
		name, authority string
		disable, want   bool
	}{
		{"an authority host that is not well-known", "https://login.windows.net/", false, true},
		{"the same, disabled", "https://login.windows.net/", true, false},
		{"a well-known one", "https://login.microsoftonline.com/", false, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			sandbox := fakeazure.Start(t, localazure.SandboxConfig{})
			t.Setenv("AZURE_AUTHORITY_HOST", test.authority)
			mustGetToken(t, newCredential(t, sandbox, tokencredential.Options{DisableInstanceDiscovery: test.disable}), scopes(vaultScope))
			asked := false
			for _, request := range sandbox.Server().Requests() {
				asked = asked || request.Path == "/common/discovery/instance"
			}
			if asked != test.want {
				t.Errorf("instance discovery was asked: %t", asked)
			}
		})
	}
}

func TestConcurrentCallersShareOneExchange(t *testing.T) {
	sandbox := fakeazure.Start(t, localazure.SandboxConfig{})
	arrived, release := make(chan struct{}, 1), make(chan struct{})
	sandbox.Server().SetIntercept(func(_ http.ResponseWriter, r *http.Request) bool {
		if strings.HasSuffix(r.URL.Path, "/token") {
			arrived <- struct{}{}
			<-release
		}
		return false
	})
	credential := newCredential(t, sandbox, tokencredential.Options{})

	impatient, cancel := context.WithCancel(t.Context())
	cancelled := make(chan error, 1)
	go func() {
		_, err := credential.GetToken(impatient, scopes(vaultScope))
		cancelled <- err
	}()
	<-arrived // the first caller's request is at Entra ID
	var callers sync.WaitGroup
	for range 100 {
		callers.Go(func() {
			if _, err := credential.GetToken(t.Context(), scopes(vaultScope)); err != nil {
				t.Error(err)
			}
		})
	}
	cancel()
	if err := <-cancelled; !errors.Is(err, context.Canceled) {
		t.Errorf("first caller: got %v, want it cancelled", err)
	}
	close(release)
	callers.Wait()
	if got := fakeazure.Exchanges(sandbox); got > 2 {
		// Two, if the first caller left before any other had joined.
		t.Errorf("%d exchanges for 100 callers", got)
	}
	mustGetToken(t, credential, scopes(vaultScope))
}

func TestClientOptionsTakeEffect(t *testing.T) {
	sandbox := fakeazure.Start(t, localazure.SandboxConfig{})
	failures := 2
	sandbox.Server().SetIntercept(func(w http.ResponseWriter, r *http.Request) bool {
		if !strings.HasSuffix(r.URL.Path, "/token") || failures == 0 {
			return false
		}
		failures--
		w.WriteHeader(http.StatusServiceUnavailable)
		return true
	})
	var spy userAgents
	var options tokencredential.Options
	options.Retry = policy.RetryOptions{MaxRetries: 2, RetryDelay: time.Millisecond}
	options.Telemetry = policy.TelemetryOptions{ApplicationID: "my-app"}
	options.PerRetryPolicies = []policy.Policy{&spy}
	mustGetToken(t, newCredential(t, sandbox, options), scopes(vaultScope))
	if got := fakeazure.Exchanges(sandbox); got != 3 {
		t.Errorf("%d requests for a token, want one and two retries", got)
	}
	if len(spy) != len(sandbox.Server().Requests()) {
		t.Errorf("the policy saw %d of %d requests", len(spy), len(sandbox.Server().Requests()))
	}
	for _, agent := range spy {
		if !strings.HasPrefix(agent, "my-app azsdk-go-tokencredential/") {
			t.Errorf("User-Agent is %q", agent)
		}
	}
}

// userAgents is a policy that records the User-Agent of every request.
type userAgents []string

func (u *userAgents) Do(req *policy.Request) (*http.Response, error) {
	*u = append(*u, req.Raw().Header.Get("User-Agent"))
	return req.Next()
}

func TestRetriesAreBounded(t *testing.T) {
	sandbox := fakeazure.Start(t, localazure.SandboxConfig{})
	sandbox.Server().SetIntercept(func(w http.ResponseWriter, _ *http.Request) bool {
		http.Error(w, "<html>down</html>", http.StatusBadGateway)
		return true
	})
	var options tokencredential.Options
	options.Retry = policy.RetryOptions{MaxRetries: -1}
	_, err := newCredential(t, sandbox, options).GetToken(t.Context(), scopes(vaultScope))
	var authErr *tokencredential.AuthenticationError
	if !errors.As(err, &authErr) || authErr.StatusCode != http.StatusBadGateway || authErr.Code != "" {
		t.Errorf("got %v, want an AuthenticationError with status 502 and without OAuth error", err)
	}
}

// TestNothingLeaks lets Entra ID misbehave with what it is sent and looks for the
// assertion and the access token in the error and in everything that is logged.
func TestNothingLeaks(t *testing.T) {
	sandbox := fakeazure.Start(t, localazure.SandboxConfig{})
	assertion, err := os.ReadFile(sandbox.TokenFile())
	if err != nil {
		t.Fatal(err)
	}
	issued := mustGetToken(t, newCredential(t, sandbox, tokencredential.Options{}), scopes(vaultScope)).Token

	var mu sync.Mutex
	var logged strings.Builder
	azlog.SetListener(func(_ azlog.Event, message string) {
		mu.Lock()
		defer mu.Unlock()
		logged.WriteString(message)
	})
	defer azlog.SetListener(nil)

	echo := func(r *http.Request) string {
		body, _ := io.ReadAll(r.Body)
		return string(body)
	}
	answers := map[string]func(w http.ResponseWriter, r *http.Request){
		"echo in an OAuth error": func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(http.StatusBadRequest)
			_ = json.NewEncoder(w).Encode(map[string]any{"error": "invalid_request", "error_description": "AADSTS900: " + echo(r)})
		},
		"echo in a page": func(w http.ResponseWriter, r *http.Request) {
			http.Error(w, "<html>"+echo(r), http.StatusForbidden)
		},
		"truncated token response": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = fmt.Fprintf(w, `{"token_type":"Bearer","expires_in":3600,"access_token":"%s"`, issued)
		},
		"connection cut": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"success":        nil,
	}
	for name, answer := range answers {
		t.Run(name, func(t *testing.T) {
			sandbox.Server().SetIntercept(func(w http.ResponseWriter, r *http.Request) bool {
				if answer == nil || !strings.HasSuffix(r.URL.Path, "/token") {
					return false
				}
				answer(w, r)
				return true
			})
			var options tokencredential.Options
			options.Logging.IncludeBody = true
			options.Retry.MaxRetries = -1
			_, err := newCredential(t, sandbox, options).GetToken(t.Context(), scopes(vaultScope))
			if (err == nil) != (answer == nil) {
				t.Fatalf("error is %v", err)
			}
			mu.Lock()
			defer mu.Unlock()
			for what, secret := range map[string]string{"assertion": string(assertion), "access token": issued} {
				// the claims are what both parts of a torn token would show
				middle := strings.Split(secret, ".")[1]
				for where, text := range map[string]string{"error": fmt.Sprintf("%v %+v %#v", err, err, err), "log": logged.String()} {
					if strings.Contains(text, middle) {
						t.Errorf("the %s is in the %s", what, where)
					}
				}
			}
		})
	}
	if !strings.Contains(logged.String(), "/oauth2/v2.0/token") {
		t.Error("the requests were not logged at all, so this test sees nothing")
	}
}
