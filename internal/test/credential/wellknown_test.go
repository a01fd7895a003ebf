package credential

import (
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
		region          string
		want            []string
	}{
		{name: "public cloud", want: []string{tokenPath}},
		{name: "no slash, capitals", authority: "https://Login.MicrosoftOnline.com", want: []string{tokenPath}},
		{name: "token proxy", binding: true, want: []string{tokenPath}},
		{name: "US government", cloud: cloud.USGovernment(), want: []string{tokenPath}},
		{name: "China", cloud: cloud.China(), want: []string{tokenPath}},
		{name: "China's former host", cloud: cloud.China(), authority: "https://login.chinacloudapi.cn/", want: []string{tokenPath}},
		{name: "regions are not used", region: "westus2", want: []string{tokenPath}},
		{name: "another host", authority: "https://login.microsoft.com/", want: []string{instancePath, openIDPath, tokenPath}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			sandbox := fakeazure.Start(t, localazure.SandboxConfig{Cloud: test.cloud, IdentityBinding: test.binding})
			t.Setenv("MSAL_FORCE_REGION", test.region)
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
