package doctor

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptrace"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/workload-identity-quickstart/msal-go/internal/diagnose"
	"github.com/workload-identity-quickstart/msal-go/internal/localazure"
	"github.com/workload-identity-quickstart/msal-go/internal/localazure/issuer"
	"github.com/workload-identity-quickstart/msal-go/internal/test/fakeazure"
)

func examine(t *testing.T, sandbox *localazure.Sandbox) []Result {
	t.Helper()
	return Examine(t.Context(), os.Getenv, azcore.ClientOptions{
		Transport: fakeazure.Client(t, sandbox), Retry: policy.RetryOptions{MaxRetries: -1},
	})
}

func TestExamine(t *testing.T) {
	const c, f, e, k, v = diagnose.LinkConfiguration, diagnose.LinkTokenFile, diagnose.LinkEntra, diagnose.LinkFederation, diagnose.LinkVault
	expired := issuer.TokenOptions{NotBefore: time.Now().Add(-2 * time.Hour), Lifetime: time.Hour}
	tests := []struct {
		name   string
		config localazure.SandboxConfig
		token  *issuer.TokenOptions
		env    map[string]string
		states []State // of c, f, e, k, v
		broken diagnose.Link
		fix    string
	}{
		{name: "healthy", states: []State{OK, OK, OK, OK, OK}},
		{name: "no variables", env: map[string]string{"AZURE_CLIENT_ID": "", "AZURE_TENANT_ID": "", "AZURE_FEDERATED_TOKEN_FILE": ""},
			states: []State{Failed, Skipped, Skipped, Skipped, Skipped}, broken: c, fix: "kubectl"},
		{name: "no secret name", env: map[string]string{"SECRET_NAME": ""}, states: []State{Failed, Skipped, Skipped, Skipped, Skipped}, broken: c, fix: "keyvault.secretName"},
		{name: "no token file", env: map[string]string{"AZURE_FEDERATED_TOKEN_FILE": "/nonexistent"},
			states: []State{OK, Failed, Skipped, Skipped, Skipped}, broken: f, fix: "kubectl"},
		{name: "unknown tenant", env: map[string]string{"AZURE_TENANT_ID": "99999999-9999-9999-9999-999999999999"},
			states: []State{OK, OK, Failed, Skipped, Skipped}, broken: e, fix: "az "},
		{name: "no federated credential", config: localazure.SandboxConfig{NoFederatedCredential: true},
			states: []State{OK, OK, OK, Failed, Skipped}, broken: k, fix: "az identity federated-credential create"},
		{name: "audience", token: &issuer.TokenOptions{Audience: "api://other"}, states: []State{OK, Warned, OK, Failed, Skipped}, broken: k, fix: " "},
		{name: "expired", token: &expired, states: []State{OK, Warned, OK, Failed, Skipped}, broken: k, fix: " "},
		{name: "denied", config: localazure.SandboxConfig{DenySecret: localazure.DenyRBAC}, states: []State{OK, OK, OK, OK, Failed}, broken: v, fix: "az role assignment create"},
		{name: "no secret", env: map[string]string{"SECRET_NAME": "other"}, states: []State{OK, OK, OK, OK, Failed}, broken: v, fix: "az keyvault secret"},
		{name: "identity binding", config: localazure.SandboxConfig{IdentityBinding: true}, states: []State{OK, OK, OK, OK, OK}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			sandbox := fakeazure.Start(t, test.config)
			if test.token != nil {
				if err := sandbox.WriteToken(*test.token); err != nil {
					t.Fatal(err)
				}
			}
			for name, value := range test.env {
				t.Setenv(name, value)
			}
			results := examine(t, sandbox)
			var states []State
			for _, r := range results {
				states = append(states, r.State)
				if r.State == Failed && (r.Link != test.broken || r.Cause == "" || !strings.Contains(r.Fix, test.fix)) {
					t.Errorf("%s failed: %s; fix: %s", r.Link, r.Cause, r.Fix)
				}
				if r.Detail == "" || (r.State == Warned && (r.Cause == "" || r.Fix == "")) {
					t.Errorf("%s has no text: %+v", r.Link, r)
				}
			}
			if !reflect.DeepEqual(states, test.states) {
				t.Errorf("states %q, want %q", states, test.states)
			}
			if detail := results[3].Detail; results[3].State == OK &&
				!strings.Contains(detail, "of app "+localazure.ClientID+" in tenant "+localazure.TenantID) {
				t.Errorf("the access token's app and tenant are not shown: %s", detail)
			}
			if Healthy(results) != (test.broken == "") {
				t.Errorf("healthy: %t", Healthy(results))
			}
			expectNoSecrets(t, results)
		})
	}
}

// The doctor checks the token that the service uses, so one exchange is enough.
func TestOneExchange(t *testing.T) {
	sandbox := fakeazure.Start(t, localazure.SandboxConfig{})
	if results := examine(t, sandbox); !Healthy(results) {
		t.Fatalf("got %+v", results)
	}
	if n := fakeazure.Exchanges(sandbox); n != 1 {
		t.Errorf("%d exchanges", n)
	}
}

func TestReadsItsGetenvOnly(t *testing.T) {
	sandbox := fakeazure.Start(t, localazure.SandboxConfig{})
	env := make(map[string]string)
	for _, variable := range os.Environ() {
		name, value, _ := strings.Cut(variable, "=")
		if strings.HasPrefix(name, "AZURE_") || name == "KEYVAULT_URL" || name == "SECRET_NAME" {
			env[name] = value
			t.Setenv(name, "")
		}
	}
	results := Examine(t.Context(), func(name string) string { return env[name] }, azcore.ClientOptions{Transport: fakeazure.Client(t, sandbox)})
	if !Healthy(results) {
		t.Errorf("got %+v", results)
	}
}

// A host to which no connection can be made is named, with the address.
func TestUnreachableHostIsNamed(t *testing.T) {
	fakeazure.Start(t, localazure.SandboxConfig{})
	tests := []struct {
		name   string
		dial   func(ctx context.Context, network string) (net.Conn, error)
		within time.Duration
		want   string
	}{
		{"dropped packets", func(ctx context.Context, network string) (net.Conn, error) {
			httptrace.ContextClientTrace(ctx).ConnectStart(network, "10.0.0.4:443")
			<-ctx.Done()
			return nil, ctx.Err()
		}, 15 * time.Second, "no response from login.microsoftonline.com:443 (Entra ID) within 10s, waiting for a connection to 10.0.0.4:443"},
		{"refused", func(context.Context, string) (net.Conn, error) {
			return nil, &net.OpError{Op: "dial", Net: "tcp", Addr: &net.TCPAddr{IP: net.IPv4(10, 0, 0, 4), Port: 443}, Err: syscall.ECONNREFUSED}
		}, time.Second, "dial tcp 10.0.0.4:443: connection refused"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				transport := &http.Transport{DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) { return test.dial(ctx, network) }}
				defer transport.CloseIdleConnections()
				start := time.Now()
				results := Examine(t.Context(), os.Getenv, azcore.ClientOptions{Transport: &http.Client{Transport: transport}})
				if took := time.Since(start); took > test.within {
					t.Errorf("took %s", took)
				}
				entra := results[2]
				if entra.State != Failed || !strings.Contains(entra.Detail, test.want) || !strings.Contains(entra.Cause, "login.microsoftonline.com") {
					t.Errorf("got %+v, want %s", entra, test.want)
				}
			})
		})
	}
}

func expectNoSecrets(t *testing.T, results []Result) {
	t.Helper()
	text := fmt.Sprintf("%+v", results)
	if strings.Contains(text, "eyJ") || strings.Contains(text, localazure.SecretValue) {
		t.Errorf("a token or the secret's value is shown:\n%s", text)
	}
}

func TestHostileClaimsArePrintable(t *testing.T) {
	sandbox := fakeazure.Start(t, localazure.SandboxConfig{})
	subject := "a\x1b[31m\tb\nc\xff" + strings.Repeat("x", 1000)
	if err := sandbox.WriteToken(issuer.TokenOptions{Subject: subject}); err != nil {
		t.Fatal(err)
	}
	for _, r := range examine(t, sandbox) {
		for _, text := range []string{r.Detail, r.Cause, r.Fix} {
			if strings.ContainsAny(text, "\x1b\t\n") || len(text) > 2000 {
				t.Errorf("%s shows %q", r.Link, text)
			}
		}
	}
}

func TestFixOfAWarningIsSafeToPaste(t *testing.T) {
	sandbox := fakeazure.Start(t, localazure.SandboxConfig{})
	if err := sandbox.WriteToken(issuer.TokenOptions{Audience: "api://other"}); err != nil {
		t.Fatal(err)
	}
	for hostname, want := range map[string]string{"quick-start": "get pod quick-start ", "": "get pod POD_NAME ", "a; reboot": "get pod 'a; reboot' "} {
		t.Setenv("HOSTNAME", hostname)
		if warning := examine(t, sandbox)[1]; warning.State != Warned || !strings.Contains(warning.Fix, want) {
			t.Errorf("pod %q: %s, fix %q, want %q in it", hostname, warning.State, warning.Fix, want)
		}
	}
}

var sample = []Result{
	{Link: "configuration", State: OK, Detail: "client ID c"},
	{Link: "Key Vault", State: Failed, Detail: "no secret", Cause: "it is denied", Fix: "az something"},
}

func TestPrintTable(t *testing.T) {
	var plain, colored strings.Builder
	if err := PrintTable(&plain, sample, false); err != nil {
		t.Fatal(err)
	}
	want := "configuration  ok      client ID c\n" +
		"Key Vault      failed  no secret\n" +
		"                       cause: it is denied\n" +
		"                       fix:   az something\n"
	if plain.String() != want {
		t.Errorf("got\n%swant\n%s", plain.String(), want)
	}
	if err := PrintTable(&colored, sample, true); err != nil {
		t.Fatal(err)
	}
	if uncolored := strings.NewReplacer("\x1b[32m", "", "\x1b[31m", "", "\x1b[0m", "").Replace(colored.String()); uncolored != want {
		t.Errorf("colors shift the table:\n%q", colored.String())
	}
	if !strings.Contains(colored.String(), "\x1b[31mfailed\x1b[0m") {
		t.Errorf("no color: %q", colored.String())
	}
}

func TestPrintJSON(t *testing.T) {
	file := filepath.Join(t.TempDir(), "out")
	out, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := PrintJSON(out, sample); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var got []Result
	if err := json.Unmarshal(content, &got); err != nil || !reflect.DeepEqual(got, sample) {
		t.Errorf("got %+v, error %v", got, err)
	}
}
