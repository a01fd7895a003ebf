package diagnose

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/workload-identity-quickstart/msal-go/internal/keyvault"
	"github.com/workload-identity-quickstart/msal-go/internal/localazure"
	"github.com/workload-identity-quickstart/msal-go/internal/localazure/cloud"
	"github.com/workload-identity-quickstart/msal-go/internal/localazure/issuer"
	"github.com/workload-identity-quickstart/msal-go/internal/test/fakeazure"
)

// readSecret does what the workload does, with the test's environment.
func readSecret(ctx context.Context, transport policy.Transporter) error {
	options := azcore.ClientOptions{Transport: transport, Retry: policy.RetryOptions{MaxRetries: -1}}
	credential, err := newCredential(transport)
	if err != nil {
		return err
	}
	vault, err := keyvault.New(os.Getenv("KEYVAULT_URL"), credential, &options)
	if err != nil {
		return err
	}
	_, err = vault.Secret(ctx, os.Getenv("SECRET_NAME"))
	return err
}

// explained reads the secret, which must fail, and explains the failure.
func explained(t *testing.T, transport policy.Transporter) Explanation {
	t.Helper()
	err := readSecret(t.Context(), transport)
	if err == nil {
		t.Fatal("the secret was read, so there is nothing to explain")
	}
	return Explain(err, Gather(os.Getenv))
}

func check(t *testing.T, got Explanation, id string, want ...string) {
	t.Helper()
	if got.ID != id {
		t.Errorf("ID is %q, want %q: %s", got.ID, id, got.Cause)
	}
	for _, want := range want {
		if !strings.Contains(got.Cause+"\n"+got.Fix, want) {
			t.Errorf("neither cause nor fix has %q:\n%s\n%s", want, got.Cause, got.Fix)
		}
	}
	if strings.Contains(got.Cause+got.Fix, "(unknown)") {
		t.Errorf("a value is missing:\n%s\n%s", got.Cause, got.Fix)
	}
}

// respond intercepts requests to hosts that contain part and, at a vault, are past
// the challenge.
func respond(part string, status int, contentType, body string) localazure.Intercept {
	return func(w http.ResponseWriter, r *http.Request) bool {
		if !strings.Contains(r.Host, part) || strings.Contains(part, "vault") && r.Header.Get("Authorization") == "" {
			return false
		}
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
		return true
	}
}

// entraRejects rejects at the token endpoint as Entra ID does.
func entraRejects(status, code int, text string) localazure.Intercept {
	body, _ := json.Marshal(map[string]any{
		"error": "invalid_client", "error_description": text, "error_codes": []int{code},
		"trace_id": "trace-1", "timestamp": "2026-11-23 17:16:33Z",
	})
	return func(w http.ResponseWriter, r *http.Request) bool {
		return strings.HasSuffix(r.URL.Path, "/token") && respond("login.", status, "application/json", string(body))(w, r)
	}
}

// vaultRejects rejects as Key Vault does.
func vaultRejects(status int, code, inner, text string) localazure.Intercept {
	body, _ := json.Marshal(map[string]any{"error": map[string]any{
		"code": code, "message": text, "innererror": map[string]string{"code": inner},
	}})
	return respond(".vault.", status, "application/json", string(body))
}

func TestTokenFile(t *testing.T) {
	dir := t.TempDir()
	file := func(name, content string, mode os.FileMode) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	tests := []struct{ name, id, path string }{
		{"absent", "token-file-missing", filepath.Join(dir, "absent")},
		{"unreadable", "token-file-unreadable", file("locked", "x", 0)},
		{"empty", "token-file-empty", file("empty", "\n", 0o600)},
		{"not a token", "token-file-not-a-token", file("other", "hunter2", 0o600)},
		{"directory", "token-file-not-a-token", dir},
		{"too large", "token-file-not-a-token", file("large", strings.Repeat("a", maxTokenSize+1), 0o600)},
		{"name too long", "token-file-failed", filepath.Join(dir, strings.Repeat("a", 300))}, // longer than a name may be
	}
	sandbox := fakeazure.Start(t, localazure.SandboxConfig{})
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if test.id == "token-file-unreadable" && os.Geteuid() == 0 {
				t.Skip("root may read every file")
			}
			t.Setenv("AZURE_FEDERATED_TOKEN_FILE", test.path)
			got := explained(t, fakeazure.Client(t, sandbox))
			check(t, got, test.id, dir)
			if strings.Contains(got.Cause+got.Fix, "hunter2") {
				t.Error("the file's content is shown")
			}
		})
	}
}

func TestToken(t *testing.T) {
	now := time.Now()
	tests := []struct {
		id    string
		cfg   localazure.SandboxConfig
		token issuer.TokenOptions
		want  []string
	}{
		{id: "credential-none", cfg: localazure.SandboxConfig{NoFederatedCredential: true},
			want: []string{localazure.ClientID, "--subject " + issuer.DefaultSubject, "--audiences api://AzureADTokenExchange"}},
		{id: "issuer-mismatch", token: issuer.TokenOptions{Claims: map[string]any{"iss": "https://other.example/"}},
			want: []string{localazure.ClientID, "--issuer https://other.example/", "--subject " + issuer.DefaultSubject}},
		{id: "subject-mismatch", token: issuer.TokenOptions{Subject: "system:serviceaccount:shop:cart"},
			want: []string{"--subject system:serviceaccount:shop:cart"}},
		{id: "subject-case", token: issuer.TokenOptions{Subject: strings.ToUpper(issuer.DefaultSubject)},
			want: []string{strings.ToUpper(issuer.DefaultSubject)}},
		{id: "token-audience", token: issuer.TokenOptions{Audience: "https://kubernetes.default.svc"},
			want: []string{"https://kubernetes.default.svc"}},
		{id: "audience-mismatch", token: issuer.TokenOptions{Audience: "api://AzureADTokenExchangeChina"},
			want: []string{"--audiences api://AzureADTokenExchangeChina"}},
		{id: "token-expired", token: issuer.TokenOptions{NotBefore: now.Add(-2 * time.Hour)},
			want: []string{"expired at " + now.Add(-time.Hour).UTC().Format(time.RFC3339), "Entra ID's clock says 20"}},
		{id: "token-not-yet-valid", token: issuer.TokenOptions{NotBefore: now.Add(time.Hour)},
			want: []string{"issued at " + now.Add(time.Hour).UTC().Format(time.RFC3339), "curl --silent --head https://127.0.0.1:"}},
		{id: "token-legacy", token: issuer.TokenOptions{Claims: map[string]any{"iss": "kubernetes/serviceaccount", "aud": nil, "exp": nil}},
			want: []string{"kubernetes/serviceaccount"}},
		{id: "token-malformed", token: issuer.TokenOptions{Claims: map[string]any{"aud": nil}}, want: []string{"AADSTS90014"}},
		{id: "signature-rejected", token: issuer.TokenOptions{ForeignKey: true}, want: []string{"/.well-known/openid-configuration"}},
		{id: "identity-binding-missing", cfg: localazure.SandboxConfig{IdentityBinding: true, NoFederatedCredential: true},
			want: []string{"az aks identity-binding create", issuer.DefaultSubject}},
	}
	plain := fakeazure.Start(t, localazure.SandboxConfig{})
	for _, test := range tests {
		t.Run(test.id, func(t *testing.T) {
			sandbox := plain
			if test.cfg.NoFederatedCredential {
				sandbox = fakeazure.Start(t, test.cfg)
			}
			if err := sandbox.WriteToken(test.token); err != nil {
				t.Fatal(err)
			}
			if test.id == "credential-none" {
				test.want = append(test.want, "--issuer "+sandbox.Issuer().URL())
			}
			check(t, explained(t, fakeazure.Client(t, sandbox)), test.id, test.want...)
		})
	}
}

func TestIssuerUnreachable(t *testing.T) {
	sandbox := fakeazure.Start(t, localazure.SandboxConfig{})
	if err := sandbox.Issuer().Close(); err != nil {
		t.Fatal(err)
	}
	check(t, explained(t, fakeazure.Client(t, sandbox)), "issuer-unreachable",
		"curl --fail --show-error "+sandbox.Issuer().URL()+".well-known/openid-configuration")
}

func TestAnswers(t *testing.T) {
	page := "<html>Access denied by policy</html>"
	other := "44444444-4444-4444-4444-444444444444"
	rbac := []string{"--assignee-object-id " + localazure.ObjectID, "--role 'Key Vault Secrets User'", "--name " + localazure.VaultName}
	intercept := func(i localazure.Intercept) localazure.SandboxConfig { return localazure.SandboxConfig{Intercept: i} }
	plain := fakeazure.Start(t, localazure.SandboxConfig{})
	tests := []struct {
		name, id string
		cfg      localazure.SandboxConfig
		env      map[string]string
		want     []string
	}{
		{"application", "application-unknown", intercept(nil), map[string]string{"AZURE_CLIENT_ID": other}, []string{other, "az identity list"}},
		{"tenant", "tenant-unknown", intercept(entraRejects(400, 90002, "AADSTS90002: Tenant not found.")), nil, []string{localazure.TenantID}},
		{"cloud", "cloud-mismatch", localazure.SandboxConfig{Cloud: cloud.USGovernment()},
			map[string]string{"AZURE_AUTHORITY_HOST": "https://login.microsoftonline.com/"}, []string{"vault.usgovcloudapi.net", "login.microsoftonline.com"}},
		{"old", "credential-missing", intercept(entraRejects(400, 70021, "AADSTS70021: No matching federated identity record found.")), nil, []string{"az identity federated-credential create"}},
		{"resource", "resource-unknown", intercept(entraRejects(400, 500011, "AADSTS500011: The resource principal was not found.")), nil, []string{"az cloud list"}},
		{"disabled", "application-disabled", intercept(entraRejects(401, 7000112, "AADSTS7000112: Application is disabled.")), nil, []string{"--id " + localazure.ClientID}},
		{"secret", "client-secret", intercept(entraRejects(401, 7000215, "AADSTS7000215: Invalid client secret provided.")), nil, []string{"AADSTS7000215"}},
		{"policy", "conditional-access", intercept(entraRejects(400, 53003, "AADSTS53003: Access has been blocked.")), nil, []string{"trace ID trace-1"}},
		{"instance", "cloud-mismatch", intercept(entraRejects(400, 50049, "AADSTS50049: Unknown or invalid instance.")), nil, nil},
		{"throttled", "entra-throttled", intercept(entraRejects(429, 50196, "AADSTS50196: slow down")), nil, []string{"AADSTS50196"}},
		{"down", "entra-unavailable", intercept(entraRejects(503, 90033, "AADSTS90033: A transient error has occurred.")), nil, []string{"HTTP 503"}},
		{"new", "entra-rejected", intercept(entraRejects(400, 123456, "AADSTS123456: Something new.")), nil,
			[]string{"AADSTS123456: Something new.", "trace-1", "https://login.microsoftonline.com/error?code=123456"}},
		{"proxy before Entra ID", "proxy-response", intercept(respond("login.", 403, "text/html", page)), nil, []string{"in place of Entra ID", "HTTP 403", "https://login.microsoftonline.com/"}},
		{"portal before Entra ID", "proxy-response", intercept(respond("login.", 200, "text/html", page)), nil, []string{"in place of Entra ID"}},

		{"role", "vault-role-missing", localazure.SandboxConfig{DenySecret: localazure.DenyRBAC}, nil, rbac},
		{"access policy", "vault-policy-missing", localazure.SandboxConfig{DenySecret: localazure.DenyAccessPolicy}, nil, []string{"--object-id " + localazure.ObjectID}},
		{"firewall", "vault-firewall", intercept(vaultRejects(403, "Forbidden", "ForbiddenByFirewall",
			"Client address is not authorized and caller is not a trusted service.\r\nClient address: 20.1.2.3\r\nCaller: appid=a")), nil, []string{"--ip-address 20.1.2.3"}},
		{"private", "vault-private", intercept(vaultRejects(403, "Forbidden", "ForbiddenByConnection", "Public network access is disabled.")), nil, []string{"private-endpoint create", "private-dns link vnet create"}},
		{"forbidden", "vault-forbidden", intercept(vaultRejects(403, "Forbidden", "ForbiddenByOther", "No.")), nil, []string{"Forbidden: No."}},
		{"no secret", "secret-not-found", intercept(nil), map[string]string{"SECRET_NAME": "other"}, []string{"no secret other", "list-deleted --vault-name " + localazure.VaultName}},
		{"deleted", "secret-deleted", intercept(vaultRejects(409, "Conflict", "ObjectIsDeletedButRecoverable", "deleted")), nil, []string{"recover --vault-name"}},
		{"vault's tenant", "vault-tenant", intercept(vaultRejects(401, "Unauthorized", "", "AKV10032: Invalid issuer.")), nil, []string{localazure.TenantID}},
		{"challenge's tenant", "vault-tenant", intercept(challenge(`Bearer authorization="https://login.microsoftonline.com/` + other + `", resource="https://vault.azure.net"`)), nil, []string{localazure.TenantID}},
		{"audience", "vault-audience", intercept(vaultRejects(401, "Unauthorized", "", "AKV10022: Invalid audience.")), nil, nil},
		{"token", "vault-token-key", intercept(vaultRejects(401, "Unauthorized", "", "AKV10046: no key")), nil, []string{"AKV10046"}},
		{"throttled vault", "vault-throttled", intercept(vaultRejects(429, "Throttled", "", "too many")), nil, nil},
		{"vault down", "vault-unavailable", intercept(vaultRejects(503, "ServiceUnavailable", "", "soon")), nil, []string{"HTTP 503"}},
		{"vault rejects", "vault-rejected", intercept(vaultRejects(400, "BadParameter", "", "The version is not recognized.")), nil, []string{"BadParameter: The version"}},
		{"no challenge", "not-a-vault", intercept(challenge("")), nil, []string{localazure.VaultName + ".vault.azure.net"}},
		{"odd challenge", "not-a-vault", intercept(challenge("Basic realm=x")), nil, nil},
		{"other challenge", "not-a-vault", intercept(challenge(`Bearer authorization="https://login.microsoftonline.com/x", resource="https://example.com"`)), nil, nil},
		{"page", "not-a-vault", intercept(respond(".vault.", 200, "text/html", page)), nil, nil},
		{"empty", "not-a-vault", intercept(respond(".vault.", 200, "application/json", "{}")), nil, nil},
		{"no page", "not-a-vault", intercept(respond(".vault.", 404, "text/html", page)), nil, nil},
		{"proxy before the vault", "proxy-response", intercept(respond(".vault.", 403, "text/html", page)), nil, []string{"in place of Key Vault", "HTTP 403"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			sandbox := plain
			if test.cfg.Cloud.Name != "" || test.cfg.DenySecret != localazure.DenyNothing {
				sandbox = fakeazure.Start(t, test.cfg)
			}
			sandbox.Server().SetIntercept(test.cfg.Intercept)
			for name, value := range test.env {
				t.Setenv(name, value)
			}
			check(t, explained(t, fakeazure.Client(t, sandbox)), test.id, test.want...)
		})
	}
}

// challenge responds to a vault's first request with the given challenge.
func challenge(header string) localazure.Intercept {
	return func(w http.ResponseWriter, r *http.Request) bool {
		if !strings.Contains(r.Host, ".vault.") {
			return false
		}
		if header != "" {
			w.Header().Set("WWW-Authenticate", header)
		}
		w.WriteHeader(http.StatusUnauthorized)
		return true
	}
}

func TestSecretDisabled(t *testing.T) {
	sandbox := fakeazure.Start(t, localazure.SandboxConfig{})
	if err := sandbox.Vault().Disable(localazure.SecretName); err != nil {
		t.Fatal(err)
	}
	check(t, explained(t, fakeazure.Client(t, sandbox)), "secret-disabled", "--name "+localazure.SecretName+" --enabled true")
}

func TestConfiguration(t *testing.T) {
	all := []string{"AZURE_CLIENT_ID", "AZURE_TENANT_ID", "AZURE_FEDERATED_TOKEN_FILE"}
	tests := []struct {
		id    string
		unset []string
		set   map[string]string
		want  []string
	}{
		{"webhook-not-applied", all, nil, []string{"azure.workload.identity/use", "kubectl get pod/POD_NAME "}},
		{"client-id-missing", all[:1], nil, []string{"kubectl annotate serviceaccount workload-identity-sa --namespace default", "client-id=CLIENT_ID"}},
		{"variables-missing", all[1:2], nil, []string{"AZURE_TENANT_ID is not set"}},
		{"variable-invalid", nil, map[string]string{"AZURE_TENANT_ID": "a/b"}, []string{`tenant ID "a/b"`}},
	}
	sandbox := fakeazure.Start(t, localazure.SandboxConfig{})
	for _, test := range tests {
		t.Run(test.id, func(t *testing.T) {
			t.Setenv("HOSTNAME", "")
			for _, name := range test.unset {
				t.Setenv(name, "")
			}
			for name, value := range test.set {
				t.Setenv(name, value)
			}
			got := explained(t, fakeazure.Client(t, sandbox))
			check(t, got, test.id, test.want...)
		})
	}
	got := Explain(errors.Join(errors.New("KEYVAULT_URL: not set"), errors.New("SECRET_NAME: not set")), Facts{})
	check(t, got, "setting-invalid", "KEYVAULT_URL: not set; SECRET_NAME: not set")
}
