// Command azidentity reads a secret as the documentation of the Azure SDK for Go
// shows it.
package main

import (
	"context"
	"os"

	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azsecrets"
	"k8s.io/klog/v2"

	"github.com/workload-identity-quickstart/msal-go/test/bench/internal/repeat"
)

func main() {
	credential, err := azidentity.NewWorkloadIdentityCredential(nil)
	if err != nil {
		klog.Exit(err)
	}
	client, err := azsecrets.NewClient(os.Getenv("KEYVAULT_URL"), credential, nil)
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
