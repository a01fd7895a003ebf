package keyvault

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azsecrets"

	"github.com/workload-identity-quickstart/msal-go/internal/localazure/cloud"
)

func ptr[T any](v T) *T { return &v }

func TestSDKSetsGetsAndLists(t *testing.T) {
	f := newFixture(t)
	for _, c := range cloud.All() {
		t.Run(c.Name, func(t *testing.T) {
			v := f.vault(t, func(o *Options) { o.Cloud = c })
			client := f.secrets(t, v)
			expires := f.clock.Now().Add(time.Hour)
			set, err := client.SetSecret(t.Context(), "My-Secret", azsecrets.SetSecretParameters{
				Value: ptr("one"), ContentType: ptr("text/plain"), Tags: map[string]*string{"k": ptr("v")},
				SecretAttributes: &azsecrets.SecretAttributes{Expires: &expires},
			}, nil)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := client.SetSecret(t.Context(), "my-secret", azsecrets.SetSecretParameters{Value: ptr("two")}, nil); err != nil {
				t.Fatal(err)
			}
			if id := string(*set.ID); !strings.HasPrefix(id, v.URL()+"secrets/My-Secret/") || len(set.ID.Version()) != 32 {
				t.Errorf("id = %q", id)
			}
			newest, err := client.GetSecret(t.Context(), "my-secret", "", nil)
			if err != nil || *newest.Value != "two" {
				t.Errorf("newest version: %v", err)
			}
			first, err := client.GetSecret(t.Context(), "my-secret", set.ID.Version(), nil)
			if err != nil {
				t.Fatal(err)
			}
			if *first.Value != "one" || *first.ContentType != "text/plain" || *first.Tags["k"] != "v" || !*first.Attributes.Enabled ||
				!first.Attributes.Expires.Equal(expires) || !first.Attributes.Created.Equal(f.clock.Now()) {
				t.Errorf("first version: %+v, %+v", first.Secret, first.Attributes)
			}
			var listed []string
			for pager := client.NewListSecretPropertiesVersionsPager("my-secret", nil); pager.More(); {
				page, err := pager.NextPage(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				for _, item := range page.Value {
					listed = append(listed, string(*item.ID))
				}
			}
			if want := []string{string(*set.ID), string(*newest.ID)}; !slices.Equal(listed, want) {
				t.Errorf("listed %q, want %q", listed, want)
			}
		})
	}
}

func TestSDKSeesTheCodesOfRefusals(t *testing.T) {
	f := newFixture(t)
	v := f.vault(t, nil)
	if _, err := v.Set("s", Secret{Value: "v"}); err != nil {
		t.Fatal(err)
	}
	client := f.secrets(t, v)
	get := func(name string) *azcore.ResponseError {
		_, err := client.GetSecret(t.Context(), name, "", nil)
		refused, _ := errors.AsType[*azcore.ResponseError](err)
		return refused
	}
	if err := get("none"); err == nil || err.StatusCode != 404 || err.ErrorCode != "SecretNotFound" {
		t.Errorf("unknown secret: %v", err)
	}
	v.SetReaders()
	if err := get("s"); err == nil || err.StatusCode != 403 || err.ErrorCode != "Forbidden" {
		t.Errorf("without permission: %v", err)
	}
	v.SetReaders(clientID)
	if err := get("s"); err != nil {
		t.Errorf("with permission: %v", err)
	}
	v.SetLimit(1)
	if err := get("s"); err == nil || err.StatusCode != 429 || err.ErrorCode != "Throttled" || err.RawResponse.Header.Get("Retry-After") != "10" {
		t.Errorf("beyond the limit: %v", err)
	}
}

func TestRequestRefusals(t *testing.T) {
	f := newFixture(t)
	v := f.vault(t, nil)
	for name, s := range map[string]Secret{"s": {Value: "v"}, "off": {Value: "v"}} {
		if _, err := v.Set(name, s); err != nil {
			t.Fatal(err)
		}
	}
	if err := v.Disable("off"); err != nil {
		t.Fatal(err)
	}
	bearer := "Bearer " + f.token(t, "entra", false, nil)
	for _, test := range []struct {
		name, method, path, body string
		want                     refusal
	}{
		{"no api-version", "GET", "secrets/s", "", refusal{400, "BadParameter", "", "api-version must be specified"}},
		{"unknown api-version", "GET", "secrets/s?api-version=7.9", "",
			refusal{400, "BadParameter", "", "The specified version (7.9) is not recognized. Consider using the latest supported version (2026-04-01)."}},
		{"unknown secret", "GET", "secrets/none?api-version=7.4", "",
			refusal{404, "SecretNotFound", "", "A secret with (name/id) none was not found in this key vault."}},
		{"unknown version", "GET", "secrets/s/0123?api-version=7.4", "", refusal{404, "SecretNotFound", "", "(name/id) s/0123 was not found"}},
		{"disabled", "GET", "secrets/off?api-version=7.4", "", refusal{403, "Forbidden", "SecretDisabled", "Operation get is not allowed on a disabled secret."}},
		{"invalid name", "GET", "secrets/my_secret?api-version=7.4", "", refusal{400, "BadParameter", "", "The request URI contains an invalid name: my_secret"}},
		{"long name", "GET", "secrets/" + strings.Repeat("n", 128) + "?api-version=7.4", "", refusal{400, "BadParameter", "", "invalid name"}},
		{"set under an invalid name", "PUT", "secrets/a.b?api-version=7.4", `{"value":"v"}`, refusal{400, "BadParameter", "", "invalid name: a.b"}},
		{"set nothing", "PUT", "secrets/s?api-version=7.4", `{}`, refusal{400, "BadParameter", "", "value is missing"}},
		{"set no JSON", "PUT", "secrets/s?api-version=7.4", `value`, refusal{400, "BadParameter", "", "not a valid JSON object"}},
		{"set without content type", "PUT", "secrets/s?api-version=7.4", "", refusal{415, "BadParameter", "", "application/json"}},
		{"set too much", "PUT", "secrets/s?api-version=7.4", `{"value":"` + strings.Repeat("v", maxValue+1) + `"}`, refusal{400, "BadParameter", "", "longer"}},
		{"patch nothing", "PATCH", "secrets/none?api-version=7.4", "{}", refusal{404, "SecretNotFound", "", "(name/id) none was not found"}},
		{"patch no version", "PATCH", "secrets/s/0123?api-version=7.4", "{}", refusal{404, "SecretNotFound", "", "(name/id) s/0123 was not found"}},
		{"delete nothing", "DELETE", "secrets/none?api-version=7.4", "", refusal{404, "SecretNotFound", "", "(name/id) none was not found"}},
		{"delete a version", "DELETE", "secrets/s/0123?api-version=7.4", "", refusal{405, "MethodNotAllowed", "", "DELETE"}},
		// Recordings of the SDK for JavaScript, such as code index 6626176920.
		{"not deleted", "GET", "deletedsecrets/s?api-version=7.4", "", refusal{404, "SecretNotFound", "", "Deleted Secret not found: s"}},
		{"purge", "DELETE", "deletedsecrets/s?api-version=7.4", "", refusal{404, "SecretNotFound", "", "Deleted Secret not found: s"}},
		{"recover", "POST", "deletedsecrets/s/recover?api-version=7.4", "", refusal{404, "SecretNotFound", "", "Deleted Secret not found: s"}},
		{"long page", "GET", "secrets?maxresults=26&api-version=7.4", "", refusal{400, "BadParameter", "", "maxresults"}},
		{"page of nothing", "GET", "secrets?maxresults=0&api-version=7.4", "", refusal{400, "BadParameter", "", "maxresults"}},
		{"bad token", "GET", "secrets?$skiptoken=x&api-version=7.4", "", refusal{400, "BadParameter", "", "skiptoken"}},
		{"backup", "POST", "secrets/s/backup?api-version=7.4", "", refusal{501, "NotImplemented", "", "localazure does not implement POST /secrets/s/backup"}},
		{"restore", "POST", "secrets/restore?api-version=7.4", "{}", refusal{501, "NotImplemented", "", "localazure does not implement POST /secrets/restore"}},
		{"post", "POST", "secrets/s?api-version=7.4", "{}", refusal{405, "MethodNotAllowed", "", "POST"}},
		{"keys", "GET", "keys/k?api-version=7.4", "", refusal{501, "NotImplemented", "", "localazure does not implement GET /keys/k"}},
		{"nothing", "GET", "?api-version=7.4", "", refusal{501, "NotImplemented", "", "GET /"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			var got errorBody
			resp := f.send(t, test.method, v.URL()+test.path, bearer, test.body, &got)
			refused(t, resp, got, test.want)
			// Recordings of the SDK for JavaScript, such as code index 8584195462.
			if network := resp.Header.Get("x-ms-keyvault-network-info"); network != "conn_type=Ipv4;addr=127.0.0.1;act_addr_fam=InterNetwork;" {
				t.Errorf("x-ms-keyvault-network-info: %s", network)
			}
			for _, header := range []string{"X-Powered-By", "x-ms-request-id", "x-ms-keyvault-region", "x-ms-keyvault-service-version"} {
				if resp.Header.Get(header) == "" {
					t.Errorf("no %s", header)
				}
			}
		})
	}
	for _, version := range append(apiVersions(), "7.6-preview.1") {
		var got bundle
		if resp := f.send(t, http.MethodGet, v.URL()+"secrets/s?api-version="+version, bearer, "", &got); resp.StatusCode != 200 || *got.Value != "v" {
			t.Errorf("api-version %s: status %d", version, resp.StatusCode)
		}
	}
}

func TestDenialsNameWhatIsMissing(t *testing.T) {
	f := newFixture(t)
	rbac := f.vault(t, func(o *Options) { o.Name, o.Readers, o.Writers = "kv-rbac", nil, nil })
	policy := f.vault(t, func(o *Options) {
		o.Name, o.Readers, o.Writers, o.PermissionModel, o.Location = "kv-policy", nil, nil, AccessPolicy, "westus"
	})
	bearer := "Bearer " + f.token(t, "entra", false, nil)
	who := "appid=" + clientID + ";oid=" + objectID + ";iss=" + cloud.Public().IssuerV1(tenantID)
	for _, test := range []struct{ method, path, action, permission string }{
		{"GET", "secrets/my-secret?api-version=7.4", "getSecret/action", "get"},
		{"GET", "secrets/my-secret/versions?api-version=7.4", "readMetadata/action", "list"},
		{"PUT", "secrets/my-secret?api-version=7.4", "setSecret/action", "set"},
		{"PATCH", "secrets/my-secret?api-version=7.4", "update/action", "set"},
		{"DELETE", "secrets/my-secret?api-version=7.4", "delete", "delete"},
		{"GET", "deletedsecrets/my-secret?api-version=7.4", "getSecret/action", "get"},
		{"POST", "deletedsecrets/my-secret/recover?api-version=7.4", "recover/action", "recover"},
		{"DELETE", "deletedsecrets/my-secret?api-version=7.4", "purge/action", "purge"},
	} {
		var got errorBody
		resp := f.send(t, test.method, rbac.URL()+test.path, bearer, "{}", &got)
		refused(t, resp, got, refusal{403, "Forbidden", "ForbiddenByRbac", "Caller is not authorized to perform action on resource.\r\n"})
		for _, line := range []string{
			"Caller: " + who, "Action: 'Microsoft.KeyVault/vaults/secrets/" + test.action + "'",
			"Resource: '" + rbac.resourceID + "/secrets/my-secret'", "Assignment: (not found)",
			"DecisionReason: 'DeniedWithNoValidRBAC' ", "Vault: kv-rbac;location=eastus",
		} {
			if !strings.Contains(got.Error.Message, "\r\n"+line+"\r\n") {
				t.Errorf("%s: no line %q in %q", test.permission, line, got.Error.Message)
			}
		}
		got = errorBody{}
		resp = f.send(t, test.method, policy.URL()+test.path, bearer, "{}", &got)
		refused(t, resp, got, refusal{403, "Forbidden", "AccessDenied", "The user, group or application '" + who + "' does not have secrets " +
			test.permission + " permission on key vault 'kv-policy;location=westus'. For help"})
	}
}

// The texts were reported at hashicorp/terraform-provider-azurerm#20742, in the lab of
// code index 190459723 and, for the perimeter, at
// https://learn.microsoft.com/azure/devops/pipelines/release/azure-key-vault (code index
// 13989954906); its code is in code index 5505215607.
func TestNetworksKeepCallersOut(t *testing.T) {
	const mirid = "/subscriptions/s/resourcegroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/i"
	who := "\r\nCaller: appid=" + clientID + ";oid=" + objectID + ";iss=https://sts.windows.net/" + tenantID + "/;xms_mirid=" + mirid +
		"\r\nVault: kv-test;location=eastus"
	for network, text := range map[Network]string{
		Firewall:   "Client address is not authorized and caller is not a trusted service.\r\nClient address: 127.0.0.1" + who,
		Connection: "Public network access is disabled and request is not from a trusted service nor via an approved private link." + who,
		Perimeter: "Request was not allowed by NSP rules and the client address is not authorized and caller was ignored because bypass is set to None" +
			"\r\nClient address: 127.0.0.1" + who,
	} {
		f := newFixture(t)
		v := f.vault(t, func(o *Options) { o.Network = network })
		var got errorBody
		resp := f.send(t, http.MethodGet, v.URL()+"secrets/s?api-version=7.4", "Bearer "+f.token(t, "entra", false, map[string]any{"xms_mirid": mirid}), "", &got)
		refused(t, resp, got, refusal{403, "Forbidden", string(network), text})
		if got.Error.Message != text {
			t.Errorf("%s: %q\nwant %q", network, got.Error.Message, text)
		}
		// Who has no token is not told of the network.
		resp = f.send(t, http.MethodGet, v.URL()+"secrets/s?api-version=7.4", "", "", &got)
		if resp.StatusCode != http.StatusUnauthorized {
			t.Errorf("%s, without a token: status %d", network, resp.StatusCode)
		}
	}
}

func TestSDKPages(t *testing.T) {
	f := newFixture(t)
	v := f.vault(t, nil)
	client := f.secrets(t, v)
	var want []string
	for i := range 2*maxPage + 1 {
		name := fmt.Sprintf("s%02d", i)
		want = append(want, v.URL()+"secrets/"+name)
		if _, err := v.Set(name, Secret{Value: "v", ContentType: "text/plain"}); err != nil {
			t.Fatal(err)
		}
		if _, err := v.Set("versions", Secret{Value: "v"}); err != nil {
			t.Fatal(err)
		}
	}
	want = append(want, v.URL()+"secrets/versions")
	var names []string
	pages := 0
	for pager := client.NewListSecretPropertiesPager(nil); pager.More(); pages++ {
		page, err := pager.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, item := range page.Value {
			names = append(names, string(*item.ID))
		}
	}
	if pages != 3 || !slices.Equal(names, want) {
		t.Errorf("%d pages: %q", pages, names)
	}
	versions := 0
	for pager := client.NewListSecretPropertiesVersionsPager("versions", nil); pager.More(); {
		page, err := pager.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		versions += len(page.Value)
	}
	if versions != 2*maxPage+1 {
		t.Errorf("%d versions", versions)
	}

	// A link as in code index 25896148633.
	var page struct {
		Value    []map[string]any
		NextLink string
	}
	f.send(t, http.MethodGet, v.URL()+"secrets?api-version=7.4&maxresults=2", "Bearer "+f.token(t, "entra", false, nil), "", &page)
	if prefix := "https://kv-test.vault.azure.net:443/secrets?api-version=7.4&$skiptoken=eyJOZXh0TWFya2VyIjoi"; len(page.Value) != 2 ||
		!strings.HasPrefix(page.NextLink, prefix) || !strings.HasSuffix(page.NextLink, "&maxresults=2") {
		t.Errorf("%d items, next link %q, want %s…", len(page.Value), page.NextLink, prefix)
	}
	if _, ok := page.Value[0]["value"]; ok || page.Value[0]["contentType"] != "text/plain" {
		t.Errorf("item = %v", page.Value[0])
	}
}

func TestSDKUpdatesDeletesAndRecovers(t *testing.T) {
	f := newFixture(t)
	v := f.vault(t, nil)
	client := f.secrets(t, v)
	ctx := t.Context()
	set, err := client.SetSecret(ctx, "s", azsecrets.SetSecretParameters{Value: ptr("one")}, nil)
	if err != nil {
		t.Fatal(err)
	}
	f.clock.advance(time.Minute)
	updated, err := client.UpdateSecretProperties(ctx, "s", set.ID.Version(), azsecrets.UpdateSecretPropertiesParameters{
		ContentType: ptr("text/plain"), Tags: map[string]*string{"k": ptr("v")},
	}, nil)
	if err != nil || updated.Value != nil || *updated.ContentType != "text/plain" || *updated.Tags["k"] != "v" || !updated.Attributes.Updated.After(*set.Attributes.Updated) {
		t.Errorf("updated: %+v, %v", updated, err)
	}
	if got, err := client.GetSecret(ctx, "s", "", nil); err != nil || *got.Value != "one" || *got.Tags["k"] != "v" {
		t.Errorf("after the update: %v", err)
	}
	// The disabled secret can be updated, but not read.
	for _, enabled := range []bool{false, true} {
		if _, err := client.UpdateSecretProperties(ctx, "s", "", azsecrets.UpdateSecretPropertiesParameters{
			SecretAttributes: &azsecrets.SecretAttributes{Enabled: &enabled},
		}, nil); err != nil {
			t.Error(err)
		}
		if _, err := client.GetSecret(ctx, "s", "", nil); (err == nil) != enabled {
			t.Errorf("enabled %t: %v", enabled, err)
		}
	}

	code := func(err error) string {
		refused, _ := errors.AsType[*azcore.ResponseError](err)
		if refused == nil {
			return fmt.Sprint(err)
		}
		return fmt.Sprint(refused.StatusCode, " ", refused.ErrorCode)
	}
	deleted, err := client.DeleteSecret(ctx, "s", nil)
	if err != nil || *deleted.RecoveryID != v.URL()+"deletedsecrets/s" || *deleted.ID != *set.ID || !deleted.DeletedDate.Equal(f.clock.Now()) ||
		deleted.ScheduledPurgeDate.Sub(*deleted.DeletedDate) != 90*24*time.Hour {
		t.Errorf("deleted: %+v, %v", deleted, err)
	}
	if got, err := client.GetDeletedSecret(ctx, "s", nil); err != nil || *got.RecoveryID != *deleted.RecoveryID {
		t.Errorf("get deleted: %v", err)
	}
	if _, err := client.GetSecret(ctx, "s", "", nil); code(err) != "404 SecretNotFound" {
		t.Errorf("get: %v", err)
	}
	// Code index 12181992089.
	var got errorBody
	resp := f.send(t, http.MethodPut, v.URL()+"secrets/s?api-version=7.4", "Bearer "+f.token(t, "entra", false, nil), `{"value":"two"}`, &got)
	refused(t, resp, got, refusal{409, "Conflict", "ObjectIsDeletedButRecoverable", "Secret s is currently in a deleted but recoverable state, " +
		"and its name cannot be reused; in this state, the secret can only be recovered or purged."})
	if _, err := v.Set("s", Secret{}); err == nil {
		t.Error("a deleted secret was set")
	}
	live, err := client.NewListSecretPropertiesPager(nil).NextPage(ctx)
	if err != nil || len(live.Value) != 0 {
		t.Errorf("%d secrets: %v", len(live.Value), err)
	}
	page, err := client.NewListDeletedSecretPropertiesPager(nil).NextPage(ctx)
	if err != nil || len(page.Value) != 1 || string(*page.Value[0].ID) != v.URL()+"secrets/s" {
		t.Errorf("deleted secrets: %+v, %v", page.Value, err)
	}

	if recovered, err := client.RecoverDeletedSecret(ctx, "s", nil); err != nil || *recovered.ID != *set.ID {
		t.Errorf("recovered: %v", err)
	}
	if got, err := client.GetSecret(ctx, "s", "", nil); err != nil || *got.Value != "one" {
		t.Errorf("after the recovery: %v", err)
	}
	if _, err := client.PurgeDeletedSecret(ctx, "s", nil); code(err) != "404 SecretNotFound" {
		t.Errorf("purge of what is not deleted: %v", err)
	}
	if _, err := client.DeleteSecret(ctx, "s", nil); err != nil {
		t.Error(err)
	}
	if _, err := client.PurgeDeletedSecret(ctx, "s", nil); err != nil {
		t.Error(err)
	}
	if _, err := client.SetSecret(ctx, "s", azsecrets.SetSecretParameters{Value: ptr("two")}, nil); err != nil {
		t.Errorf("set after the purge: %v", err)
	}
}

func TestSecretsCanBeReadOutsideTheirWindow(t *testing.T) {
	f := newFixture(t)
	v := f.vault(t, nil)
	now := f.clock.Now()
	for name, s := range map[string]Secret{
		"expired": {Value: "v", Expires: now.Add(-time.Hour)},
		"future":  {Value: "v", NotBefore: now.Add(time.Hour)},
	} {
		if _, err := v.Set(name, s); err != nil {
			t.Fatal(err)
		}
		got, err := f.secrets(t, v).GetSecret(t.Context(), name, "", nil)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if e, n := got.Attributes.Expires, got.Attributes.NotBefore; e != nil && !e.Equal(s.Expires) || n != nil && !n.Equal(s.NotBefore) || e == nil && n == nil {
			t.Errorf("%s: exp %v, nbf %v", name, e, n)
		}
	}
}

func TestThrottling(t *testing.T) {
	f := newFixture(t)
	v := f.vault(t, func(o *Options) { o.Limit = 2 })
	if _, err := v.Set("s", Secret{Value: "v"}); err != nil {
		t.Fatal(err)
	}
	bearer := "Bearer " + f.token(t, "entra", false, nil)
	get := func(authorization string) *http.Response {
		var body any
		return f.send(t, http.MethodGet, v.URL()+"secrets/s?api-version=7.4", authorization, "", &body)
	}
	for _, step := range []struct {
		advance       time.Duration
		authorization string
		status        int
		retryAfter    string
	}{
		{0, bearer, 200, ""},
		{0, "", 401, ""}, // does not count
		{4 * time.Second, bearer, 200, ""},
		{0, bearer, 429, "6"},
		{5500 * time.Millisecond, bearer, 429, "1"},
		{500 * time.Millisecond, bearer, 200, ""}, // the first has left the window
		{0, bearer, 429, "4"},
	} {
		f.clock.advance(step.advance)
		if resp := get(step.authorization); resp.StatusCode != step.status || resp.Header.Get("Retry-After") != step.retryAfter {
			t.Fatalf("after %s: status %d, Retry-After %q, want %d, %q", step.advance, resp.StatusCode,
				resp.Header.Get("Retry-After"), step.status, step.retryAfter)
		}
	}
	var got errorBody
	resp := f.send(t, http.MethodGet, v.URL()+"secrets/s?api-version=7.4", bearer, "", &got)
	refused(t, resp, got, refusal{429, "Throttled", "", "too many requests were received. Reason: VaultRequestTypeLimitReached"})
	v.SetLimit(1) // so that both of the requests that count must leave the window
	if resp := get(bearer); resp.Header.Get("Retry-After") != "10" {
		t.Errorf("with a lower limit: Retry-After %q, want 10", resp.Header.Get("Retry-After"))
	}
	v.SetLimit(0)
	if resp := get(bearer); resp.StatusCode != http.StatusOK {
		t.Errorf("with the default limit: status %d", resp.StatusCode)
	}
}

func TestModelRefuses(t *testing.T) {
	f := newFixture(t)
	v := f.vault(t, nil)
	add := func(change func(*Options)) error {
		o := Options{Name: "kv-other", Cloud: cloud.Public(), TenantID: tenantID}
		change(&o)
		_, err := f.Add(o)
		return err
	}
	_, nameErr := v.Set("my_secret", Secret{})
	_, keysErr := New(Config{})
	for want, err := range map[string]error{
		`vault name "kv"`:        add(func(o *Options) { o.Name = "kv" }),
		`vault name "1kv"`:       add(func(o *Options) { o.Name = "1kv" }),
		`vault name "k--v"`:      add(func(o *Options) { o.Name = "k--v" }),
		`vault name "kv-"`:       add(func(o *Options) { o.Name = "kv-" }),
		`vault name "k.v"`:       add(func(o *Options) { o.Name = "k.v" }),
		"3 to 24":                add(func(o *Options) { o.Name = strings.Repeat("k", 25) }),
		"is not a GUID":          add(func(o *Options) { o.TenantID = "contoso" }),
		"has no cloud":           add(func(o *Options) { o.Cloud = cloud.Cloud{} }),
		"is negative":            add(func(o *Options) { o.Limit = -1 }),
		"exists already":         add(func(o *Options) { o.Name = "KV-Test" }),
		`secret name "my_secret`: nameErr,
		`no secret "none"`:       v.Disable("none"),
		"needs the keys":         keysErr,
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error = %v, want %q in it", err, want)
		}
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://kv-none.vault.azure.net/secrets/s", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := f.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusMisdirectedRequest {
		t.Errorf("unknown vault: status %d", resp.StatusCode)
	}
}
