package main

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/workload-identity-quickstart/msal-go/examples/internal/standin"
	"github.com/workload-identity-quickstart/msal-go/internal/localazure"
)

func TestMain(m *testing.M) { standin.Main(m, main) }

// answer is Blob Storage with the container photos, which may be listed, in two
// pages, and the container private, which may not.
func answer(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	w.Header().Set("Content-Type", "application/xml")
	switch {
	case query.Get("restype") != "container" || query.Get("comp") != "list" || r.Header.Get("x-ms-version") == "":
		http.Error(w, "not a request for a list", http.StatusBadRequest)
	case r.URL.Path == "/private":
		w.Header().Set("x-ms-error-code", "AuthorizationPermissionMismatch")
		w.WriteHeader(http.StatusForbidden)
		_, _ = io.WriteString(w, `<Error><Code>AuthorizationPermissionMismatch</Code><Message>This request is not authorized to perform this operation using this permission.</Message></Error>`)
	case r.URL.Path != "/photos":
		http.Error(w, "no such container", http.StatusNotFound)
	case query.Get("marker") == "":
		_, _ = io.WriteString(w, page("a.jpg", "1024", "next"))
	default:
		_, _ = io.WriteString(w, page("b.jpg", "0", ""))
	}
}

func page(name, size, next string) string {
	return `<EnumerationResults><Blobs><Blob><Name>` + name + `</Name><Properties><Content-Length>` + size +
		`</Content-Length></Properties></Blob></Blobs><NextMarker>` + next + `</NextMarker></EnumerationResults>`
}

func TestBlob(t *testing.T) {
	const url, account = "STORAGE_URL=https://myaccount.blob.core.windows.net/", "myaccount.blob.core.windows.net"
	tests := []struct {
		name      string
		lifetime  time.Duration // of tokens
		variables []string
		want      string // on standard output, else in the error
	}{
		{"listed", time.Hour, []string{url, "STORAGE_CONTAINER=photos"}, "a.jpg (1024 bytes)\nb.jpg (0 bytes)\n"},
		{"no role", time.Hour, []string{url, "STORAGE_CONTAINER=private"}, "role Storage Blob Data Reader"},
		{"no container", time.Hour, []string{url, "STORAGE_CONTAINER=other"}, "list container other"},
		{"expired token", time.Nanosecond, []string{url, "STORAGE_CONTAINER=photos"}, "oidc: token is expired"},
		{"no variables", time.Hour, []string{url, "STORAGE_CONTAINER="}, "STORAGE_CONTAINER"},
		{"no identity", time.Hour, []string{url, "STORAGE_CONTAINER=photos", "AZURE_CLIENT_ID="}, "not set: AZURE_CLIENT_ID"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			storage := &standin.Service{Audience: "https://storage.azure.com", Answer: http.HandlerFunc(answer)}
			storage.Start(t, account, localazure.SandboxConfig{AccessTokenLifetime: test.lifetime})
			stdout, stderr, err := standin.Run(t, test.variables...)
			if listed := err == nil && stdout == test.want; !listed && (err == nil || !strings.Contains(stderr, test.want)) {
				t.Errorf("%v: %q, %q, want %q", err, stdout, stderr, test.want)
			}
		})
	}
}
