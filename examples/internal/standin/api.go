package standin

import (
	"testing"

	"github.com/workload-identity-quickstart/msal-go/internal/localazure"
	"github.com/workload-identity-quickstart/msal-go/internal/localazure/entra"
)

// What the API of the examples is to Entra ID.
const (
	APIClientID = "44444444-4444-4444-4444-444444444444"
	APIScope    = "api://" + localazure.TenantID + "/orders/.default"
)

// AddAPI registers the API in the tenant, with roles that the workload has there.
func AddAPI(t *testing.T, sandbox *localazure.Sandbox, roles ...string) {
	t.Helper()
	api := entra.Application{
		ClientID: APIClientID, ObjectID: APIClientID, TenantID: localazure.TenantID, AccessTokenVersion: 2,
		IdentifierURIs: []string{"api://" + localazure.TenantID + "/orders"}, AppRoles: map[string][]string{},
	}
	for _, role := range roles {
		api.AppRoles[role] = []string{localazure.ClientID}
	}
	if err := sandbox.Directory().AddApplication(api); err != nil {
		t.Fatal(err)
	}
}
