package keyvault

import (
	"errors"
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
		{"delete", "DELETE", "secrets/s?api-version=7.4", "", refusal{405, "MethodNotAllowed", "", "DELETE"}},
		{"post", "POST", "secrets/s?api-version=7.4", "{}", refusal{405, "MethodNotAllowed", "", "POST"}},
		{"keys", "GET", "keys/k?api-version=7.4", "", refusal{404, "NotFound", "", "not found"}},
		{"nothing", "GET", "?api-version=7.4", "", refusal{404, "NotFound", "", "not found"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			var got errorBody
			resp := f.send(t, test.method, v.URL()+test.path, bearer, test.body, &got)
			refused(t, resp, got, test.want)
			for _, header := range []string{"x-ms-request-id", "x-ms-keyvault-region", "x-ms-keyvault-service-version"} {
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
	who := "appid=" + clientID + ";oid=" + objectID + ";iss=" + cloud.Public().Issuers(tenantID)[0]
	for _, test := range []struct{ method, path, action, permission string }{
		{"GET", "secrets/my-secret?api-version=7.4", "getSecret", "get"},
		{"GET", "secrets/my-secret/versions?api-version=7.4", "readMetadata", "list"},
		{"PUT", "secrets/my-secret?api-version=7.4", "setSecret", "set"},
	} {
		var got errorBody
		resp := f.send(t, test.method, rbac.URL()+test.path, bearer, "{}", &got)
		refused(t, resp, got, refusal{403, "Forbidden", "ForbiddenByRbac", "Caller is not authorized to perform action on resource.\r\n"})
		for _, line := range []string{
			"Caller: " + who, "Action: 'Microsoft.KeyVault/vaults/secrets/" + test.action + "/action'",
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
