package arm

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"github.com/workload-identity-quickstart/msal-go/internal/localazure/entra"
	"github.com/workload-identity-quickstart/msal-go/internal/localazure/guid"
)

var (
	identityName   = regexp.MustCompile(`^[a-zA-Z0-9][-_a-zA-Z0-9]{2,127}$`)
	credentialName = regexp.MustCompile(`^[a-zA-Z0-9][-_a-zA-Z0-9]{2,119}$`)
)

// identityKind is a user-assigned managed identity, which Entra ID knows at once and
// Microsoft Graph after a while.
func identityKind() *kind {
	return &kind{
		typ: "Microsoft.ManagedIdentity/userAssignedIdentities",
		check: func(c *call, r, old *resource) *reply {
			if !identityName.MatchString(c.values["name"]) {
				rep := badRequest("The resource name '%s' is invalid.", c.values["name"])
				return &rep
			}
			r.body["properties"] = object{"tenantId": c.cfg.TenantID, "clientId": guid.New(), "principalId": guid.New()}
			if old != nil {
				r.body["properties"] = old.properties()
				return nil
			}
			if err := c.cfg.Directory.AddApplication(entra.Application{
				ClientID: text(r.properties(), "clientId"), ObjectID: text(r.properties(), "principalId"), TenantID: c.cfg.TenantID,
				Name: c.values["name"], ManagedIdentity: identityID(r.id), KnownAt: c.cfg.Now().Add(c.cfg.Delays[Graph]),
			}); err != nil {
				rep := badRequest("%s", err)
				return &rep
			}
			return nil
		},
		done: func(_ *call, r, old *resource) reply {
			if old == nil {
				return reply{status: http.StatusCreated, body: r.body}
			}
			return ok(r.body)
		},
		remove: func(m *Manager, r *resource) { m.cfg.Directory.RemoveApplication(text(r.properties(), "clientId")) },
	}
}

// identityID is a resource ID as managed identities report it.
func identityID(id string) string {
	return strings.Replace(id, "/resourceGroups/", "/resourcegroups/", 1)
}

// credentialKind is a federated identity credential. What is wrong, and the texts that
// are in quotes there, is listed at
// https://learn.microsoft.com/entra/workload-id/workload-identity-federation-create-trust-user-assigned-managed-identity;
// the limit of twenty is in the issues of Azure/kars, and the conflict in those of
// Azure/bicep.
func credentialKind() *kind {
	k := &kind{typ: "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials"}
	k.check = func(c *call, r, old *resource) *reply {
		rep, valid := c.checkCredential(r, old)
		if valid {
			return nil
		}
		return &rep
	}
	k.done = func(c *call, r, old *resource) reply {
		p, identity, m := r.properties(), c.identityOf(r), c.Manager
		clientID, name := text(identity.properties(), "clientId"), text(r.body, "name")
		if old != nil {
			_ = c.cfg.Directory.RemoveFederatedCredential(clientID, name) // it is there
		}
		rep := reply{status: http.StatusCreated, body: r.body, after: c.cfg.Delays[CredentialWrite]}
		if old != nil {
			rep.status = http.StatusOK
		}
		if err := c.cfg.Directory.AddFederatedCredential(clientID, entra.FederatedCredential{
			Name: name, Issuer: text(p, "issuer"), Subject: text(p, "subject"), Audience: p["audiences"].([]any)[0].(string),
			AvailableAt: c.cfg.Now().Add(c.cfg.Delays[Credential]),
		}); err != nil {
			delete(c.resources, strings.ToLower(r.id))
			return badRequest("%s", err)
		}
		if rep.after > 0 {
			m.busy[identity.id] = true
			rep.then = func() { delete(m.busy, identity.id) }
		}
		return rep
	}
	k.remove = func(m *Manager, r *resource) {
		if identity := m.identityOf(r); identity != nil {
			_ = m.cfg.Directory.RemoveFederatedCredential(text(identity.properties(), "clientId"), text(r.body, "name")) // it is there
		}
	}
	return k
}

// identityOf is the identity that a credential belongs to.
func (m *Manager) identityOf(r *resource) *resource {
	return m.resources[strings.ToLower(r.id[:strings.LastIndex(r.id[:strings.LastIndex(r.id, "/")], "/")])]
}

func (c *call) checkCredential(r, old *resource) (reply, bool) {
	p, identity := r.properties(), c.identityOf(r)
	audiences, _ := p["audiences"].([]any)
	issuer, err := url.Parse(text(p, "issuer"))
	switch {
	case c.busy[identity.id]:
		return fail(http.StatusConflict, "ConcurrentFederatedIdentityCredentialsWritesForSingleManagedIdentity", "Too many Federated Identity Credentials "+
			"are written concurrently for the managed identity '%s'. Concurrent Federated Identity Credentials writes under the same managed "+
			"identity are not supported.", identity.id), false
	case !credentialName.MatchString(c.values["name"]):
		return badRequest("Federated Identity Credential name '%s' is invalid. Alphanumeric, dash, underscore, no more than 3-120 symbols. First symbol is alphanumeric.", c.values["name"]), false
	case text(p, "issuer") == "" || text(p, "subject") == "" || len(audiences) == 0:
		return badRequest("Federated Identity Credential must have audience, issuer and subject."), false
	case err != nil || issuer.Scheme != "https" || issuer.Host == "":
		return badRequest("Federated Identity Credential issuer '%s' must be an https URL.", text(p, "issuer")), false
	case len(audiences) > 1:
		return badRequest("Federated Identity Credential must have exactly one audience."), false
	}
	if _, isText := audiences[0].(string); !isText || audiences[0] == "" {
		return badRequest("Federated Identity Credential audience must not be empty."), false
	}
	r.body["properties"] = object{"issuer": text(p, "issuer"), "subject": text(p, "subject"), "audiences": audiences}
	count := 0
	for id, other := range c.resources {
		if other == old || !within(id, identity.id+"/federatedIdentityCredentials") {
			continue
		}
		count++
		if text(other.properties(), "issuer") == text(p, "issuer") && text(other.properties(), "subject") == text(p, "subject") {
			return fail(http.StatusConflict, "Conflict", "Issuer and subject combination already exists for this Managed Identity."), false
		}
	}
	if count >= 20 {
		return badRequest("Too many Federated Identity Credentials"), false
	}
	return reply{}, true
}
