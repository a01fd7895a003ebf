// Package graph is Microsoft Graph, as far as it is about users, service principals,
// and applications with their federated identity credentials.
package graph

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/workload-identity-quickstart/msal-go/internal/localazure/answer"
	"github.com/workload-identity-quickstart/msal-go/internal/localazure/entra"
	"github.com/workload-identity-quickstart/msal-go/internal/localazure/guid"
)

// Config configures a [Graph].
type Config struct {
	TenantID string
	// Directory must not be nil.
	Directory *entra.Directory
	// Rights are the object IDs of the service principals that may use Graph. Users
	// may use everything.
	Rights []string
	// Lag is how long Graph does not know what was created.
	Lag time.Duration
	// CredentialAvailableAt is when a credential that is created now is in effect; nil
	// means at once.
	CredentialAvailableAt func() time.Time
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// Graph is Microsoft Graph v1.0. It is an [http.Handler].
type Graph struct {
	cfg Config
	mux *http.ServeMux
}

type object = map[string]any

// reply is a response; an empty body is none.
type reply struct {
	status int
	body   any
}

func fail(status int, code, format string, args ...any) reply {
	id := guid.New()
	return reply{status, object{"error": object{"code": code, "message": fmt.Sprintf(format, args...), "innerError": object{
		"date": time.Now().UTC().Format("2006-01-02T15:04:05"), "request-id": id, "client-request-id": id,
	}}}}
}

func notImplemented(format string, args ...any) reply {
	return fail(http.StatusNotImplemented, "NotImplemented", "localazure does not implement "+format, args...)
}

// notFound has the text of pnp/cli-microsoft365's tests.
func notFound(id string) reply {
	return fail(http.StatusNotFound, "Request_ResourceNotFound", "Resource '%s' does not exist or one of its queried reference-property objects are not present.", id)
}

// New returns a Graph of a directory.
func New(cfg Config) *Graph {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.CredentialAvailableAt == nil {
		cfg.CredentialAvailableAt = func() time.Time { return time.Time{} }
	}
	g := &Graph{cfg: cfg, mux: http.NewServeMux()}
	const app, principal = "/v1.0/applications/{id}", "/v1.0/servicePrincipals/{id}"
	for pattern, do := range map[string]func(*http.Request, entra.Caller, object) reply{
		"GET /v1.0/me":                                           g.me,
		"GET /v1.0/users":                                        g.users,
		"GET /v1.0/users/{id}":                                   g.user,
		"POST /v1.0/directoryObjects/getByIds":                   g.byIDs,
		"GET /v1.0/servicePrincipals":                            g.principals,
		"POST /v1.0/servicePrincipals":                           g.createPrincipal,
		"GET " + principal:                                       g.principal,
		"GET /v1.0/applications":                                 g.applications,
		"POST /v1.0/applications":                                g.createApplication,
		"GET " + app:                                             g.application(func(a entra.Application, _ *http.Request, _ object) reply { return reply{http.StatusOK, appBody(a)} }),
		"PATCH " + app:                                           g.application(g.patchApplication),
		"DELETE " + app:                                          g.application(g.deleteApplication),
		"GET " + app + "/federatedIdentityCredentials":           g.application(listCredentials),
		"POST " + app + "/federatedIdentityCredentials":          g.application(g.createCredential),
		"GET " + app + "/federatedIdentityCredentials/{name}":    g.application(g.getCredential),
		"PATCH " + app + "/federatedIdentityCredentials/{name}":  g.application(g.patchCredential),
		"DELETE " + app + "/federatedIdentityCredentials/{name}": g.application(g.deleteCredential),
		"/": func(r *http.Request, _ entra.Caller, _ object) reply {
			return notImplemented("%s %s of Microsoft Graph", r.Method, r.URL.Path)
		},
	} {
		g.mux.HandleFunc(pattern, g.handler(do))
	}
	return g
}

// byAppID is the key of an application or service principal that is no object ID.
var byAppID = regexp.MustCompile(`^/v1\.0/(applications|servicePrincipals)\(appId='([^']*)'\)`)

// ServeHTTP responds for graph.microsoft.com.
func (g *Graph) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if m := byAppID.FindStringSubmatch(r.URL.Path); m != nil {
		r = r.Clone(r.Context())
		r.URL.Path = "/v1.0/" + m[1] + "/appId=" + m[2] + r.URL.Path[len(m[0]):]
	}
	g.mux.ServeHTTP(w, r)
}

// handler authenticates and authorizes. The texts of tokens are from issues of
// microsoftgraph/microsoft-graph-docs, that of missing rights from azure-cli's.
func (g *Graph) handler(do func(*http.Request, entra.Caller, object) reply) http.HandlerFunc {
	serve := func(r *http.Request) reply {
		caller, rejected := g.cfg.Directory.Authenticate(r.Header.Get("Authorization"), "https://graph.microsoft.com", "00000003-0000-0000-c000-000000000000")
		const code = "InvalidAuthenticationToken"
		switch {
		case rejected == nil:
		case rejected.Missing:
			return fail(http.StatusUnauthorized, code, "Access token is empty.")
		case rejected.Audience != "":
			return fail(http.StatusUnauthorized, code, "Access token validation failure. Invalid audience.")
		case !rejected.Expired.IsZero():
			return fail(http.StatusUnauthorized, code, "Lifetime validation failed, the token is expired.")
		default:
			return fail(http.StatusUnauthorized, code, "IDX14100: JWT is not well formed, there are no dots (.).")
		}
		if !caller.User && strings.HasPrefix(r.URL.Path, "/v1.0/me") {
			return fail(http.StatusBadRequest, "BadRequest", "/me request is only valid with delegated authentication flow.")
		}
		if !caller.User && !slices.Contains(g.cfg.Rights, caller.ObjectID) {
			return fail(http.StatusForbidden, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")
		}
		body := object{}
		if r.Method == http.MethodPost || r.Method == http.MethodPatch {
			if err := json.NewDecoder(io.LimitReader(r.Body, 1<<20)).Decode(&body); err != nil {
				return fail(http.StatusBadRequest, "BadRequest", "Unable to read JSON request payload. Please ensure Content-Type header is set and payload is of valid JSON format.")
			}
		}
		return do(r, caller, body)
	}
	return func(w http.ResponseWriter, r *http.Request) {
		rep := serve(r)
		w.Header().Set("Cache-Control", "no-cache")
		w.Header().Set("Request-Id", guid.New())
		if rep.body == nil {
			w.WriteHeader(rep.status)
			return
		}
		answer.JSON(w, rep.status, rep.body)
	}
}

var filters = regexp.MustCompile(`^(?:(\w+) eq '([^']*)'|startswith\((\w+), ?'([^']*)'\)|(\w+)/any\(\w: ?\w eq '([^']*)'\))$`)

// list is a page of the items that $filter leaves.
func list(r *http.Request, items []object) reply {
	filter := r.URL.Query().Get("$filter")
	m := filters.FindStringSubmatch(filter)
	if filter != "" && m == nil {
		return notImplemented("the filter %s", filter)
	}
	found := []object{}
	for _, item := range items {
		fits := m == nil
		switch {
		case fits:
		case m[1] != "":
			fits = strings.EqualFold(fmt.Sprint(item[m[1]]), m[2])
		case m[3] != "":
			fits = strings.HasPrefix(strings.ToLower(fmt.Sprint(item[m[3]])), strings.ToLower(m[4]))
		default:
			values, _ := item[m[5]].([]string)
			fits = slices.ContainsFunc(values, func(s string) bool { return strings.EqualFold(s, m[6]) })
		}
		if fits {
			found = append(found, item)
		}
	}
	return reply{http.StatusOK, object{"@odata.context": "https://graph.microsoft.com/v1.0/$metadata#" + strings.TrimPrefix(r.URL.Path, "/v1.0/"), "value": found}}
}

func userBody(u entra.User) object {
	return object{"@odata.type": "#microsoft.graph.user", "id": u.ObjectID, "userPrincipalName": u.Name, "mail": u.Name, "displayName": u.DisplayName}
}

func (g *Graph) userBodies() (all []object) {
	for _, u := range g.cfg.Directory.Users() {
		all = append(all, userBody(u))
	}
	return all
}

func (g *Graph) users(r *http.Request, _ entra.Caller, _ object) reply {
	return list(r, g.userBodies())
}

func (g *Graph) me(_ *http.Request, c entra.Caller, _ object) reply { return g.userNamed(c.ObjectID) }

func (g *Graph) user(r *http.Request, _ entra.Caller, _ object) reply {
	return g.userNamed(r.PathValue("id"))
}

func (g *Graph) userNamed(id string) reply {
	for _, u := range g.cfg.Directory.Users() {
		if strings.EqualFold(u.ObjectID, id) || strings.EqualFold(u.Name, id) {
			return reply{http.StatusOK, userBody(u)}
		}
	}
	return notFound(id)
}

// known lists the applications that Graph knows by now.
func (g *Graph) known() []entra.Application {
	return slices.DeleteFunc(g.cfg.Directory.Applications(), func(a entra.Application) bool { return g.cfg.Now().Before(a.KnownAt) })
}

func principalBody(a entra.Application) object {
	kind, names := "Application", []string{a.ClientID}
	alternative := []string{}
	if a.ManagedIdentity != "" {
		kind, alternative = "ManagedIdentity", []string{"isExplicit=True", a.ManagedIdentity}
	}
	return object{"@odata.type": "#microsoft.graph.servicePrincipal", "id": a.ObjectID, "appId": a.ClientID, "displayName": a.Name, "appDisplayName": a.Name,
		"servicePrincipalType": kind, "servicePrincipalNames": append(names, a.IdentifierURIs...), "alternativeNames": alternative,
		"accountEnabled": true, "appOwnerOrganizationId": a.TenantID, "tags": []string{}}
}

func (g *Graph) principalBodies() (all []object) {
	for _, a := range g.known() {
		if !a.NoServicePrincipal {
			all = append(all, principalBody(a))
		}
	}
	return all
}

func (g *Graph) principals(r *http.Request, _ entra.Caller, _ object) reply {
	return list(r, g.principalBodies())
}

func (g *Graph) principal(r *http.Request, _ entra.Caller, _ object) reply {
	for _, p := range g.principalBodies() {
		if id := r.PathValue("id"); p["id"] == id || id == fmt.Sprintf("appId=%s", p["appId"]) {
			return reply{http.StatusOK, p}
		}
	}
	return notFound(r.PathValue("id"))
}

// byIDs finds users and service principals.
func (g *Graph) byIDs(_ *http.Request, _ entra.Caller, body object) reply {
	ids, _ := body["ids"].([]any)
	found := []object{}
	for _, o := range append(g.userBodies(), g.principalBodies()...) {
		if slices.Contains(ids, o["id"]) {
			found = append(found, o)
		}
	}
	return reply{http.StatusOK, object{"value": found}}
}

// createPrincipal has the text for an unknown application of hashicorp/go-azure-sdk.
func (g *Graph) createPrincipal(_ *http.Request, _ entra.Caller, body object) reply {
	appID, _ := body["appId"].(string)
	for _, a := range g.cfg.Directory.Applications() {
		if a.ApplicationID == "" || !strings.EqualFold(a.ClientID, appID) {
			continue
		}
		if !a.NoServicePrincipal {
			return fail(http.StatusConflict, "Request_MultipleObjectsWithSameKeyValue", "The service principal cannot be created, updated, or restored because "+
				"the service principal name %s is already in use.", appID)
		}
		g.cfg.Directory.UpdateApplication(appID, func(a *entra.Application) { a.NoServicePrincipal, a.KnownAt = false, g.cfg.Now().Add(g.cfg.Lag) })
		return reply{http.StatusCreated, principalBody(a)}
	}
	return fail(http.StatusBadRequest, "Request_BadRequest", "The appId '%s' of the service principal does not reference a valid application object.", appID)
}

func appBody(a entra.Application) object {
	return object{"@odata.type": "#microsoft.graph.application", "id": a.ApplicationID, "appId": a.ClientID, "displayName": a.Name,
		"identifierUris": append([]string{}, a.IdentifierURIs...), "signInAudience": "AzureADMyOrg", "tags": append([]string{}, a.Tags...), "appRoles": []any{},
		"keyCredentials": []any{}, "passwordCredentials": []any{}, "requiredResourceAccess": []any{}}
}

func (g *Graph) applications(r *http.Request, _ entra.Caller, _ object) reply {
	var all []object
	for _, a := range g.known() {
		if a.ApplicationID != "" {
			all = append(all, appBody(a))
		}
	}
	return list(r, all)
}

func (g *Graph) createApplication(_ *http.Request, _ entra.Caller, body object) reply {
	name, _ := body["displayName"].(string)
	if name == "" {
		return fail(http.StatusBadRequest, "Request_BadRequest", "A value is required for property 'displayName' of resource 'Application'.")
	}
	a := entra.Application{ClientID: guid.New(), ObjectID: guid.New(), ApplicationID: guid.New(), TenantID: g.cfg.TenantID, Name: name, NoServicePrincipal: true}
	if err := g.cfg.Directory.AddApplication(a); err != nil {
		return fail(http.StatusBadRequest, "Request_BadRequest", "%s", err)
	}
	return reply{http.StatusCreated, appBody(a)}
}

// application calls do with the one that the path names.
func (g *Graph) application(do func(entra.Application, *http.Request, object) reply) func(*http.Request, entra.Caller, object) reply {
	return func(r *http.Request, _ entra.Caller, body object) reply {
		id := r.PathValue("id")
		for _, a := range g.known() {
			if a.ApplicationID != "" && (strings.EqualFold(a.ApplicationID, id) || strings.EqualFold("appId="+a.ClientID, id)) {
				return do(a, r, body)
			}
		}
		return notFound(id)
	}
}

// patchApplication changes the name and the tags.
func (g *Graph) patchApplication(a entra.Application, _ *http.Request, body object) reply {
	for key, value := range body {
		name, isText := value.(string)
		list, isList := value.([]any)
		switch {
		case key == "displayName" && isText:
			a.Name = name
		case key == "tags" && isList:
			a.Tags = nil
			for _, tag := range list {
				a.Tags = append(a.Tags, fmt.Sprint(tag))
			}
		default:
			// The Azure CLI sends what it does not change, too.
			before, _ := json.Marshal(appBody(a)[key]) // cannot fail
			if after, _ := json.Marshal(value); string(after) != string(before) {
				return notImplemented("changes of the application's %s", key)
			}
		}
	}
	g.cfg.Directory.UpdateApplication(a.ClientID, func(stored *entra.Application) { stored.Name, stored.Tags = a.Name, a.Tags })
	return reply{status: http.StatusNoContent}
}

func (g *Graph) deleteApplication(a entra.Application, _ *http.Request, _ object) reply {
	g.cfg.Directory.RemoveApplication(a.ClientID)
	return reply{status: http.StatusNoContent}
}

func credentialBody(c entra.FederatedCredential) object {
	return object{"id": c.ID, "name": c.Name, "issuer": c.Issuer, "subject": c.Subject, "audiences": []string{c.Audience}, "description": c.Description}
}

func listCredentials(a entra.Application, r *http.Request, _ object) reply {
	var all []object
	for _, c := range a.FederatedCredentials {
		all = append(all, credentialBody(c))
	}
	return list(r, all)
}

// credential calls do with the one that the path names by its name or ID. The texts
// are those of Azure/azure-workload-identity.
func credential(a entra.Application, r *http.Request, do func(entra.FederatedCredential) reply) reply {
	for _, c := range a.FederatedCredentials {
		if name := r.PathValue("name"); c.Name == name || c.ID == name {
			return do(c)
		}
	}
	return fail(http.StatusNotFound, "Request_ResourceNotFound", "FederatedIdentityCredential with name %s not found.", r.PathValue("name"))
}

func (g *Graph) createCredential(a entra.Application, _ *http.Request, body object) reply {
	c := entra.FederatedCredential{ID: guid.New(), AvailableAt: g.cfg.CredentialAvailableAt()}
	c.Name, _ = body["name"].(string)
	if slices.ContainsFunc(a.FederatedCredentials, func(other entra.FederatedCredential) bool { return other.Name == c.Name }) {
		return fail(http.StatusConflict, "Request_MultipleObjectsWithSameKeyValue", "FederatedIdentityCredential with name %s already exists.", c.Name)
	}
	return g.storeCredential(a, c, body, http.StatusCreated)
}

// storeCredential adds c with what body has.
func (g *Graph) storeCredential(a entra.Application, c entra.FederatedCredential, body object, status int) reply {
	for key, field := range map[string]*string{"issuer": &c.Issuer, "subject": &c.Subject, "description": &c.Description} {
		if value, ok := body[key].(string); ok {
			*field = value
		}
	}
	if audiences, ok := body["audiences"].([]any); ok && len(audiences) == 1 {
		c.Audience, _ = audiences[0].(string)
	} else if ok {
		return fail(http.StatusBadRequest, "Request_BadRequest", "FederatedIdentityCredential must have exactly one audience.")
	}
	if err := g.cfg.Directory.AddFederatedCredential(a.ClientID, c); err != nil {
		return fail(http.StatusBadRequest, "Request_BadRequest", "%s", err)
	}
	if status == http.StatusNoContent {
		return reply{status: status}
	}
	return reply{status, credentialBody(c)}
}

func (g *Graph) getCredential(a entra.Application, r *http.Request, _ object) reply {
	return credential(a, r, func(c entra.FederatedCredential) reply { return reply{http.StatusOK, credentialBody(c)} })
}

func (g *Graph) patchCredential(a entra.Application, r *http.Request, body object) reply {
	return credential(a, r, func(c entra.FederatedCredential) reply {
		_ = g.cfg.Directory.RemoveFederatedCredential(a.ClientID, c.Name) // it is there
		rep := g.storeCredential(a, c, body, http.StatusNoContent)
		if rep.status != http.StatusNoContent {
			_ = g.cfg.Directory.AddFederatedCredential(a.ClientID, c) // it was there
		}
		return rep
	})
}

func (g *Graph) deleteCredential(a entra.Application, r *http.Request, _ object) reply {
	return credential(a, r, func(c entra.FederatedCredential) reply {
		_ = g.cfg.Directory.RemoveFederatedCredential(a.ClientID, c.Name) // it is there
		return reply{status: http.StatusNoContent}
	})
}
