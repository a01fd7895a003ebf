package main

import (
	"regexp"
	"strings"

	"github.com/workload-identity-quickstart/msal-go/test/scripts/fakeaz/internal/state"
)

const (
	exchangeAudience = "api://AzureADTokenExchange"
	maxCredentials   = 20
)

func credentialCommands() map[string]handler {
	return map[string]handler{
		"identity federated-credential create": putCredential,
		"identity federated-credential delete": deleteCredential,
		"identity federated-credential list":   listCredentials,
		"identity federated-credential show":   showCredential,
		"identity federated-credential update": putCredential,
	}
}

var credentialName = regexp.MustCompile(`^[a-zA-Z0-9][-_a-zA-Z0-9]{2,119}$`)

// putCredential creates a credential or overwrites the one of that name: both
// commands send the same request.
func putCredential(c *call) (any, error) {
	name, issuer, subject := c.String("--name"), c.String("--issuer"), c.String("--subject")
	audiences := c.List("--audiences")
	if len(audiences) == 0 {
		audiences = []string{exchangeAudience}
	}
	if issuer == "" || subject == "" {
		return nil, userError("usage error: please provide both --issuer and --subject parameters")
	}
	if _, err := c.writableGroup(c.String("--resource-group")); err != nil {
		return nil, err
	}
	parent := c.resourceID(c.String("--resource-group"), identityKind, c.String("--identity-name"))
	if c.state.Find(parent) == nil {
		return nil, azureError(404, "ParentResourceNotFound", "Failed to perform 'write' on resource(s) of type "+
			"'userAssignedIdentities/federatedIdentityCredentials', because the parent resource '%s' could not be found.", parent)
	}
	if !credentialName.MatchString(name) {
		return nil, azureError(400, "BadRequest", "The federated identity credential name '%s' is invalid: it must begin with a "+
			"letter or digit, contain only letters, digits, hyphens and underscores, and have 3 to 120 characters.", name)
	}
	if !strings.HasPrefix(issuer, "https://") {
		return nil, azureError(400, "BadRequest", "The issuer '%s' must be a URL that begins with https.", issuer)
	}
	if len(audiences) > 1 {
		return nil, azureError(400, "BadRequest", "A federated identity credential has exactly one audience.")
	}
	id := parent + "/federatedIdentityCredentials/" + name
	if err := c.checkOthers(parent, id, issuer, subject); err != nil {
		return nil, err
	}
	return c.state.Put(id, object{
		"audiences": anyList(audiences), "id": id, "issuer": issuer, "name": name,
		"resourceGroup": c.String("--resource-group"), "subject": subject,
		"type": identityKind + "/federatedIdentityCredentials",
	}).Body, nil
}

// checkOthers refuses an issuer and subject that another credential has, and more
// credentials than an identity can have.
func (c *call) checkOthers(parent, id, issuer, subject string) error {
	count := 0
	for _, other := range c.credentialsOf(parent) {
		if strings.EqualFold(other.ID(), id) {
			continue
		}
		count++
		if other.Body["issuer"] == issuer && other.Body["subject"] == subject {
			return azureError(400, "BadRequest", "Issuer and subject combination already exists for this Managed Identity.")
		}
	}
	if count >= maxCredentials {
		return azureError(400, "BadRequest", "Too many Federated Identity Credentials, maximum number allowed is %d.", maxCredentials)
	}
	return nil
}

func (c *call) credentialsOf(parent string) []*state.Resource {
	return c.state.List(func(id string) bool { return within(id, parent+"/federatedIdentityCredentials") })
}

// credential finds the one of --identity-name and --name.
func (c *call) credential() (*state.Resource, error) {
	identity, err := c.identity(c.String("--identity-name"))
	if err != nil {
		return nil, err
	}
	name := c.String("--name")
	found := c.state.Find(identity.ID() + "/federatedIdentityCredentials/" + name)
	if found == nil {
		return nil, azureError(404, "NotFound", "The federated identity credential '%s' was not found on identity '%s'.",
			name, identity.Body["name"])
	}
	return found, nil
}

func showCredential(c *call) (any, error) { return bodyOf(c.credential()) }

func listCredentials(c *call) (any, error) {
	identity, err := c.identity(c.String("--identity-name"))
	if err != nil {
		return nil, err
	}
	return bodies(c.credentialsOf(identity.ID())), nil
}

func deleteCredential(c *call) (any, error) {
	if err := c.confirm(); err != nil {
		return nil, err
	}
	found, err := c.credential()
	return nil, c.removeIfFound(found, err)
}
