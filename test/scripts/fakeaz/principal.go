package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/workload-identity-quickstart/msal-go/test/scripts/fakeaz/internal/state"
)

func principalCommands() map[string]handler {
	return map[string]handler{
		"ad signed-in-user show": showSignedInUser,
		"ad sp create":           createPrincipal,
		"ad sp delete":           deletePrincipal,
		"ad sp list":             listPrincipals,
		"ad sp show":             showPrincipal,
	}
}

func showSignedInUser(c *call) (any, error) {
	user := c.state.Account.User
	if user.Type != "user" {
		return nil, userError("/me request is only valid with delegated authentication flow.")
	}
	return object{"displayName": user.Name, "id": user.ObjectID, "mail": nil, "userPrincipalName": user.Name}, nil
}

// addPrincipal enters a service principal into the directory; a managed identity
// has one too.
func (c *call) addPrincipal(appID, objectID, name, kind string) *state.Entry {
	entry := &state.Entry{Attempts: c.state.Propagation.Principal, Body: object{
		"accountEnabled": true, "appId": appID, "displayName": name, "id": objectID,
		"servicePrincipalNames": []any{appID}, "servicePrincipalType": kind,
	}}
	c.state.ServicePrincipals = append(c.state.ServicePrincipals, entry)
	return entry
}

func (c *call) removePrincipal(objectID any) {
	c.state.ServicePrincipals = slices.DeleteFunc(c.state.ServicePrincipals, func(e *state.Entry) bool {
		return e.Body["id"] == objectID
	})
}

// principalNamed finds a service principal by its application (client) id.
func (c *call) principalNamed(appID string) *state.Entry {
	return findEntry(c.state.ServicePrincipals, "appId", appID)
}

func findEntry(entries []*state.Entry, key, value string) *state.Entry {
	i := slices.IndexFunc(entries, func(e *state.Entry) bool { return strings.EqualFold(e.Body[key].(string), value) })
	if i < 0 {
		return nil
	}
	return entries[i]
}

// directoryObject finds a user or service principal by user name, client id or
// object id. With replicated, a new principal is not found at first.
func (c *call) directoryObject(name string, replicated bool) (id, kind string) {
	user := c.state.Account.User
	if strings.EqualFold(name, user.Name) || strings.EqualFold(name, user.ObjectID) {
		if user.Type == "user" {
			return user.ObjectID, "User"
		}
		return user.ObjectID, "ServicePrincipal"
	}
	entry := c.principalNamed(name)
	if entry == nil {
		entry = findEntry(c.state.ServicePrincipals, "id", name)
	}
	if entry == nil || replicated && !entry.Ready() {
		return "", ""
	}
	return entry.Body["id"].(string), "ServicePrincipal"
}

// principal finds the service principal of --id: a client id or an object id.
func (c *call) principal() (*state.Entry, error) {
	id := c.String("--id")
	if entry := c.principalNamed(id); entry != nil {
		return entry, nil
	}
	if entry := findEntry(c.state.ServicePrincipals, "id", id); entry != nil {
		return entry, nil
	}
	if guid.MatchString(id) {
		return nil, c.notInGraph(id)
	}
	return nil, c.graphError("Service principal '%s' doesn't exist", id)
}

// notInGraph is Microsoft Graph's answer for an object id that it does not know.
func (c *call) notInGraph(id string) error {
	return c.graphError("Resource '%s' does not exist or one of its queried reference-property objects are not present.", id)
}

// graphError is a 404 of Microsoft Graph, with which only show exits with 3.
func (c *call) graphError(format string, args ...any) error {
	failed := failure{status: 1, text: fmt.Sprintf(format, args...)}
	if strings.HasSuffix(c.Command, " show") {
		failed.status = 3
	}
	return failed
}

func showPrincipal(c *call) (any, error) {
	entry, err := c.principal()
	if err != nil {
		// A service principal that is logged in can look itself up.
		if user := c.state.Account.User; user.Type != "user" && slices.Contains([]string{user.Name, user.ObjectID}, c.String("--id")) {
			return object{"appId": user.Name, "displayName": user.Name, "id": user.ObjectID, "servicePrincipalType": "Application"}, nil
		}
		return nil, err
	}
	return entry.Body, nil
}

func listPrincipals(c *call) (any, error) {
	c.ignore("--all")
	found, err := c.filter(c.state.ServicePrincipals, map[string]string{"--spn": "appId"})
	return entryBodies(found), err
}

// createPrincipal refuses an application that its directory has not seen yet.
func createPrincipal(c *call) (any, error) {
	id := c.String("--id")
	application := c.applicationOf(id)
	if application == nil || !application.Ready() {
		return nil, userError("The appId '%s' of the service principal does not reference a valid application object.", id)
	}
	appID := application.Body["appId"].(string)
	if c.principalNamed(appID) != nil {
		return nil, userError("The service principal cannot be created, updated, or restored because the service principal name "+
			"%s is already in use.", appID)
	}
	return c.addPrincipal(appID, c.state.NewGUID("principal", appID), application.Body["displayName"].(string), "Application").Body, nil
}

func deletePrincipal(c *call) (any, error) {
	entry, err := c.principal()
	if err != nil {
		return nil, err
	}
	c.removePrincipal(entry.Body["id"])
	return nil, nil
}
