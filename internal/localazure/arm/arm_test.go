package arm_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/workload-identity-quickstart/msal-go/internal/localazure/arm"
	"github.com/workload-identity-quickstart/msal-go/internal/localazure/cloud"
	"github.com/workload-identity-quickstart/msal-go/internal/localazure/entra"
	"github.com/workload-identity-quickstart/msal-go/internal/localazure/graph"
	"github.com/workload-identity-quickstart/msal-go/internal/localazure/keyvault"
)

const (
	tenant = "11111111-1111-1111-1111-111111111111"
	sub    = "/subscriptions/55555555-5555-5555-5555-555555555555"
	user   = "44444444-4444-4444-4444-444444444444"
	group  = sub + "/resourceGroups/rg"

	subscriptionsAPI = "2019-11-01"
	groupsAPI        = "2021-04-01"
	rolesAPI         = "2022-04-01"
	identityAPI      = "2023-01-31"
	vaultAPI         = "2022-07-01"
	aksAPI           = "2024-09-01"

	identity = group + "/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-one"
	fics     = identity + "/federatedIdentityCredentials/"
	vault    = group + "/providers/Microsoft.KeyVault/vaults/"
	cluster  = group + "/providers/Microsoft.ContainerService/managedClusters/c1"
)

type object = map[string]any

// azure is the control plane with a user whose clock stands still.
type azure struct {
	*testing.T
	now       time.Time
	directory *entra.Directory
	vaults    *keyvault.Service
	manager   http.Handler
	graph     http.Handler
	tokens    map[string]string
}

func newAzure(t *testing.T, cfg arm.Config, role string) *azure {
	t.Helper()
	a := &azure{T: t, now: time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC), tokens: map[string]string{}}
	clock := func() time.Time { return a.now }
	var err error
	if a.directory, err = entra.New(entra.Config{Now: clock}); err != nil {
		t.Fatal(err)
	}
	a.vaults, err = keyvault.New(keyvault.Config{Keys: a.directory.Keys, Now: clock})
	if err != nil {
		t.Fatal(err)
	}
	if err := a.directory.AddTenant(entra.Tenant{ID: tenant, Cloud: cloud.Public()}); err != nil {
		t.Fatal(err)
	}
	if err := a.directory.AddUser(entra.User{ObjectID: user, TenantID: tenant, Name: "user@example.com", DisplayName: "User"}); err != nil {
		t.Fatal(err)
	}
	cfg.Cloud, cfg.TenantID, cfg.SubscriptionID = cloud.Public(), tenant, strings.TrimPrefix(sub, "/subscriptions/")
	cfg.Directory, cfg.Vaults, cfg.Now, cfg.Roles = a.directory, a.vaults, clock, map[string]string{}
	if role != "" {
		cfg.Roles[user] = role
	}
	if a.manager, err = arm.New(cfg); err != nil {
		t.Fatal(err)
	}
	a.graph = graph.New(graph.Config{TenantID: tenant, Directory: a.directory, Lag: cfg.Delays[arm.Graph], Now: clock})
	return a
}

// token signs the user in with a device code.
func (a *azure) token(resource string) string {
	a.Helper()
	if token, ok := a.tokens[resource]; ok {
		return token
	}
	post := func(path string, form url.Values) object {
		form.Set("client_id", "04b07795-8ddb-461a-bbee-02f9e1bf7b46")
		form.Set("scope", resource+"/.default openid offline_access")
		r := httptest.NewRequest(http.MethodPost, "https://login.microsoftonline.com/organizations/oauth2/v2.0/"+path, strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		_, body, _ := a.send(a.directory, r)
		return body
	}
	code, _ := post("devicecode", url.Values{})["device_code"].(string)
	token, _ := post("token", url.Values{"grant_type": {"urn:ietf:params:oauth:grant-type:device_code"}, "device_code": {code}})["access_token"].(string)
	if token == "" {
		a.Fatal("no token")
	}
	a.tokens[resource] = token
	return token
}

func (a *azure) send(h http.Handler, r *http.Request) (int, object, http.Header) {
	a.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	body := object{}
	if w.Body.Len() > 0 {
		if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil {
			a.Fatalf("%s: %v", w.Body, err)
		}
	}
	return w.Code, body, w.Header()
}

func (a *azure) request(h http.Handler, host, resource, method, path, body string) (int, object, http.Header) {
	a.Helper()
	r := httptest.NewRequest(method, "https://"+host+path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+a.token(resource))
	r.Header.Set("Content-Type", "application/json")
	return a.send(h, r)
}

// arm sends a request to Azure Resource Manager.
func (a *azure) arm(method, path, version, body string) (int, object, http.Header) {
	a.Helper()
	separator := "?"
	if strings.Contains(path, "?") {
		separator = "&"
	}
	return a.request(a.manager, "management.azure.com", "https://management.azure.com", method, path+separator+"api-version="+version, body)
}

// want expects a status, and returns the body.
func (a *azure) want(status int, method, path, version, body string) object {
	a.Helper()
	got, response, _ := a.arm(method, path, version, body)
	if got != status {
		a.Fatalf("%s %s: %d %v, want %d", method, path, got, response, status)
	}
	return response
}

// rejects expects an error whose text contains part.
func (a *azure) rejects(status int, code, part, method, path, version, body string) {
	a.Helper()
	response := a.want(status, method, path, version, body)
	e, ok := response["error"].(object)
	if !ok {
		e = response // of AKS
	}
	if message, _ := e["message"].(string); e["code"] != code || !strings.Contains(message, part) {
		a.Errorf("%s %s: %v, want %s … %s", method, path, response, code, part)
	}
}

// prepare makes a resource group and registers the providers.
func (a *azure) prepare() {
	a.Helper()
	a.want(201, "PUT", group, groupsAPI, `{"location":"eastus"}`)
	for _, namespace := range []string{"Microsoft.KeyVault", "Microsoft.ManagedIdentity", "Microsoft.ContainerService"} {
		a.want(200, "POST", sub+"/providers/"+namespace+"/register", groupsAPI, "")
	}
}

func prop(o object, path ...string) any {
	var v any = o
	for _, key := range path {
		v = v.(object)[key]
	}
	return v
}

func TestCallers(t *testing.T) {
	for _, tt := range []struct {
		role          string
		subscriptions int
		read, write   int
	}{
		{"Owner", 1, 200, 201}, {"Contributor", 1, 200, 201}, {"Reader", 1, 200, 403}, {"", 0, 403, 403},
	} {
		t.Run(tt.role, func(t *testing.T) {
			a := newAzure(t, arm.Config{}, tt.role)
			found := a.want(200, "GET", "/subscriptions", subscriptionsAPI, "")["value"].([]any)
			if len(found) != tt.subscriptions {
				t.Errorf("%d subscriptions", len(found))
			}
			a.want(200, "GET", "/tenants", subscriptionsAPI, "")
			a.want(tt.read, "GET", sub+"/resourcegroups", groupsAPI, "")
			a.want(tt.write, "PUT", group, groupsAPI, `{"location":"eastus"}`)
			if tt.write == 403 {
				a.rejects(403, "AuthorizationFailed", "The client 'user@example.com' with object id '"+user+"' does not have authorization to perform action "+
					"'Microsoft.Resources/subscriptions/resourceGroups/write' over scope '"+group+"' or the scope is invalid.", "PUT", group, groupsAPI, `{"location":"eastus"}`)
			}
		})
	}
}

func TestRequests(t *testing.T) {
	a := newAzure(t, arm.Config{}, "Owner")
	a.prepare()
	a.rejects(400, "MissingApiVersionParameter", "(?api-version=)", "GET", sub, "", "")
	a.rejects(400, "InvalidApiVersionParameter", "The api-version '1999-01-01' is invalid", "GET", sub, "1999-01-01", "")
	a.rejects(400, "NoRegisteredProviderFound", "location 'eastus' and API version '1999-01-01' for type 'vaults'", "PUT", vault+"kv-one", "1999-01-01", `{"location":"eastus"}`)
	a.rejects(404, "SubscriptionNotFound", "could not be found", "GET", "/subscriptions/66666666-6666-6666-6666-666666666666/resourceGroups", groupsAPI, "")
	a.rejects(501, "NotImplemented", "localazure does not implement GET "+sub+"/providers/Microsoft.Sql/servers", "GET", sub+"/providers/Microsoft.Sql/servers", groupsAPI, "")
	a.rejects(400, "InvalidRequestContent", "could not be deserialized", "PUT", group, groupsAPI, "{")
	a.now = a.now.Add(2 * time.Hour)
	a.rejects(401, "ExpiredAuthenticationToken", "is earlier than current UTC time", "GET", sub, subscriptionsAPI, "")

	status, body, header := a.send(a.manager, httptest.NewRequest("GET", "https://management.azure.com/subscriptions?api-version=2019-11-01", nil))
	if status != 401 || prop(body, "error", "code") != "AuthenticationFailed" || !strings.Contains(header.Get("WWW-Authenticate"), tenant) {
		t.Errorf("without token: %d %v %v", status, body, header)
	}
	status, body, _ = a.request(a.manager, "management.azure.com", "https://vault.azure.net", "GET", "/subscriptions?api-version=2019-11-01", "")
	if status != 401 || prop(body, "error", "code") != "InvalidAuthenticationTokenAudience" {
		t.Errorf("token for a vault: %d %v", status, body)
	}
}

func TestResourceGroups(t *testing.T) {
	a := newAzure(t, arm.Config{Delays: map[arm.Delay]time.Duration{arm.GroupDeletion: time.Minute}}, "Owner")
	a.want(404, "HEAD", group, groupsAPI, "")
	a.rejects(404, "ResourceGroupNotFound", "Resource group 'rg' could not be found.", "GET", group, groupsAPI, "")
	a.rejects(400, "LocationNotAvailableForResourceType", "'atlantis'", "PUT", group, groupsAPI, `{"location":"atlantis"}`)
	a.want(201, "PUT", group, groupsAPI, `{"location":"East US","tags":{"a":"b"}}`)
	a.want(200, "PUT", group, groupsAPI, `{"location":"eastus","tags":{"a":"c"}}`)
	a.rejects(409, "InvalidResourceGroupLocation", "already exists in location 'eastus'", "PUT", group, groupsAPI, `{"location":"westus"}`)
	a.want(204, "HEAD", strings.ToUpper(group[:len(group)-2])+"RG", groupsAPI, "")
	for filter, n := range map[string]int{"": 1, "?$filter=tagName+eq+'A'+and+tagValue+eq+'c'": 1, "?$filter=tagName+eq+'a'+and+tagValue+eq+'b'": 0} {
		if found := a.want(200, "GET", sub+"/resourcegroups"+filter, groupsAPI, "")["value"].([]any); len(found) != n {
			t.Errorf("%s: %d groups", filter, len(found))
		}
	}
	status, _, header := a.arm("DELETE", group, groupsAPI, "")
	location := strings.TrimPrefix(header.Get("Location"), "https://management.azure.com")
	location, _, _ = strings.Cut(location, "?")
	if status != 202 || location == "" {
		t.Fatalf("delete: %d %v", status, header)
	}
	a.rejects(409, "ResourceGroupBeingDeleted", "deprovisioning state", "PUT", group, groupsAPI, `{"location":"eastus"}`)
	a.want(202, "GET", location, groupsAPI, "")
	a.now = a.now.Add(time.Minute)
	a.want(200, "GET", location, groupsAPI, "")
	a.want(404, "GET", group, groupsAPI, "")
}

func TestRegistration(t *testing.T) {
	a := newAzure(t, arm.Config{Delays: map[arm.Delay]time.Duration{arm.Registration: time.Minute}}, "Owner")
	a.want(201, "PUT", group, groupsAPI, `{"location":"eastus"}`)
	a.rejects(404, "InvalidResourceNamespace", "'Microsoft.Nothing' is invalid", "GET", sub+"/providers/Microsoft.Nothing", groupsAPI, "")
	a.rejects(409, "MissingSubscriptionRegistration", "not registered to use namespace 'Microsoft.ManagedIdentity'", "PUT", identity, identityAPI, `{"location":"eastus"}`)
	feature := sub + "/providers/Microsoft.Features/providers/Microsoft.ContainerService/features/EnableWorkloadIdentityPreview"
	check := func(want string) {
		t.Helper()
		if got := a.want(200, "GET", sub+"/providers/microsoft.managedidentity", groupsAPI, "")["registrationState"]; got != want {
			t.Errorf("provider is %v, want %s", got, want)
		}
		if got := prop(a.want(200, "GET", feature, "2021-07-01", ""), "properties", "state"); got != want {
			t.Errorf("feature is %v, want %s", got, want)
		}
	}
	check("NotRegistered")
	a.want(200, "POST", sub+"/providers/Microsoft.ManagedIdentity/register", groupsAPI, "")
	a.want(200, "POST", feature+"/register", "2021-07-01", "")
	check("Registering")
	a.now = a.now.Add(time.Minute)
	check("Registered")
	a.want(201, "PUT", identity, identityAPI, `{"location":"eastus"}`)
}

func credential(issuer, subject string) string {
	return fmt.Sprintf(`{"properties":{"issuer":%q,"subject":%q,"audiences":["api://AzureADTokenExchange"]}}`, issuer, subject)
}

func TestCredentials(t *testing.T) {
	a := newAzure(t, arm.Config{Delays: map[arm.Delay]time.Duration{arm.Credential: time.Minute}}, "Contributor")
	a.prepare()
	a.rejects(404, "ParentResourceNotFound", "because the parent resource '"+identity+"' could not be found", "PUT", fics+"fic", identityAPI, credential("https://i", "s"))
	created := a.want(201, "PUT", identity, identityAPI, `{"location":"eastus","tags":{}}`)
	if again := a.want(200, "PUT", identity, identityAPI, `{"location":"eastus"}`); prop(again, "properties", "clientId") != prop(created, "properties", "clientId") {
		t.Error("the client ID changed")
	}
	a.rejects(400, "BadRequest", "3-120", "PUT", fics+"-x", identityAPI, credential("https://i", "s"))
	a.rejects(400, "BadRequest", "issuer", "PUT", fics+"fic", identityAPI, credential("http://i", "s"))
	a.rejects(400, "BadRequest", "exactly one audience", "PUT", fics+"fic", identityAPI, `{"properties":{"issuer":"https://i","subject":"s","audiences":["a","b"]}}`)
	a.want(201, "PUT", fics+"fic", identityAPI, credential("https://i", "s"))
	a.want(200, "PUT", fics+"fic", identityAPI, credential("https://i", "s2"))
	a.rejects(409, "Conflict", "Issuer and subject combination already exists", "PUT", fics+"other", identityAPI, credential("https://i", "s2"))
	for i := range 19 {
		a.want(201, "PUT", fmt.Sprintf("%sfic-%d", fics, i), identityAPI, credential("https://i", fmt.Sprint(i)))
	}
	a.rejects(400, "BadRequest", "Too many Federated Identity Credentials", "PUT", fics+"last", identityAPI, credential("https://i", "x"))
	app := a.directory.Applications()[0]
	if len(app.FederatedCredentials) != 20 || !app.FederatedCredentials[0].AvailableAt.Equal(a.now.Add(time.Minute)) || app.ManagedIdentity == "" {
		t.Errorf("Entra ID has %+v", app)
	}
	a.want(200, "DELETE", fics+"fic", identityAPI, "")
	a.want(204, "DELETE", fics+"fic", identityAPI, "")
	if n := len(a.want(200, "GET", strings.TrimSuffix(fics, "/"), identityAPI, "")["value"].([]any)); n != 19 || len(a.directory.Applications()[0].FederatedCredentials) != 19 {
		t.Errorf("%d credentials are left", n)
	}
	a.want(200, "DELETE", identity, identityAPI, "")
	if len(a.directory.Applications()) != 0 {
		t.Error("Entra ID still knows the identity")
	}
}

func TestCredentialWritesConflict(t *testing.T) {
	a := newAzure(t, arm.Config{Delays: map[arm.Delay]time.Duration{arm.CredentialWrite: 500 * time.Millisecond}}, "Owner")
	a.prepare()
	a.want(201, "PUT", identity, identityAPI, `{"location":"eastus"}`)
	statuses := make(chan int, 2)
	for i := range 2 {
		go func() {
			status, _, _ := a.arm("PUT", fmt.Sprintf("%sfic-%d", fics, i), identityAPI, credential("https://i", fmt.Sprint(i)))
			statuses <- status
		}()
	}
	if sum := <-statuses + <-statuses; sum != 201+409 {
		t.Errorf("the statuses of two writes at once add up to %d", sum)
	}
	a.want(201, "PUT", fics+"third", identityAPI, credential("https://i", "third"))
}

func assignmentBody(principal, roleID, principalType string) string {
	return fmt.Sprintf(`{"properties":{"principalId":%q,"roleDefinitionId":%q,"principalType":%q}}`, principal,
		sub+"/providers/Microsoft.Authorization/roleDefinitions/"+roleID, principalType)
}

const (
	secretsUser = "4633458b-17de-408a-b874-0445c86b69e6"
	officer     = "b86a8fe4-44ce-4948-aee5-eccb2c155cd7"
)

func assignmentID(scope string, n int) string {
	return fmt.Sprintf("%s/providers/Microsoft.Authorization/roleAssignments/00000000-0000-4000-8000-%012d", scope, n)
}

func TestRoleAssignments(t *testing.T) {
	a := newAzure(t, arm.Config{Delays: map[arm.Delay]time.Duration{arm.Graph: time.Minute}}, "Owner")
	a.prepare()
	principal := prop(a.want(201, "PUT", identity, identityAPI, `{"location":"eastus"}`), "properties", "principalId").(string)
	found := a.want(200, "GET", sub+"/providers/Microsoft.Authorization/roleDefinitions?$filter=roleName+eq+'Key+Vault+Secrets+User'", rolesAPI, "")["value"].([]any)
	if len(found) != 1 || found[0].(object)["name"] != secretsUser {
		t.Errorf("role definitions: %v", found)
	}
	one := assignmentID(group, 1)
	a.rejects(400, "PrincipalNotFound", "does not exist in the directory "+tenant, "PUT", one, rolesAPI, assignmentBody(principal, secretsUser, ""))
	a.want(201, "PUT", one, rolesAPI, assignmentBody(principal, secretsUser, "ServicePrincipal"))
	a.rejects(409, "RoleAssignmentExists", "The ID of the existing role assignment is 00000000000040008000000000000001.", "PUT", assignmentID(group, 2), rolesAPI,
		assignmentBody(principal, secretsUser, "ServicePrincipal"))
	a.now = a.now.Add(time.Minute)
	a.want(201, "PUT", assignmentID(sub, 3), rolesAPI, assignmentBody(principal, officer, ""))
	a.rejects(400, "UnmatchedPrincipalType", "has type 'ServicePrincipal'", "PUT", assignmentID(sub, 4), rolesAPI, assignmentBody(principal, secretsUser, "User"))
	a.rejects(404, "RoleDefinitionDoesNotExist", "does not exist", "PUT", assignmentID(sub, 4), rolesAPI, assignmentBody(principal, tenant, ""))
	a.rejects(404, "ResourceGroupNotFound", "'other' could not be found", "PUT", assignmentID(sub+"/resourceGroups/other", 4), rolesAPI, assignmentBody(principal, secretsUser, ""))
	a.rejects(404, "ResourceNotFound", "'Microsoft.KeyVault/vaults/kv-x' under resource group 'rg' was not found", "PUT", assignmentID(vault+"kv-x/secrets/s", 4), rolesAPI,
		assignmentBody(principal, secretsUser, ""))
	for query, n := range map[string]int{
		sub + "|": 3, sub + "|?$filter=atScope()": 2, group + "|?$filter=atScope()": 3,
		group + "|?$filter=principalId+eq+'" + principal + "'": 2, sub + "|?$filter=atScope()+and+assignedTo('" + principal + "')": 1,
	} {
		scope, filter, _ := strings.Cut(query, "|")
		if found := a.want(200, "GET", scope+"/providers/Microsoft.Authorization/roleAssignments"+filter, rolesAPI, "")["value"].([]any); len(found) != n {
			t.Errorf("%s: %d assignments, want %d", query, len(found), n)
		}
	}
	a.want(200, "DELETE", one, rolesAPI, "")
	a.want(204, "DELETE", one, rolesAPI, "")
	a.rejects(404, "RoleAssignmentNotFound", "is not found", "GET", one, rolesAPI, "")

	b := newAzure(t, arm.Config{}, "Contributor")
	b.prepare()
	b.rejects(403, "AuthorizationFailed", "'Microsoft.Authorization/roleAssignments/write'", "PUT", assignmentID(group, 1), rolesAPI, assignmentBody(user, officer, "User"))
}

func vaultBody(more string) string {
	return `{"location":"eastus","properties":{"tenantId":"` + tenant + `","sku":{"family":"A","name":"standard"}` + more + `}}`
}

// secret gets or sets a secret as the user.
func (a *azure) secret(method string) (int, object) {
	a.Helper()
	status, body, _ := a.request(a.vaults, "kv-one.vault.azure.net", "https://vault.azure.net", method, "/secrets/s?api-version=7.4", `{"value":"v"}`)
	return status, body
}

func TestVaultRoles(t *testing.T) {
	a := newAzure(t, arm.Config{Delays: map[arm.Delay]time.Duration{arm.RoleAssignment: time.Minute}}, "Owner")
	a.prepare()
	created := a.want(200, "PUT", vault+"kv-one", vaultAPI, vaultBody(`,"enableRbacAuthorization":true`))
	if uri := prop(created, "properties", "vaultUri"); uri != "https://kv-one.vault.azure.net/" || prop(created, "properties", "provisioningState") != "Succeeded" {
		t.Errorf("vault: %v", created)
	}
	status, body := a.secret("PUT")
	if status != 403 || prop(body, "error", "innererror", "code") != "ForbiddenByRbac" || !strings.Contains(prop(body, "error", "message").(string), strings.ToLower(vault+"kv-one/secrets/s")) {
		t.Errorf("the owner without a data role: %d %v", status, body)
	}
	steps := func(id string) {
		t.Helper()
		a.want(201, "PUT", id, rolesAPI, assignmentBody(user, officer, ""))
		if status, _ := a.secret("PUT"); status != 403 {
			t.Errorf("%s: %d at once", id, status)
		}
		a.now = a.now.Add(time.Minute)
		if status, body := a.secret("PUT"); status != 200 {
			t.Errorf("%s: %d %v in time", id, status, body)
		}
		a.want(200, "DELETE", id, rolesAPI, "")
		if status, _ := a.secret("PUT"); status != 200 {
			t.Errorf("%s: %d at once after deletion", id, status)
		}
		a.now = a.now.Add(time.Minute)
		if status, _ := a.secret("PUT"); status != 403 {
			t.Errorf("%s: %d in time after deletion", id, status)
		}
	}
	steps(assignmentID(sub, 1))
	steps(assignmentID(group, 2))
	steps(assignmentID(vault+"kv-one", 3))
	steps(assignmentID(vault+"kv-one/secrets/s", 4))
	a.want(201, "PUT", assignmentID(vault+"kv-one/secrets/other", 5), rolesAPI, assignmentBody(user, officer, ""))
	a.now = a.now.Add(time.Minute)
	if status, _ := a.secret("PUT"); status != 403 {
		t.Errorf("role on another secret: %d", status)
	}
}

func TestVaultPoliciesAndNetwork(t *testing.T) {
	a := newAzure(t, arm.Config{}, "Owner")
	a.prepare()
	a.rejects(400, "BadRequest", "accessPolicies", "PUT", vault+"kv-one", vaultAPI, vaultBody(""))
	policies := func(words string) string {
		return `,"accessPolicies":[{"tenantId":"` + tenant + `","objectId":"` + user + `","permissions":{"secrets":[` + words + `]}}]`
	}
	for _, tt := range []struct {
		more, inner string
		get, set    int
	}{
		{policies(``), "AccessDenied", 403, 403}, {policies(`"all"`), "", 200, 200}, {policies(`"get"`), "", 200, 403},
		{policies(`"get"`) + `,"publicNetworkAccess":"Disabled"`, "ForbiddenByConnection", 403, 403},
		{policies(`"get"`) + `,"networkAcls":{"defaultAction":"Deny"}`, "ForbiddenByFirewall", 403, 403},
		{policies(`"get"`) + `,"networkAcls":{"defaultAction":"Deny","ipRules":[{"value":"127.0.0.1/32"}]}`, "", 200, 403},
	} {
		a.want(200, "PUT", vault+"kv-one", vaultAPI, vaultBody(tt.more))
		if status, _ := a.secret("PUT"); status != tt.set {
			t.Errorf("set with %s: %d", tt.more, status)
		}
		status, body := a.secret("GET")
		if status != tt.get || tt.inner != "" && prop(body, "error", "innererror", "code") != tt.inner {
			t.Errorf("get with %s: %d %v", tt.more, status, body)
		}
	}
	// The version of 2026 has another default.
	if p := a.want(200, "PUT", vault+"kv-new", "2026-02-01", vaultBody("")); prop(p, "properties", "enableRbacAuthorization") != true {
		t.Errorf("vault of 2026: %v", p)
	}
}

func TestDeletedVaults(t *testing.T) {
	a := newAzure(t, arm.Config{}, "Owner")
	a.prepare()
	if _, err := a.vaults.Add(keyvault.Options{Name: "of-others", Cloud: cloud.Public(), TenantID: tenant}); err != nil {
		t.Fatal(err)
	}
	rbac := vaultBody(`,"enableRbacAuthorization":true`)
	available := func(name string) any {
		t.Helper()
		return a.want(200, "POST", sub+"/providers/Microsoft.KeyVault/checkNameAvailability", vaultAPI, `{"name":"`+name+`","type":"Microsoft.KeyVault/vaults"}`)["reason"]
	}
	a.rejects(400, "VaultNameNotValid", "'kv--x' is invalid", "PUT", vault+"kv--x", vaultAPI, rbac)
	a.rejects(409, "VaultAlreadyExists", "'of-others' is already in use", "PUT", vault+"of-others", vaultAPI, rbac)
	a.rejects(400, "BadRequest", `"enablePurgeProtection" cannot be set to false`, "PUT", vault+"kv-one", vaultAPI, vaultBody(`,"enableRbacAuthorization":true,"enablePurgeProtection":false`))
	if got := available("kv-one"); got != nil {
		t.Errorf("before: %v", got)
	}
	a.want(200, "PUT", vault+"kv-one", vaultAPI, rbac)
	a.want(200, "DELETE", vault+"kv-one", vaultAPI, "")
	if _, ok := a.vaults.Lookup("kv-one.vault.azure.net"); ok || available("kv-one") != "AlreadyExists" {
		t.Error("the deleted vault is there")
	}
	a.rejects(409, "ConflictError", "already exists in deleted state", "PUT", vault+"kv-one", vaultAPI, rbac)
	deleted := sub + "/providers/Microsoft.KeyVault/locations/eastus/deletedVaults/kv-one"
	a.want(200, "GET", deleted, vaultAPI, "")
	a.rejects(404, "DeletedVaultNotFound", "'kv-one' does not exist", "GET", strings.Replace(deleted, "eastus", "westus", 1), vaultAPI, "")
	a.want(200, "PUT", vault+"kv-one", vaultAPI, vaultBody(`,"createMode":"recover"`))
	if _, ok := a.vaults.Lookup("kv-one.vault.azure.net"); !ok {
		t.Error("the recovered vault is not there")
	}
	a.want(200, "PATCH", vault+"kv-one", vaultAPI, `{"properties":{"enablePurgeProtection":true}}`)
	a.want(200, "DELETE", vault+"kv-one", vaultAPI, "")
	a.rejects(405, "MethodNotAllowed", "DeletedVaultPurge", "POST", deleted+"/purge", vaultAPI, "")
	a.want(200, "PUT", vault+"kv-two", vaultAPI, rbac)
	a.want(202, "DELETE", group, groupsAPI, "")
	if found := a.want(200, "GET", sub+"/providers/Microsoft.KeyVault/deletedVaults", vaultAPI, "")["value"].([]any); len(found) != 2 {
		t.Errorf("deleted vaults: %v", found)
	}
	a.want(200, "POST", strings.Replace(deleted, "one", "two", 1)+"/purge", vaultAPI, "")
	if got := available("kv-two"); got != nil {
		t.Errorf("after the purge: %v", got)
	}
}

func TestRetiredVersions(t *testing.T) {
	a := newAzure(t, arm.Config{Ahead: 120 * 24 * time.Hour}, "Owner")
	a.rejects(400, "NoRegisteredProviderFound", "The supported api-versions are '2026-02-01'", "GET", sub+"/providers/Microsoft.KeyVault/vaults", vaultAPI, "")
	a.want(200, "GET", sub+"/providers/Microsoft.KeyVault/vaults", "2026-02-01", "")
}

func clusterBody(size string, count int) string {
	return fmt.Sprintf(`{"location":"eastus","identity":{"type":"SystemAssigned"},"properties":{"agentPoolProfiles":[{"name":"nodepool1","count":%d,"vmSize":%q,"mode":"System"}],`+
		`"oidcIssuerProfile":{"enabled":true},"securityProfile":{"workloadIdentity":{"enabled":true}}}}`, count, size)
}

func TestCluster(t *testing.T) {
	a := newAzure(t, arm.Config{
		Delays:  map[arm.Delay]time.Duration{arm.ClusterChange: time.Minute},
		Cluster: arm.Cluster{Name: "c1", Kubeconfig: []byte("apiVersion: v1"), Issuer: "https://issuer.example/"},
	}, "Owner")
	a.prepare()
	a.rejects(400, "BadRequest", "The VM size of Standard_M128s is not allowed in your subscription in location 'eastus'. The available VM sizes are '", "PUT", cluster, aksAPI, clusterBody("Standard_M128s", 1))
	a.rejects(400, "ErrCode_InsufficientVCPUQuota", "Insufficient vcpu quota requested 12, remaining 10 for family standardDSv5Family for region eastus.", "PUT", cluster, aksAPI, clusterBody("Standard_D2s_v5", 6))
	status, body, header := a.arm("PUT", cluster, aksAPI, clusterBody("Standard_D2s_v5", 1))
	operation, _, _ := strings.Cut(strings.TrimPrefix(header.Get("Azure-AsyncOperation"), "https://management.azure.com"), "?")
	if status != 201 || prop(body, "properties", "provisioningState") != "Creating" {
		t.Fatalf("create: %d %v", status, body)
	}
	if got := a.want(200, "GET", operation, aksAPI, "")["status"]; got != "InProgress" {
		t.Errorf("operation is %v", got)
	}
	a.rejects(409, "OperationNotAllowed", "Another operation (Creating) is in progress", "PUT", cluster, aksAPI, clusterBody("Standard_D2s_v5", 1))
	a.want(200, "GET", sub+"/resourceGroups/MC_rg_c1_eastus", groupsAPI, "")
	a.now = a.now.Add(time.Minute)
	if got := a.want(200, "GET", operation, aksAPI, "")["status"]; got != "Succeeded" {
		t.Errorf("operation is %v", got)
	}
	if got := prop(a.want(200, "GET", cluster, aksAPI, ""), "properties", "oidcIssuerProfile", "issuerURL"); got != "https://issuer.example/" {
		t.Errorf("issuer is %v", got)
	}
	credentials := a.want(200, "POST", cluster+"/listClusterUserCredential", aksAPI, "")["kubeconfigs"].([]any)[0].(object)
	if raw, _ := base64.StdEncoding.DecodeString(credentials["value"].(string)); string(raw) != "apiVersion: v1" {
		t.Errorf("kubeconfig: %s", raw)
	}
	a.want(202, "DELETE", cluster, aksAPI, "")
	a.now = a.now.Add(time.Minute)
	a.want(404, "GET", cluster, aksAPI, "")
	a.want(404, "GET", sub+"/resourceGroups/MC_rg_c1_eastus", groupsAPI, "")
}

func TestClusterFails(t *testing.T) {
	a := newAzure(t, arm.Config{Cluster: arm.Cluster{Failure: "no capacity"}}, "Owner")
	a.prepare()
	_, _, header := a.arm("PUT", cluster, aksAPI, clusterBody("Standard_D2s_v5", 1))
	operation, _, _ := strings.Cut(strings.TrimPrefix(header.Get("Azure-AsyncOperation"), "https://management.azure.com"), "?")
	if o := a.want(200, "GET", operation, aksAPI, ""); o["status"] != "Failed" || prop(o, "error", "message") != "no capacity" {
		t.Errorf("operation: %v", o)
	}
	c := a.want(200, "GET", cluster, aksAPI, "")
	if prop(c, "properties", "provisioningState") != "Failed" || prop(c, "properties", "status", "provisioningError", "message") != "no capacity" {
		t.Errorf("cluster: %v", c)
	}
}

func TestGraph(t *testing.T) {
	a := newAzure(t, arm.Config{Delays: map[arm.Delay]time.Duration{arm.Graph: time.Minute}}, "Owner")
	a.prepare()
	send := func(status int, method, path, body string) object {
		t.Helper()
		got, response, _ := a.request(a.graph, "graph.microsoft.com", "https://graph.microsoft.com", method, "/v1.0"+path, body)
		if got != status {
			t.Fatalf("%s %s: %d %v, want %d", method, path, got, response, status)
		}
		return response
	}
	if me := send(200, "GET", "/me", ""); me["id"] != user || me["userPrincipalName"] != "user@example.com" {
		t.Errorf("me: %v", me)
	}
	id := a.want(201, "PUT", identity, identityAPI, `{"location":"eastus"}`)
	filter := "/servicePrincipals?$filter=servicePrincipalNames/any(c:c+eq+'" + prop(id, "properties", "clientId").(string) + "')"
	principal := "/servicePrincipals/" + prop(id, "properties", "principalId").(string)
	if found := send(200, "GET", filter, "")["value"].([]any); len(found) != 0 {
		t.Errorf("known at once: %v", found)
	}
	send(404, "GET", principal, "")
	a.now = a.now.Add(time.Minute)
	if found := send(200, "GET", filter, "")["value"].([]any); len(found) != 1 || found[0].(object)["servicePrincipalType"] != "ManagedIdentity" {
		t.Errorf("known in time: %v", found)
	}
	send(200, "GET", principal, "")

	app := send(201, "POST", "/applications", `{"displayName":"app"}`)
	path := "/applications/" + app["id"].(string) + "/federatedIdentityCredentials"
	sp := send(201, "POST", "/servicePrincipals", `{"appId":"`+app["appId"].(string)+`"}`)
	send(409, "POST", "/servicePrincipals", `{"appId":"`+app["appId"].(string)+`"}`)
	if sp["appId"] != app["appId"] || sp["id"] == app["id"] {
		t.Errorf("service principal: %v", sp)
	}
	send(404, "GET", path, "") // lags, too
	a.now = a.now.Add(time.Minute)
	body := `{"name":"fic","issuer":"https://i","subject":"s","audiences":["api://AzureADTokenExchange"]}`
	send(201, "POST", path, body)
	if e := send(409, "POST", path, body); prop(e, "error", "message") != "FederatedIdentityCredential with name fic already exists." {
		t.Errorf("again: %v", e)
	}
	send(204, "PATCH", path+"/fic", `{"subject":"s2"}`)
	if c := send(200, "GET", path+"/fic", ""); c["subject"] != "s2" || c["issuer"] != "https://i" {
		t.Errorf("credential: %v", c)
	}
	send(204, "DELETE", path+"/fic", "")
	send(404, "GET", path+"/fic", "")
	send(204, "PATCH", "/applications/"+app["id"].(string), `{"tags":["run=one"]}`)
	if got := send(200, "GET", "/applications(appId='"+app["appId"].(string)+"')", ""); fmt.Sprint(got["tags"]) != "[run=one]" {
		t.Errorf("application: %v", got)
	}
	send(501, "PATCH", "/applications/"+app["id"].(string), `{"web":{}}`)
	send(501, "GET", "/groups", "")
	send(204, "DELETE", "/applications/"+app["id"].(string), "")
}

func TestTags(t *testing.T) {
	a := newAzure(t, arm.Config{}, "Owner")
	a.prepare()
	a.want(201, "PUT", identity, identityAPI, `{"location":"eastus","tags":{"run":"one","keep":"x"}}`)
	tags := identity + "/providers/Microsoft.Resources/tags/default"
	a.want(200, "PATCH", tags, groupsAPI, `{"operation":"Merge","properties":{"tags":{"more":"y"}}}`)
	a.want(200, "PATCH", tags, groupsAPI, `{"operation":"Delete","properties":{"tags":{"run":"one","keep":"other"}}}`)
	if got := fmt.Sprint(prop(a.want(200, "GET", tags, groupsAPI, ""), "properties", "tags")); got != "map[keep:x more:y]" {
		t.Errorf("tags are %s", got)
	}
	a.rejects(404, "ResourceNotFound", "not found", "GET", identity+"x/providers/Microsoft.Resources/tags/default", groupsAPI, "")
	for filter, n := range map[string]int{
		"tagName+eq+'run'": 0, "tagName+eq+'keep'+and+tagValue+eq+'x'": 1, "resourceType+eq+'Microsoft.KeyVault/vaults'": 0, "resourceGroup+eq+'rg'": 1,
	} {
		if found := a.want(200, "GET", sub+"/resources?$filter="+filter, groupsAPI, "")["value"].([]any); len(found) != n {
			t.Errorf("%s: %v", filter, found)
		}
	}
	a.rejects(501, "NotImplemented", "the filter name eq 'x'", "GET", sub+"/resources?$filter=name+eq+'x'", groupsAPI, "")
}
