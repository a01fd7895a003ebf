// Command webservice answers with the version of a Key Vault secret. It is the
// worked example of docs/reuse.md: the chart of this repository runs it, and sets
// KEYVAULT_URL, SECRET_NAME and, for probes, HEALTH_ADDR, where all of it listens.
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azsecrets"

	"github.com/workload-identity-quickstart/msal-go/pkg/tokencredential"
)

func main() {
	if err := run(os.Getenv("KEYVAULT_URL"), os.Getenv("SECRET_NAME")); err != nil {
		log.Fatalf("webservice: %v", err)
	}
}

func run(vault, name string) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	credential, err := tokencredential.New(nil)
	if err != nil {
		return err
	}
	client, err := azsecrets.NewClient(vault, credential, nil)
	if err != nil || vault == "" || name == "" {
		return cmp.Or(err, errors.New("set KEYVAULT_URL, such as https://my-vault.vault.azure.net/, and SECRET_NAME"))
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("GET /readyz", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		secret, err := client.GetSecret(r.Context(), name, "", nil)
		if err != nil {
			log.Printf("get secret: %v", err)
			http.Error(w, "the secret cannot be read now: see the log", http.StatusBadGateway)
			return
		}
		fmt.Fprintf(w, "%s has version %s\n", name, secret.ID.Version())
	})
	server := &http.Server{Addr: cmp.Or(os.Getenv("HEALTH_ADDR"), ":8080"), Handler: mux, ReadHeaderTimeout: time.Minute}
	ended := make(chan error, 1)
	context.AfterFunc(ctx, func() { ended <- server.Shutdown(context.WithoutCancel(ctx)) })
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return <-ended
}
