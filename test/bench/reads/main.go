// Command reads is the workload without pauses: its credential, its client and
// its memory settings, reading as often as the other programs here.
package main

import (
	"context"
	"os"

	"k8s.io/klog/v2"

	"github.com/workload-identity-quickstart/msal-go/internal/footprint"
	"github.com/workload-identity-quickstart/msal-go/internal/keyvault"
	"github.com/workload-identity-quickstart/msal-go/pkg/tokencredential"
	"github.com/workload-identity-quickstart/msal-go/test/bench/internal/repeat"
)

func main() {
	credential, err := tokencredential.New(nil)
	if err != nil {
		klog.Exit(err)
	}
	vault, err := keyvault.New(os.Getenv("KEYVAULT_URL"), credential, nil)
	if err != nil {
		klog.Exit(err)
	}
	repeat.Run(func(ctx context.Context) (string, error) {
		secret, err := vault.Secret(ctx, os.Getenv("SECRET_NAME"))
		return secret.Value, err
	}, func() { footprint.Shrink(os.Getenv) })
}
