package entra

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/workload-identity-quickstart/msal-go/internal/localazure/cloud"
)

// TestTokenForAnAPIOfOnesOwn asks for tokens to an application of the tenant.
func TestTokenForAnAPIOfOnesOwn(t *testing.T) {
	const apiID, otherTenant = "44444444-4444-4444-4444-44444444444a", "55555555-5555-5555-5555-555555555555"
	f := newFixture(t, Config{})
	if err := f.AddTenant(Tenant{ID: otherTenant, Cloud: cloud.Public()}); err != nil {
		t.Fatal(err)
	}
	api := Application{
		AccessTokenVersion: 2,
		ClientID:           strings.ToUpper(apiID), ObjectID: apiID, TenantID: tenantID, IdentifierURIs: []string{"api://orders"},
		AppRoles: map[string][]string{"Orders.Write": {otherID, clientID}, "Orders.Read": {clientID}, "Orders.Delete": {otherID}, "Orders.Audit": nil},
	}
	foreign := Application{ClientID: otherID, ObjectID: otherID, TenantID: otherTenant, IdentifierURIs: []string{"api://foreign", "api://orders"}}
	for _, app := range []Application{api, foreign} {
		if err := f.AddApplication(app); err != nil {
			t.Fatal(err)
		}
	}
	api.ClientID = "66666666-6666-6666-6666-666666666666"
	if err := f.AddApplication(api); err == nil || !strings.Contains(err.Error(), "identifier URI api://orders is taken") {
		t.Errorf("the same identifier URI again: %v", err)
	}

	for _, test := range []struct {
		scope, issuer, audience string
		roles                   []string
	}{
		{"api://orders/.default", issuerV2, apiID, []string{"Orders.Read", "Orders.Write"}},
		{apiID + "/.default", issuerV2, apiID, []string{"Orders.Read", "Orders.Write"}},
		{clientID + "/.default", issuerV1, clientID, nil}, // a token to itself
	} {
		form := f.form(t)
		form.Set("scope", test.scope)
		var got tokenResponse
		if resp := f.do(t, newTokenRequest(t, tokenURL, form), &got); resp.StatusCode != http.StatusOK {
			t.Errorf("%s: status %d", test.scope, resp.StatusCode)
			continue
		}
		if claims := f.verified(t, got.AccessToken, test.issuer, test.audience); !slices.Equal(claims.Roles, test.roles) {
			t.Errorf("%s: roles %q, want %q", test.scope, claims.Roles, test.roles)
		}
	}
	for _, scope := range []string{"api://Orders/.default", "api://orders//.default", "api://foreign/.default", otherID + "/.default"} {
		form := f.form(t)
		form.Set("scope", scope)
		var got errorBody
		resp := f.do(t, newTokenRequest(t, tokenURL, form), &got)
		refused(t, resp, got, refusal{400, "invalid_resource", 500011, "resource principal named " + strings.TrimSuffix(scope, "/.default")})
	}
}
