package credential

import (
	"errors"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/workload-identity-quickstart/msal-go/internal/localazure"
	"github.com/workload-identity-quickstart/msal-go/internal/localazure/cloud"
	"github.com/workload-identity-quickstart/msal-go/internal/localazure/pki"
	"github.com/workload-identity-quickstart/msal-go/internal/test/fakeazure"
	"github.com/workload-identity-quickstart/msal-go/pkg/tokencredential"
)

// withoutRetries makes a failed request the end of it.
func withoutRetries() tokencredential.Options {
	var options tokencredential.Options
	options.Retry = policy.RetryOptions{MaxRetries: -1}
	return options
}

func TestTokenProxy(t *testing.T) {
	sandbox := fakeazure.Start(t, localazure.SandboxConfig{IdentityBinding: true})
	proxy := sandbox.Server().TokenProxyURL()
	caPEM := string(sandbox.Server().CACertificatePEM())
	tests := []struct {
		name       string
		env        map[string]string
		wantPrefix string // of every path that reached Entra ID
	}{
		{"CA file", nil, "/"},
		{"CA data", map[string]string{"AZURE_KUBERNETES_CA_FILE": "", "AZURE_KUBERNETES_CA_DATA": caPEM}, "/"},
		{"URL with slash", map[string]string{"AZURE_KUBERNETES_TOKEN_PROXY": proxy + "/"}, "/"},
		{"URL with path", map[string]string{"AZURE_KUBERNETES_TOKEN_PROXY": proxy + "/base"}, "/base/"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Setenv("AZURE_AUTHORITY_HOST", "https://login.windows.net/") // its endpoints are discovered
			for name, value := range test.env {
				t.Setenv(name, value)
			}
			var paths []string
			var discoveryQuery url.Values
			sandbox.Server().SetIntercept(func(_ http.ResponseWriter, r *http.Request) bool {
				paths = append(paths, r.URL.Path)
				if strings.HasSuffix(r.URL.Path, "/common/discovery/instance") {
					discoveryQuery = r.URL.Query()
				}
				r.URL.Path = strings.TrimPrefix(r.URL.Path, strings.TrimSuffix(test.wantPrefix, "/"))
				return false
			})
			credential, err := tokencredential.New(nil) // no way to Entra ID but the token proxy
			if err != nil {
				t.Fatal(err)
			}
			token := mustGetToken(t, credential, scopes(vaultScope))
			if got := claims(t, sandbox, token)["appid"]; got != localazure.ClientID {
				t.Errorf("token is for %v", got)
			}
			want := test.wantPrefix + localazure.TenantID + "/oauth2/v2.0/token"
			if last := paths[len(paths)-1]; last != want {
				t.Errorf("token was requested at %s, want %s", last, want)
			}
			if !discoveryQuery.Has("api-version") {
				t.Errorf("instance discovery lost its query, it has %v", discoveryQuery)
			}
		})
	}
}

// The token proxy learns from the Host header which cloud is meant.
func TestTokenProxyInAnotherCloud(t *testing.T) {
	fakeazure.Start(t, localazure.SandboxConfig{IdentityBinding: true, Cloud: cloud.USGovernment()})
	options := withoutRetries()
	credential, err := tokencredential.New(&options)
	if err != nil {
		t.Fatal(err)
	}
	mustGetToken(t, credential, scopes("https://vault.usgovcloudapi.net/.default"))
}

// withoutTokenProxy is how Options.Getenv is documented to turn the token proxy off.
func withoutTokenProxy(variable string) string {
	if strings.HasPrefix(variable, "AZURE_KUBERNETES_") {
		return ""
	}
	return os.Getenv(variable)
}

func TestTokenProxyCanBeDisabled(t *testing.T) {
	sandbox := fakeazure.Start(t, localazure.SandboxConfig{IdentityBinding: true})
	credential := newCredential(t, sandbox, tokencredential.Options{Getenv: withoutTokenProxy})
	_, err := credential.GetToken(t.Context(), scopes(vaultScope))
	wantEntraError(t, err, 700211) // an identity binding is worth nothing to Entra ID itself
}

func TestTokenProxyNeedsItsName(t *testing.T) {
	fakeazure.Start(t, localazure.SandboxConfig{IdentityBinding: true})
	t.Setenv("AZURE_KUBERNETES_SNI_NAME", "other.example")
	options := withoutRetries()
	credential, err := tokencredential.New(&options)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := credential.GetToken(t.Context(), scopes(vaultScope)); err == nil {
		t.Error("a token came from a proxy that was asked for by another name")
	}
}

func TestTokenProxyFollowsCAFile(t *testing.T) {
	sandbox := fakeazure.Start(t, localazure.SandboxConfig{IdentityBinding: true})
	other, err := pki.New()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "ca.crt")
	t.Setenv("AZURE_KUBERNETES_CA_FILE", file)
	write := func(content []byte) {
		t.Helper()
		if err := os.WriteFile(file, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(other.CertificatePEM())
	options := withoutRetries()
	credential, err := tokencredential.New(&options)
	if err != nil {
		t.Fatal(err)
	}
	// A request with claims never comes from memory.
	request := scopes(vaultScope)
	request.Claims = "{}"
	steps := []struct {
		name    string
		content []byte
		wantErr string
	}{
		{"another CA", other.CertificatePEM(), "certificate"},
		{"the right CA", sandbox.Server().CACertificatePEM(), ""},
		{"emptied while it is rewritten", nil, ""},
		{"no certificate", []byte("nonsense"), "no certificate in PEM format"},
		{"the right CA again", sandbox.Server().CACertificatePEM(), ""},
		{"another CA again", other.CertificatePEM(), "certificate"},
	}
	for _, step := range steps {
		write(step.content)
		_, err := credential.GetToken(t.Context(), request)
		if step.wantErr == "" && err != nil || step.wantErr != "" && (err == nil || !strings.Contains(err.Error(), step.wantErr)) {
			t.Errorf("%s: got error %v, want %q", step.name, err, step.wantErr)
		}
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if _, err := credential.GetToken(t.Context(), request); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("CA file removed: got %v", err)
	}
}
