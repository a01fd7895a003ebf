package issuer

import (
	"context"
	"crypto/tls"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"

	"github.com/workload-identity-quickstart/msal-go/internal/localazure/pki"
)

// start starts an issuer and returns a context for go-oidc to reach it.
func start(t *testing.T) (*Issuer, context.Context) {
	t.Helper()
	authority, err := pki.New()
	if err != nil {
		t.Fatal(err)
	}
	i, err := Start(t.Context(), authority)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: authority.Pool()}}}
	t.Cleanup(func() {
		client.CloseIdleConnections()
		if err := i.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return i, oidc.ClientContext(t.Context(), client)
}

// verify has an independent implementation check a token.
func verify(t *testing.T, ctx context.Context, i *Issuer, audience string, o TokenOptions) (*oidc.IDToken, error) {
	t.Helper()
	provider, err := oidc.NewProvider(ctx, i.URL())
	if err != nil {
		t.Fatal(err)
	}
	token, err := i.Token(o)
	if err != nil {
		t.Fatal(err)
	}
	return provider.Verifier(&oidc.Config{ClientID: audience}).Verify(ctx, token)
}

func TestTokenIsThatOfAServiceAccount(t *testing.T) {
	i, ctx := start(t)
	token, err := verify(t, ctx, i, DefaultAudience, TokenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if token.Issuer != i.URL() || token.Subject != DefaultSubject || !slices.Equal(token.Audience, []string{DefaultAudience}) {
		t.Errorf("iss %q, sub %q, aud %q", token.Issuer, token.Subject, token.Audience)
	}
	if life := token.Expiry.Sub(token.IssuedAt); life != DefaultLifetime {
		t.Errorf("lifetime = %s, want %s", life, DefaultLifetime)
	}
	var claims struct {
		Kubernetes struct {
			Namespace      string `json:"namespace"`
			ServiceAccount struct {
				Name string `json:"name"`
				UID  string `json:"uid"`
			} `json:"serviceaccount"`
			Pod struct {
				Name string `json:"name"`
			} `json:"pod"`
		} `json:"kubernetes.io"`
	}
	if err := token.Claims(&claims); err != nil {
		t.Fatal(err)
	}
	k := claims.Kubernetes
	if k.Namespace != "default" || k.ServiceAccount.Name != "workload-identity-sa" || k.ServiceAccount.UID == "" || k.Pod.Name == "" {
		t.Errorf("kubernetes.io = %+v", k)
	}
	if !strings.HasSuffix(i.URL(), "/") {
		t.Errorf("issuer %q does not end in a slash", i.URL())
	}
}

func TestTokenOptions(t *testing.T) {
	i, ctx := start(t)
	for _, test := range []struct {
		name     string
		audience string
		options  TokenOptions
		ok       bool
	}{
		{"chosen subject and audience", "a", TokenOptions{Subject: "system:serviceaccount:ns:sa", Audience: "a"}, true},
		{"other audience", "b", TokenOptions{Audience: "a"}, false},
		{"expired", DefaultAudience, TokenOptions{NotBefore: time.Now().Add(-2 * time.Hour)}, false},
		{"negative lifetime", DefaultAudience, TokenOptions{Lifetime: -time.Minute}, false},
		{"not yet valid", DefaultAudience, TokenOptions{NotBefore: time.Now().Add(time.Hour)}, false},
		{"unknown key", DefaultAudience, TokenOptions{KeyID: "unknown"}, false},
		{"foreign key", DefaultAudience, TokenOptions{ForeignKey: true}, false},
		{"other issuer", DefaultAudience, TokenOptions{Claims: map[string]any{"iss": "https://other.example"}}, false},
		{"no expiry", DefaultAudience, TokenOptions{Claims: map[string]any{"exp": nil}}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			if _, err := verify(t, ctx, i, test.audience, test.options); (err == nil) != test.ok {
				t.Errorf("verify: %v, want success: %t", err, test.ok)
			}
		})
	}
}

func TestRotatedKeysStayPublished(t *testing.T) {
	i, ctx := start(t)
	provider, err := oidc.NewProvider(ctx, i.URL())
	if err != nil {
		t.Fatal(err)
	}
	before, err := i.Token(TokenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if err := i.RotateKey(); err != nil {
		t.Fatal(err)
	}
	after, err := i.Token(TokenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	verifier := provider.Verifier(&oidc.Config{ClientID: DefaultAudience})
	for name, token := range map[string]string{"before": before, "after": after} {
		if _, err := verifier.Verify(ctx, token); err != nil {
			t.Errorf("token made %s the rotation: %v", name, err)
		}
	}
	if header, _, _ := strings.Cut(before, "."); strings.HasPrefix(after, header+".") {
		t.Error("the key id did not change")
	}
}

func TestCloseTwice(t *testing.T) {
	i, _ := start(t) // start closes it once more
	if err := i.Close(); err != nil {
		t.Error(err)
	}
}
