package peers

import (
	"os"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azsecrets"

	"github.com/workload-identity-quickstart/msal-go/internal/localazure"
	"github.com/workload-identity-quickstart/msal-go/internal/localazure/cloud"
	"github.com/workload-identity-quickstart/msal-go/internal/localazure/issuer"
	"github.com/workload-identity-quickstart/msal-go/internal/test/fakeazure"
)

// readSecret reads the sandbox's secret as Microsoft's documentation shows it.
func readSecret(t *testing.T, sandbox *localazure.Sandbox, proxied bool) (string, error) {
	t.Helper()
	options := azcore.ClientOptions{
		Transport: fakeazure.Client(t, sandbox),
		Retry:     policy.RetryOptions{MaxRetries: -1},
	}
	credential, err := azidentity.NewWorkloadIdentityCredential(&azidentity.WorkloadIdentityCredentialOptions{
		ClientOptions:    options,
		EnableAzureProxy: proxied,
	})
	if err != nil {
		t.Fatal(err)
	}
	client, err := azsecrets.NewClient(os.Getenv("KEYVAULT_URL"), credential, &azsecrets.ClientOptions{ClientOptions: options})
	if err != nil {
		t.Fatal(err)
	}
	secret, err := client.GetSecret(t.Context(), os.Getenv("SECRET_NAME"), "", nil)
	if err != nil {
		return "", err
	}
	return *secret.Value, nil
}

func TestAzidentity(t *testing.T) {
	for _, c := range cloud.All() {
		t.Run(c.Name, func(t *testing.T) {
			sandbox := fakeazure.Start(t, localazure.SandboxConfig{Cloud: c})
			if value, err := readSecret(t, sandbox, false); err != nil || value != localazure.SecretValue {
				t.Errorf("got %q and error %v", value, err)
			}
		})
	}
	t.Run("identity binding", func(t *testing.T) {
		sandbox := fakeazure.Start(t, localazure.SandboxConfig{IdentityBinding: true})
		if value, err := readSecret(t, sandbox, true); err != nil || value != localazure.SecretValue {
			t.Errorf("got %q and error %v", value, err)
		}
		if _, err := readSecret(t, sandbox, false); err == nil || !strings.Contains(err.Error(), "AADSTS700211") {
			t.Errorf("past the token proxy: got %v, want AADSTS700211", err)
		}
	})
}

func TestAzidentityIsRejected(t *testing.T) {
	tests := []struct {
		name   string
		config localazure.SandboxConfig
		token  *issuer.TokenOptions
		want   string
	}{
		{name: "no federated credential", config: localazure.SandboxConfig{NoFederatedCredential: true}, want: "AADSTS70025"},
		{name: "subject", token: &issuer.TokenOptions{Subject: "system:serviceaccount:default:other"}, want: "AADSTS700213"},
		{name: "signature", token: &issuer.TokenOptions{ForeignKey: true}, want: "AADSTS"},
		{name: "no role", config: localazure.SandboxConfig{DenySecret: localazure.DenyRBAC}, want: "ForbiddenByRbac"},
		{name: "no access policy", config: localazure.SandboxConfig{DenySecret: localazure.DenyAccessPolicy}, want: "AccessDenied"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			sandbox := fakeazure.Start(t, test.config)
			if test.token != nil {
				if err := sandbox.WriteToken(*test.token); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := readSecret(t, sandbox, false); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %s", err, test.want)
			}
		})
	}
}
