package main

import (
	"errors"
	"fmt"
	"slices"

	"github.com/workload-identity-quickstart/msal-go/internal/localazure/entra"
	"github.com/workload-identity-quickstart/msal-go/internal/localazure/guid"
)

// api is an application to get tokens for, and the role it gives to the workload.
type api struct{ uri, clientID, role, tokenVersion string }

// parseAPI reads uri=URI,client-id=GUID[,role=ROLE][,token-version=1|2].
func parseAPI(v string) (api, error) {
	var a api
	err := parseFields(v, map[string]*string{"uri": &a.uri, "client-id": &a.clientID, "role": &a.role, "token-version": &a.tokenVersion}, "uri", "client-id")
	if !slices.Contains([]string{"", "1", "2"}, a.tokenVersion) {
		err = errors.Join(err, fmt.Errorf("token-version %q is neither 1 nor 2", a.tokenVersion))
	}
	return a, err
}

// addAPIs registers the APIs in tenant, with their roles assigned to client.
func addAPIs(directory *entra.Directory, apis []api, tenant, client string) error {
	var errs []error
	for _, a := range apis {
		app := entra.Application{ClientID: a.clientID, ObjectID: guid.New(), TenantID: tenant, IdentifierURIs: []string{a.uri}}
		if a.tokenVersion == "2" {
			app.AccessTokenVersion = 2
		}
		if a.role != "" {
			app.AppRoles = map[string][]string{a.role: {client}}
		}
		if err := directory.AddApplication(app); err != nil {
			errs = append(errs, fmt.Errorf("api %s: %w", a.uri, err))
		}
	}
	return errors.Join(errs...)
}
