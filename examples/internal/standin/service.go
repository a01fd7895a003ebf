package standin

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/coreos/go-oidc/v3/oidc"

	"github.com/workload-identity-quickstart/msal-go/internal/localazure"
	"github.com/workload-identity-quickstart/msal-go/internal/test/fakeazure"
	"github.com/workload-identity-quickstart/msal-go/pkg/tokencredential"
)

// Service verifies access tokens as a service of Azure does: by the keys that Entra
// ID publishes, for itself as the audience, and by their time.
type Service struct {
	// Audience is the application id of the service.
	Audience string
	// Answer answers the requests that have a token for the service.
	Answer http.Handler

	verifier atomic.Pointer[oidc.IDTokenVerifier]
}

// Start starts an Azure with the service on a host, which may be empty, and sets the
// test's environment to that of a pod.
func (s *Service) Start(t *testing.T, host string, cfg localazure.SandboxConfig) *localazure.Sandbox {
	t.Helper()
	if host != "" {
		cfg.Hosts = map[string]http.Handler{host: s}
	}
	sandbox := fakeazure.Start(t, cfg)
	issuer := "https://login.microsoftonline.com/" + localazure.TenantID + "/v2.0"
	if strings.HasPrefix(s.Audience, "https://") {
		issuer = "https://sts.windows.net/" + localazure.TenantID + "/" // of the tokens for Azure's services
	}
	provider, err := oidc.NewProvider(oidc.ClientContext(t.Context(), fakeazure.Client(t, sandbox)), issuer)
	if err != nil {
		t.Fatal(err)
	}
	s.verifier.Store(provider.Verifier(&oidc.Config{ClientID: s.Audience}))
	return sandbox
}

// Verify says what is wrong with an access token.
func (s *Service) Verify(ctx context.Context, token string) error {
	verifier := s.verifier.Load()
	if verifier == nil {
		return errors.New("the service has not been started")
	}
	_, err := verifier.Verify(ctx, token)
	return err
}

// ServeHTTP answers a request whose token is right, and others with 401.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok {
		http.Error(w, "there is no bearer token", http.StatusUnauthorized)
		return
	}
	if err := s.Verify(r.Context(), token); err != nil {
		http.Error(w, err.Error(), http.StatusUnauthorized)
		return
	}
	s.Answer.ServeHTTP(w, r)
}

// Token gets a token with this repository's credential.
func Token(t *testing.T, sandbox *localazure.Sandbox, scope string) string {
	t.Helper()
	credential, err := tokencredential.New(&tokencredential.Options{
		ClientOptions: azcore.ClientOptions{Transport: fakeazure.Client(t, sandbox)},
	})
	if err != nil {
		t.Fatal(err)
	}
	token, err := credential.GetToken(t.Context(), policy.TokenRequestOptions{Scopes: []string{scope}})
	if err != nil {
		t.Fatal(err)
	}
	return token.Token
}
