package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/workload-identity-quickstart/msal-go/examples/internal/standin"
	"github.com/workload-identity-quickstart/msal-go/internal/localazure"
)

func TestMain(m *testing.M) { standin.Main(m, main) }

// start starts a server with the role quick-start, and an Azure that it believes.
func start(t *testing.T, lifetime time.Duration) (sandbox *localazure.Sandbox, url func(role string) string) {
	t.Helper()
	s := &server{role: "quick-start", service: &standin.Service{Audience: "https://ossrdbms-aad.database.windows.net"}}
	sandbox = s.service.Start(t, "", localazure.SandboxConfig{AccessTokenLifetime: lifetime})
	address := s.listen(t)
	ca := filepath.Join(t.TempDir(), "ca.crt")
	if err := os.WriteFile(ca, s.caPEM, 0o600); err != nil {
		t.Fatal(err)
	}
	return sandbox, func(role string) string {
		return "postgres://" + role + "@" + address + "/postgres?sslmode=verify-full&sslrootcert=" + ca
	}
}

func TestPostgres(t *testing.T) {
	tests := []struct {
		name     string
		lifetime time.Duration // of tokens
		url      func(url string) string
		want     string // on standard output, else in the error
	}{
		{"logged in", time.Hour, nil, "logged in as quick-start\n"},
		{"expired token", time.Nanosecond, nil, "oidc: token is expired"},
		{"no role", time.Hour, func(url string) string { return strings.Replace(url, "quick-start", "nobody", 1) }, `role "nobody" does not exist`},
		{"other certificate", time.Hour, func(url string) string { url, _, _ = strings.Cut(url, "&"); return url }, "x509: certificate signed by unknown authority"},
		{"unverified TLS", time.Hour, func(url string) string { return strings.Replace(url, "verify-full", "require", 1) }, "must end in sslmode=verify-full"},
		{"no TLS", time.Hour, func(url string) string { return strings.Replace(url, "verify-full", "disable", 1) }, "must end in sslmode=verify-full"},
		{"no URL", time.Hour, func(string) string { return "x" }, "DATABASE_URL"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, url := start(t, test.lifetime)
			database := url("quick-start")
			if test.url != nil {
				database = test.url(database)
			}
			stdout, stderr, err := standin.Run(t, "DATABASE_URL="+database)
			if in := err == nil && stdout == test.want; !in && (err == nil || !strings.Contains(stderr, test.want)) {
				t.Errorf("%v: %q, %q, want %q", err, stdout, stderr, test.want)
			}
			if strings.Contains(stderr, "eyJ") {
				t.Error("the log has a token")
			}
		})
	}
}

// TestServerRefuses checks that the stand-in takes tokens for PostgreSQL alone.
func TestServerRefuses(t *testing.T) {
	sandbox, url := start(t, time.Hour)
	for _, test := range []struct{ password, want string }{
		{standin.Token(t, sandbox, "https://ossrdbms-aad.database.windows.net/.default"), ""},
		{standin.Token(t, sandbox, "https://storage.azure.com/.default"), "expected audience"},
		{"hunter2", "malformed jwt"},
		{"", "malformed jwt"},
	} {
		config, err := pgx.ParseConfig(url("quick-start"))
		if err != nil {
			t.Fatal(err)
		}
		config.Password = test.password
		conn, err := pgx.ConnectConfig(t.Context(), config)
		if err == nil {
			_ = conn.Close(t.Context())
		}
		if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("got %v, want %q", err, test.want)
		}
	}
}
