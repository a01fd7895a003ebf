package keyvault

import (
	"errors"
	"io"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/workload-identity-quickstart/msal-go/internal/localazure"
	"github.com/workload-identity-quickstart/msal-go/internal/test/fakeazure"
	"github.com/workload-identity-quickstart/msal-go/pkg/tokencredential"
)

func newVault(t *testing.T, sandbox *localazure.Sandbox) *Vault {
	t.Helper()
	options := azcore.ClientOptions{
		Transport: fakeazure.Client(t, sandbox),
		Retry:     policy.RetryOptions{MaxRetries: -1},
	}
	credential, err := tokencredential.New(&tokencredential.Options{ClientOptions: options})
	if err != nil {
		t.Fatal(err)
	}
	vault, err := New(os.Getenv("KEYVAULT_URL"), credential, &options)
	if err != nil {
		t.Fatal(err)
	}
	return vault
}

func TestSecret(t *testing.T) {
	vault := newVault(t, fakeazure.Start(t, localazure.SandboxConfig{}))
	secret, err := vault.Secret(t.Context(), "my-secret")
	if err != nil {
		t.Fatal(err)
	}
	if secret.Value != "Hello!" {
		t.Errorf("value is %q", secret.Value)
	}
	if !regexp.MustCompile(`^[0-9a-f]{32}$`).MatchString(secret.Version) {
		t.Errorf("version is %q", secret.Version)
	}
}

func TestSecretErrors(t *testing.T) {
	respond := func(status int, contentType, body string) localazure.Intercept {
		return func(w http.ResponseWriter, r *http.Request) bool {
			if !strings.HasSuffix(r.Host, ".vault.azure.net") || r.Header.Get("Authorization") == "" {
				return false
			}
			w.Header().Set("Content-Type", contentType)
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
			return true
		}
	}
	tests := []struct {
		name       string
		secret     string
		intercept  localazure.Intercept
		wantStatus int // of the ResponseError; 0 for another error
		want       string
	}{
		{name: "not found", secret: "other", wantStatus: 404, want: "HTTP 404 Not Found, SecretNotFound: A secret with (name/id) other"},
		{name: "no value", secret: "my-secret", intercept: respond(200, "application/json", `{}`), want: "is this the address of a Key Vault?"},
		{name: "null", secret: "my-secret", intercept: respond(200, "application/json", `null`), want: "is this the address of a Key Vault?"},
		{name: "value without ID", secret: "my-secret", intercept: respond(200, "application/json", `{"value":"s3cr3t"}`), want: "is this the address of a Key Vault?"},
		{name: "page", secret: "my-secret", intercept: respond(200, "text/html", `<html>s3cr3t`), want: "unmarshalling"},
		{name: "denied", secret: "my-secret", intercept: respond(403, "application/json", `{"error":{"code":"Forbidden","message":"No.\r\nNever.","innererror":{"code":"ForbiddenByRbac"}}}`),
			wantStatus: 403, want: "HTTP 403 Forbidden, Forbidden/ForbiddenByRbac: No. Never."},
		{name: "server error", secret: "my-secret", intercept: respond(500, "text/plain", "down"), wantStatus: 500, want: "500"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			sandbox := fakeazure.Start(t, localazure.SandboxConfig{Intercept: test.intercept})
			secret, err := newVault(t, sandbox).Secret(t.Context(), test.secret)
			if err == nil {
				t.Fatalf("got version %s without an error", secret.Version)
			}
			for _, want := range []string{test.want, test.secret, os.Getenv("KEYVAULT_URL")} {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error does not say %q: %v", want, err)
				}
			}
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("error has several lines: %v", err)
			}
			if strings.Contains(err.Error(), "s3cr3t") {
				t.Errorf("error quotes the response: %v", err)
			}
			var responseErr *azcore.ResponseError
			if errors.As(err, &responseErr) != (test.wantStatus != 0) || responseErr != nil && responseErr.StatusCode != test.wantStatus {
				t.Errorf("got %v, want status %d", err, test.wantStatus)
			}
		})
	}
}

func TestChallengesThatAreNone(t *testing.T) {
	for _, challenge := range []string{
		"", "Bearer", "Basic realm=x", `Bearer authorization="", resource="https://vault.azure.net"`,
		`Bearer authorization="x", resource="https://vault.azure.net"`,
		`Bearer authorization="https://login.microsoftonline.com", resource="https://vault.azure.net"`,
		`Bearer authorBearer ization="x", resource="https://vault.azure.net"`, `Bearer authorization=/ resource=`, `Bearer authorization="https://login.microsoftonline.com/t"`,
		`Bearer authorization="https://login.microsoftonline.com/t", resource="https://other.example"`,
	} {
		t.Run(challenge, func(t *testing.T) {
			sandbox := fakeazure.Start(t, localazure.SandboxConfig{Intercept: func(w http.ResponseWriter, r *http.Request) bool {
				if !strings.HasSuffix(r.Host, ".vault.azure.net") {
					return false
				}
				w.Header().Set("WWW-Authenticate", challenge)
				w.WriteHeader(http.StatusUnauthorized)
				return true
			}})
			if _, err := newVault(t, sandbox).Secret(t.Context(), "my-secret"); err == nil {
				t.Error("a secret was read")
			}
		})
	}
}
