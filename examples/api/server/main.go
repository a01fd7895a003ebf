// Command server is an HTTP API that verifies Entra ID tokens for the application
// API_CLIENT_ID. TLS ends before it. docs/reuse.md has the commands for the Azure side.
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
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
)

func main() {
	if err := run(os.Getenv("AZURE_AUTHORITY_HOST")+os.Getenv("AZURE_TENANT_ID")+"/v2.0", os.Getenv("API_CLIENT_ID")); err != nil {
		log.Fatalf("server (are API_CLIENT_ID and the webhook's variables set?): %v", err)
	}
}

func run(issuer, audience string) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	provider, err := oidc.NewProvider(ctx, issuer)
	if err != nil || audience == "" {
		return cmp.Or(err, errors.New("no API_CLIENT_ID"))
	}
	verifier := provider.Verifier(&oidc.Config{ClientID: audience})
	server := &http.Server{Addr: cmp.Or(os.Getenv("API_ADDR"), ":8080"), Handler: orders(verifier), ReadHeaderTimeout: time.Minute}
	ended := make(chan error, 1)
	context.AfterFunc(ctx, func() { ended <- server.Shutdown(context.WithoutCancel(ctx)) })
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return <-ended
}

func orders(verifier *oidc.IDTokenVerifier) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var claims struct{ Roles []string }
		token, err := verifier.Verify(r.Context(), strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
		switch {
		case err != nil || token.Claims(&claims) != nil:
			w.Header().Set("WWW-Authenticate", "Bearer")
			http.Error(w, "a token for this API is needed", http.StatusUnauthorized)
		case !slices.Contains(claims.Roles, "Orders.Read"):
			http.Error(w, "the app role Orders.Read is needed", http.StatusForbidden)
		default:
			fmt.Fprintln(w, "no orders today")
		}
	}
}
