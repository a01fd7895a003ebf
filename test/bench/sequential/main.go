// Command sequential reads a secret with MSAL as it comes, in the order of the
// azure-workload-identity project's sample: the vault's challenge, then the token,
// then the secret.
package main

import (
	"context"
	"os"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azsecrets"
	"github.com/AzureAD/microsoft-authentication-library-for-go/apps/confidential"
	"k8s.io/klog/v2"

	"github.com/workload-identity-quickstart/msal-go/test/bench/internal/repeat"
)

// credential leaves everything to MSAL.
type credential struct{ client confidential.Client }

func (c credential) GetToken(ctx context.Context, options policy.TokenRequestOptions) (azcore.AccessToken, error) {
	result, err := c.client.AcquireTokenByCredential(ctx, options.Scopes)
	if err != nil {
		return azcore.AccessToken{}, err
	}
	return azcore.AccessToken{Token: result.AccessToken, ExpiresOn: result.ExpiresOn}, nil
}

func main() {
	assertion := confidential.NewCredFromAssertionCallback(
		func(context.Context, confidential.AssertionRequestOptions) (string, error) {
			token, err := os.ReadFile(os.Getenv("AZURE_FEDERATED_TOKEN_FILE"))
			return string(token), err
		})
	msal, err := confidential.New(os.Getenv("AZURE_AUTHORITY_HOST")+os.Getenv("AZURE_TENANT_ID"), os.Getenv("AZURE_CLIENT_ID"), assertion)
	if err != nil {
		klog.Exit(err)
	}
	client, err := azsecrets.NewClient(os.Getenv("KEYVAULT_URL"), credential{msal}, nil)
	if err != nil {
		klog.Exit(err)
	}
	repeat.Run(func(ctx context.Context) (string, error) {
		secret, err := client.GetSecret(ctx, os.Getenv("SECRET_NAME"), "", nil)
		if err != nil {
			return "", err
		}
		return *secret.Value, nil
	})
}
