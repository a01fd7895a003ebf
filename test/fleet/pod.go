package fleet

import (
	"github.com/Azure/azure-sdk-for-go/sdk/azcore"

	"github.com/workload-identity-quickstart/msal-go/pkg/tokencredential"
)

// pod is what a program finds around it.
type pod struct {
	options   azcore.ClientOptions
	tokenFile string
	random    *random
	got       func() // to be called when the secret was read
}

func (p *pod) credential() (*tokencredential.Credential, error) {
	return tokencredential.New(&tokencredential.Options{ClientOptions: p.options, Getenv: p.getenv})
}

// getenv is the environment that the webhook and the chart give the pod.
func (p *pod) getenv(name string) string {
	return map[string]string{
		"AZURE_CLIENT_ID": clientID, "AZURE_TENANT_ID": tenantID, "AZURE_FEDERATED_TOKEN_FILE": p.tokenFile,
		"AZURE_AUTHORITY_HOST": authorityURL, "KEYVAULT_URL": vaultURL, "SECRET_NAME": secretName,
	}[name]
}
