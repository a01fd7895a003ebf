package localazure_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/workload-identity-quickstart/msal-go/internal/localazure"
	"github.com/workload-identity-quickstart/msal-go/internal/localazure/arm"
	"github.com/workload-identity-quickstart/msal-go/internal/localazure/issuer"
)

const armURL = "https://management.azure.com/subscriptions/" + localazure.SubscriptionID

// cli sends requests as a user or an application would.
type cli struct {
	*testing.T
	*http.Client
	s *localazure.Sandbox
}

func newCLI(t *testing.T, cfg localazure.SandboxConfig) *cli {
	t.Helper()
	s := startSandbox(t, cfg)
	client := s.Server().Client()
	t.Cleanup(client.CloseIdleConnections)
	return &cli{t, client, s}
}

// token is an access token of a client ID whose credential is the pod's token, or
// the error's description.
func (c *cli) token(clientID, scope string) (token, failure string) {
	c.Helper()
	assertion, err := os.ReadFile(c.s.TokenFile())
	if err != nil {
		c.Fatal(err)
	}
	resp, err := c.PostForm("https://"+loginHost+"/"+localazure.TenantID+"/oauth2/v2.0/token", url.Values{
		"grant_type": {"client_credentials"}, "client_id": {clientID}, "scope": {scope}, "client_assertion": {string(assertion)},
		"client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"},
	})
	if err != nil {
		c.Fatal(err)
	}
	defer resp.Body.Close()
	var body struct {
		AccessToken string `json:"access_token"`
		Description string `json:"error_description"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&body); err != nil {
		c.Fatal(err)
	}
	return body.AccessToken, body.Description
}

func (c *cli) send(token, method, target, body string) (int, string) {
	c.Helper()
	req, err := http.NewRequestWithContext(c.Context(), method, target, strings.NewReader(body))
	if err != nil {
		c.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", "application/json")
	resp, err := c.Do(req)
	if err != nil {
		return 0, err.Error()
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		c.Fatal(err)
	}
	return resp.StatusCode, string(raw)
}

// TestControlPlaneIsInEffect lets a pod in through nothing but requests to Azure
// Resource Manager, and keeps it out again.
func TestControlPlaneIsInEffect(t *testing.T) {
	c := newCLI(t, localazure.SandboxConfig{World: localazure.World{ControlPlane: localazure.ControlPlane{Role: "Owner"}}})
	admin, failure := c.token(localazure.ClientID, "https://management.azure.com/.default")
	if admin == "" {
		t.Fatal(failure)
	}
	arm := func(want int, method, path, version, body string) string {
		t.Helper()
		status, text := c.send(admin, method, armURL+path+"?api-version="+version, body)
		if status != want {
			t.Fatalf("%s %s: %d %s", method, path, status, text)
		}
		return text
	}
	arm(201, "PUT", "/resourceGroups/rg", "2021-04-01", `{"location":"eastus"}`)
	for _, namespace := range []string{"KeyVault", "ManagedIdentity"} {
		arm(200, "POST", "/providers/Microsoft."+namespace+"/register", "2021-04-01", "")
	}
	const identity, vault = "/resourceGroups/rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-one", "/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/kv-one"
	var created struct {
		Properties struct{ ClientID, PrincipalID string }
	}
	if err := json.Unmarshal([]byte(arm(201, "PUT", identity, "2023-01-31", `{"location":"eastus"}`)), &created); err != nil {
		t.Fatal(err)
	}
	const vaultScope = "https://vault.azure.net/.default"
	if _, failure := c.token(created.Properties.ClientID, vaultScope); !strings.Contains(failure, "AADSTS70025") {
		t.Errorf("without a credential: %s", failure)
	}
	arm(201, "PUT", identity+"/federatedIdentityCredentials/fic", "2023-01-31", `{"properties":{"issuer":"`+c.s.Issuer().URL()+`","subject":"`+issuer.DefaultSubject+
		`","audiences":["`+issuer.DefaultAudience+`"]}}`)
	pod, failure := c.token(created.Properties.ClientID, vaultScope)
	if pod == "" {
		t.Fatal(failure)
	}
	arm(200, "PUT", vault, "2023-07-01", `{"location":"eastus","properties":{"tenantId":"`+localazure.TenantID+`","sku":{"family":"A","name":"standard"},"enableRbacAuthorization":true}}`)
	secret := func(want int, part string) {
		t.Helper()
		if status, text := c.send(pod, "GET", "https://kv-one.vault.azure.net/secrets/s?api-version=7.4", ""); status != want || !strings.Contains(text, part) {
			t.Errorf("the pod gets %d %s, want %d … %s", status, text, want, part)
		}
	}
	secret(403, "ForbiddenByRbac")
	assignment := vault + "/providers/Microsoft.Authorization/roleAssignments/77777777-7777-4777-8777-777777777777"
	arm(201, "PUT", assignment, "2022-04-01", `{"properties":{"principalId":"`+created.Properties.PrincipalID+
		`","principalType":"ServicePrincipal","roleDefinitionId":"/providers/Microsoft.Authorization/roleDefinitions/4633458b-17de-408a-b874-0445c86b69e6"}}`)
	secret(404, "SecretNotFound")
	arm(200, "DELETE", assignment, "2022-04-01", "")
	secret(403, "ForbiddenByRbac")
	arm(202, "DELETE", "/resourceGroups/rg", "2021-04-01", "")
	if _, failure := c.token(created.Properties.ClientID, vaultScope); !strings.Contains(failure, "AADSTS700016") {
		t.Errorf("after the deletion: %s", failure)
	}
	if status, text := c.send(admin, "GET", "https://graph.microsoft.com/v1.0/applications", ""); status != 401 {
		t.Errorf("Graph with a token for ARM: %d %s", status, text)
	}
	token, _ := c.token(localazure.ClientID, "https://graph.microsoft.com/.default")
	if status, text := c.send(token, "GET", "https://graph.microsoft.com/v1.0/applications", ""); status != 403 || !strings.Contains(text, "Insufficient privileges") {
		t.Errorf("Graph without rights: %d %s", status, text)
	}
	if status, text := c.send(token, "GET", "https://graph.microsoft.com/v1.0/me", ""); status != 400 {
		t.Errorf("me of an application: %d %s", status, text)
	}
}

func TestFaults(t *testing.T) {
	var faults []*localazure.Fault
	for _, s := range []string{"before PUT management.azure.com/*/one", "after PUT *resourcegroups/two"} {
		f, err := localazure.ParseFault(s)
		if err != nil {
			t.Fatal(err)
		}
		faults = append(faults, f)
	}
	c := newCLI(t, localazure.SandboxConfig{Faults: faults, World: localazure.World{ControlPlane: localazure.ControlPlane{Role: "Owner"}}})
	token, _ := c.token(localazure.ClientID, "https://management.azure.com/.default")
	for group, want := range map[string][3]int{"one": {0, 404, 201}, "two": {0, 204, 200}} {
		target := armURL + "/resourceGroups/" + group + "?api-version=2021-04-01"
		first, _ := c.send(token, "PUT", target, `{"location":"eastus"}`)
		seen, _ := c.send(token, "HEAD", target, "")
		second, _ := c.send(token, "PUT", target, `{"location":"eastus"}`)
		if got := [3]int{first, seen, second}; got != want {
			t.Errorf("%s: %v, want %v", group, got, want)
		}
	}
	for _, bad := range []string{"", "PUT x", "during PUT x", "before PUT x y", "before PUT x -1"} {
		if _, err := localazure.ParseFault(bad); err == nil {
			t.Errorf("%q was accepted", bad)
		}
	}
}

// TestAzureCLI runs the tutorial's commands, and some of the scripts', with the real
// Azure CLI that the variable AZ names.
func TestAzureCLI(t *testing.T) {
	az := os.Getenv("AZ")
	if az == "" {
		t.Skip("AZ names no Azure CLI")
	}
	s := startSandbox(t, localazure.SandboxConfig{World: localazure.World{Empty: true, ControlPlane: localazure.ControlPlane{
		UserRole: "Owner", Cluster: arm.Cluster{Name: "myAKSCluster", Issuer: "https://issuer.example/"},
		Delays: map[arm.Delay]time.Duration{arm.ClusterChange: 500 * time.Millisecond, arm.GroupDeletion: 500 * time.Millisecond},
	}}})
	ctx, cancel := context.WithTimeout(t.Context(), 9*time.Minute)
	defer cancel()
	home := t.TempDir()
	run := func(command string) (string, string, int) {
		t.Helper()
		args := strings.Split(command, " ")
		for i := range args {
			args[i] = strings.ReplaceAll(args[i], "+", " ")
		}
		cmd := exec.CommandContext(ctx, az, args...)
		cmd.Env = append(append(os.Environ(), s.Environ()...), "AZURE_CONFIG_DIR="+home, "HOME="+home, "AZURE_CORE_COLLECT_TELEMETRY=false")
		var stdout, stderr bytes.Buffer
		cmd.Stdout, cmd.Stderr = &stdout, &stderr
		var exited *exec.ExitError
		if err := cmd.Run(); err != nil && !errors.As(err, &exited) {
			t.Fatal(err)
		}
		return strings.TrimSpace(stdout.String()), stderr.String(), cmd.ProcessState.ExitCode()
	}
	const rg, scope = " -g myResourceGroup", "/subscriptions/" + localazure.SubscriptionID + "/resourceGroups/myResourceGroup"
	var saved []string
	for _, step := range []struct {
		command string
		status  int
		want    string // of standard output, or in standard error on failure
		save    string
	}{
		{command: "login --use-device-code -o none"},
		{command: "account show --query user.name -o tsv", want: localazure.UserName},
		{command: "ad signed-in-user show --query id -o tsv", want: localazure.UserID},
		{command: "group exists -n myResourceGroup", want: "false"},
		{command: "group create --name myResourceGroup --location eastus --query properties.provisioningState -o tsv", want: "Succeeded"},
		{command: "feature register --namespace Microsoft.ContainerService --name EnableWorkloadIdentityPreview --query properties.state -o tsv", want: "Registered"},
		{command: "provider register --namespace Microsoft.ContainerService"},
		{command: "aks create" + rg + " -n myAKSCluster --node-count 1 --node-vm-size Standard_M128s --no-ssh-key", status: 1, want: "(BadRequest) The VM size of Standard_M128s is not allowed"},
		{command: "aks create" + rg + " -n myAKSCluster --node-count 1 --enable-oidc-issuer --enable-workload-identity --generate-ssh-keys -o none"},
		{command: "aks show -n myAKSCluster" + rg + " --query oidcIssuerProfile.issuerUrl -otsv", want: "https://issuer.example/"},
		{command: "aks get-credentials -n myAKSCluster" + rg},
		{command: "keyvault create --resource-group myResourceGroup --location eastus --name azwi-kv-tutorial -o none"},
		{command: "keyvault secret set --vault-name azwi-kv-tutorial --name my-secret --value Hello! --query value -o tsv", want: "Hello!"},
		{command: "keyvault show" + rg + " -n azwi-kv-tutorial --query properties.vaultUri -o tsv", want: "https://azwi-kv-tutorial.vault.azure.net/"},
		{command: "account set --subscription " + localazure.SubscriptionID},
		{command: "identity create --name fic-test-ua" + rg + " --location eastus -o none"},
		{command: "identity show" + rg + " --name fic-test-ua --query principalId -o tsv", save: "PRINCIPAL"},
		{command: "identity show" + rg + " --name fic-test-ua --query clientId -otsv", save: "CLIENT"},
		{command: "keyvault set-policy --name azwi-kv-tutorial --secret-permissions get --spn CLIENT --query properties.accessPolicies[1].objectId -o tsv", want: "PRINCIPAL"},
		{command: "identity federated-credential create --name fic --identity-name fic-test-ua" + rg + " --issuer https://issuer.example/ --subject system:serviceaccount:default:sa --query subject -o tsv",
			want: "system:serviceaccount:default:sa"},
		{command: "role assignment create --assignee-object-id PRINCIPAL --assignee-principal-type ServicePrincipal --role Key+Vault+Secrets+User --scope " + scope + " --query scope -o tsv", want: scope},
		{command: "role assignment list --assignee PRINCIPAL --scope " + scope + " --query [].roleDefinitionName -o tsv", want: "Key Vault Secrets User"},
		{command: "role assignment delete --assignee PRINCIPAL --role Key+Vault+Secrets+User --scope " + scope},
		{command: "aks update" + rg + " -n myAKSCluster --tags a=b --query tags.a -o tsv", want: "b"},
		{command: "resource list" + rg + " --query [].name -o tsv", want: "myAKSCluster\nazwi-kv-tutorial\nfic-test-ua"},
		{command: "keyvault delete -n azwi-kv-tutorial"},
		{command: "keyvault list-deleted --query [].name -o tsv", want: "azwi-kv-tutorial"},
		{command: "keyvault recover -n azwi-kv-tutorial -o none"},
		{command: "keyvault secret show --vault-name azwi-kv-tutorial --name my-secret --query value -o tsv", want: "Hello!"},
		{command: "identity show" + rg + " --name other", status: 3, want: "(ResourceNotFound) The Resource 'Microsoft.ManagedIdentity/userAssignedIdentities/other' under resource group 'myResourceGroup' was not found."},
		{command: "group delete --name myResourceGroup --yes"},
		{command: "group exists -n myResourceGroup", want: "false"},
		{command: "keyvault purge -n azwi-kv-tutorial -o none"},
	} {
		values := strings.NewReplacer(saved...)
		stdout, stderr, status := run(values.Replace(step.command))
		got := stdout
		if step.status != 0 {
			got = stderr
		}
		if want := values.Replace(step.want); status != step.status || step.status == 0 && step.save == "" && want != "" && got != want || !strings.Contains(got, want) {
			t.Fatalf("az %s\nstatus %d, output %q, error %q, want %d and %q", step.command, status, stdout, stderr, step.status, want)
		}
		if step.save != "" {
			saved = append(saved, step.save, stdout)
		}
	}
}
