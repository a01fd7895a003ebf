package tokencredential_test

import (
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"testing"

	"github.com/workload-identity-quickstart/msal-go/internal/localazure"
	"github.com/workload-identity-quickstart/msal-go/internal/localazure/cloud"
	"github.com/workload-identity-quickstart/msal-go/internal/test/fakeazure"
	"github.com/workload-identity-quickstart/msal-go/pkg/tokencredential"
)

const (
	instancePath = "/common/discovery/instance"
	openIDPath   = "/" + localazure.TenantID + "/v2.0/.well-known/openid-configuration"
	tokenPath    = "/" + localazure.TenantID + "/oauth2/v2.0/token"
	movedPath    = "/" + localazure.TenantID + "/oauth3/token"
)

func paths(sandbox *localazure.Sandbox) []string {
	var paths []string
	for _, request := range sandbox.Server().Requests() {
		paths = append(paths, request.Path)
	}
	return paths
}

func TestRequestsForTheFirstToken(t *testing.T) {
	tests := []struct {
		name, authority string
		cloud           cloud.Cloud
		binding         bool
		want            []string
	}{
		{name: "public cloud", want: []string{tokenPath}},
		{name: "no slash, capitals", authority: "https://Login.MicrosoftOnline.com", want: []string{tokenPath}},
		{name: "token proxy", binding: true, want: []string{tokenPath}},
		{name: "US government", cloud: cloud.USGovernment(), want: []string{tokenPath}},
		{name: "China", cloud: cloud.China(), want: []string{tokenPath}},
		{name: "China's former host", cloud: cloud.China(), authority: "https://login.chinacloudapi.cn/", want: []string{tokenPath}},
		{name: "another host", authority: "https://login.microsoft.com/", want: []string{instancePath, openIDPath, tokenPath}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			sandbox := fakeazure.Start(t, localazure.SandboxConfig{Cloud: test.cloud, IdentityBinding: test.binding})
			if test.authority != "" {
				t.Setenv("AZURE_AUTHORITY_HOST", test.authority)
			}
			scope := vaultScope
			if test.cloud.Name != "" {
				scope = test.cloud.VaultResource() + "/.default"
			}
			mustGetToken(t, newCredential(t, sandbox, tokencredential.Options{}), scopes(scope))
			if got := paths(sandbox); !slices.Equal(got, test.want) {
				t.Errorf("requests for %q, want %q", got, test.want)
			}
		})
	}
}

// move takes the token endpoint to movedPath and tells the OpenID configuration.
// It notes which paths it was asked for.
func move(status int, body string, asked *[]string) localazure.Intercept {
	return func(w http.ResponseWriter, r *http.Request) bool {
		*asked = append(*asked, r.URL.Path)
		switch r.URL.Path {
		case tokenPath:
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
			return true
		case openIDPath:
			base := "https://" + r.Host
			w.Header().Set("Content-Type", "application/json")
			_ = json.NewEncoder(w).Encode(map[string]string{"issuer": base + "/t/v2.0",
				"authorization_endpoint": base + "/authorize", "token_endpoint": base + movedPath})
			return true
		case movedPath:
			r.URL.Path = tokenPath
		}
		return false
	}
}

func TestTokenEndpointIsNotWhereItIsDocumented(t *testing.T) {
	tests := []struct {
		name    string
		binding bool
		status  int
		body    string
		found   bool
		want    []string
	}{
		{name: "not found", status: http.StatusNotFound, found: true, want: []string{tokenPath, openIDPath, movedPath}},
		{name: "gone", status: http.StatusGone, body: "<html>", found: true, want: []string{tokenPath, openIDPath, movedPath}},
		{name: "not for POST", status: http.StatusMethodNotAllowed, found: true, want: []string{tokenPath, openIDPath, movedPath}},
		{name: "token proxy", binding: true, status: http.StatusNotFound, found: true, want: []string{tokenPath, openIDPath, movedPath}},
		{name: "a refusal", status: http.StatusNotFound, body: `{"error":"invalid_request","error_description":"AADSTS90002: No."}`, want: []string{tokenPath}},
		{name: "a proxy's page", status: http.StatusForbidden, body: "<html>", want: []string{tokenPath}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var asked []string
			sandbox := fakeazure.Start(t, localazure.SandboxConfig{IdentityBinding: test.binding, Intercept: move(test.status, test.body, &asked)})
			credential := newCredential(t, sandbox, tokencredential.Options{})
			_, err := credential.GetToken(t.Context(), scopes(vaultScope))
			if (err == nil) != test.found {
				t.Errorf("error is %v", err)
			}
			if !slices.Equal(asked, test.want) {
				t.Errorf("requests for %q, want %q", asked, test.want)
			}
			if !test.found {
				return
			}
			mustGetToken(t, credential, scopes(storageScope)) // remembers where it was found
			if next := asked[len(test.want):]; !slices.Equal(next, []string{movedPath}) {
				t.Errorf("the next token took requests for %q", next)
			}
		})
	}
}
