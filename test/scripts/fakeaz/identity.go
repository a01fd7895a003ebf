package main

import (
	"cmp"
	"regexp"

	"github.com/workload-identity-quickstart/msal-go/test/scripts/fakeaz/internal/state"
)

const identityKind = "Microsoft.ManagedIdentity/userAssignedIdentities"

func identityCommands() map[string]handler {
	return map[string]handler{
		"identity create": createIdentity,
		"identity delete": deleteIdentity,
		"identity list":   listIdentities,
		"identity show":   showIdentity,
	}
}

var identityName = regexp.MustCompile(`^[a-zA-Z0-9][-_a-zA-Z0-9]{2,127}$`)

func createIdentity(c *call) (any, error) {
	group, name := c.String("--resource-group"), c.String("--name")
	if err := c.prepare(group, "Microsoft.ManagedIdentity"); err != nil {
		return nil, err
	}
	if !identityName.MatchString(name) {
		return nil, azureError(400, "InvalidResourceName", "The resource name '%s' is invalid: it must begin with a letter or "+
			"digit, contain only letters, digits, hyphens and underscores, and have 3 to 128 characters.", name)
	}
	id := c.resourceID(group, identityKind, name)
	existing := c.state.Find(id)
	body := object{
		"location": c.location(),
		"tags":     orEmpty(c.Tags("--tags")),
		"tenantId": c.state.Account.TenantID,
	}
	if existing == nil {
		body["clientId"] = cmp.Or(c.state.Defaults.ClientID, c.state.NewGUID("client", id))
		body["principalId"] = c.state.NewGUID("principal", id)
	} else {
		body["clientId"], body["principalId"] = existing.Body["clientId"], existing.Body["principalId"]
		if !c.Has("--tags") {
			body["tags"] = existing.Body["tags"]
		}
	}
	identity, err := c.create(id, body)
	if err != nil {
		return nil, err
	}
	if existing == nil {
		c.addPrincipal(body["clientId"].(string), body["principalId"].(string), name, "ManagedIdentity")
	}
	return identity.Body, nil
}

func (c *call) identity(name string) (*state.Resource, error) {
	return c.find(c.String("--resource-group"), identityKind, name)
}

func showIdentity(c *call) (any, error) { return bodyOf(c.namedIdentity()) }

func deleteIdentity(c *call) (any, error) {
	identity, err := c.namedIdentity()
	return nil, c.removeIfFound(identity, err)
}

// namedIdentity finds the identity of --resource-group and --name, which the CLI
// requires only without --ids.
func (c *call) namedIdentity() (*state.Resource, error) {
	if c.String("--resource-group") == "" || c.String("--name") == "" {
		return nil, usage("(--name --resource-group | --ids) are required")
	}
	return c.identity(c.String("--name"))
}

func listIdentities(c *call) (any, error) {
	found, err := c.list(identityKind, c.String("--resource-group"))
	return bodies(found), err
}
