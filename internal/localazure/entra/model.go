package entra

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/workload-identity-quickstart/msal-go/internal/localazure/cloud"
	"github.com/workload-identity-quickstart/msal-go/internal/localazure/guid"
)

// maxFederatedCredentials is what Entra ID allows an application to have, see
// https://learn.microsoft.com/entra/workload-id/workload-identity-federation-considerations.
const maxFederatedCredentials = 20

// Tenant is an Entra ID tenant. It lives in one cloud; the others do not know it.
type Tenant struct {
	ID    string // a GUID
	Cloud cloud.Cloud
	// Name is the directory's display name, which its errors mention. It is
	// [DefaultTenantName] unless set.
	Name string
}

// DefaultTenantName is the display name that Azure gives to new tenants.
const DefaultTenantName = "Default Directory"

// Application is an application, or a user-assigned managed identity, with its
// service principal in one tenant.
type Application struct {
	ClientID string // a GUID
	// Name is the display name, which some errors mention. It is the client ID
	// unless set.
	Name string
	// ObjectID of the service principal, a GUID: the "oid" of its tokens.
	ObjectID             string
	TenantID             string
	FederatedCredentials []FederatedCredential
	IdentityBindings     []IdentityBinding
	// ManagedIdentity is the resource ID of a user-assigned managed identity, and
	// empty for an application. Tokens of managed identities have it as their
	// "xms_mirid" and live for [ManagedIdentityTokenLifetime].
	ManagedIdentity string
	// NoServicePrincipal leaves an application, which is only registered, without a
	// service principal in its tenant.
	NoServicePrincipal bool

	// ApplicationID is the object ID of the application, which is another than that
	// of its service principal. Managed identities have none.
	ApplicationID string
	// Tags are those of Microsoft Graph.
	Tags []string
	// KnownAt is when Microsoft Graph and Azure Resource Manager know the service
	// principal, some time after its creation. Zero means at once.
	KnownAt time.Time
	// AccessTokenVersion of the tokens for this application, 1 or 2: in its
	// registration, api.requestedAccessTokenVersion. Zero means 1, as for null there.
	AccessTokenVersion int
	// IdentifierURIs name the application, besides its client id, where others
	// ask for tokens to it: an API has one, such as "api://orders". They are
	// compared byte by byte and unique in the tenant.
	IdentifierURIs []string
	// AppRoles are the roles that the application defines, each with the client
	// ids of the applications it is assigned to, see
	// https://learn.microsoft.com/entra/identity-platform/howto-add-app-roles-in-apps.
	AppRoles map[string][]string
}

// rolesOf lists the roles that are assigned to a client, sorted.
func (a *Application) rolesOf(clientID string) []string {
	var roles []string
	for role, clients := range a.AppRoles {
		if slices.ContainsFunc(clients, func(c string) bool { return strings.EqualFold(c, clientID) }) {
			roles = append(roles, role)
		}
	}
	slices.Sort(roles)
	return roles
}

// FederatedCredential makes an application trust the tokens of an issuer for
// one subject and audience. All three are compared byte by byte, see
// https://learn.microsoft.com/entra/workload-id/workload-identity-federation.
type FederatedCredential struct {
	// ID, Description are those of Microsoft Graph.
	ID, Description string
	// Name is unique within the application.
	Name     string
	Issuer   string
	Subject  string
	Audience string
	// AvailableAt is when the credential, after its creation, has reached the
	// servers that check it; until then it is as if it did not exist. Zero means
	// at once.
	AvailableAt time.Time
}

// IdentityBindingAudience is that of the tokens that pods with an identity
// binding present to the token proxy of their cluster.
const IdentityBindingAudience = "api://AKSIdentityBinding"

// IdentityBinding lets a service account of an AKS cluster get the application's
// tokens through the token proxy of its cluster, and in no other way, see
// https://learn.microsoft.com/azure/aks/identity-bindings-concepts.
type IdentityBinding struct {
	Issuer  string
	Subject string
}

// AddTenant adds t. It refuses an id that is no GUID, is taken, or has no cloud.
func (d *Directory) AddTenant(t Tenant) error {
	if !guid.Valid(t.ID) {
		return fmt.Errorf("tenant id %q is not a GUID", t.ID)
	}
	if t.Cloud.AuthorityHost == "" {
		return fmt.Errorf("tenant %s has no cloud", t.ID)
	}
	t.ID = strings.ToLower(t.ID)
	d.mu.Lock()
	defer d.mu.Unlock()
	if _, ok := d.tenants[t.ID]; ok {
		return fmt.Errorf("tenant %s exists already", t.ID)
	}
	t.Name = cmp.Or(t.Name, DefaultTenantName)
	d.tenants[t.ID] = t
	return nil
}

// AddApplication adds a to its tenant, which must exist. The error joins
// everything that is wrong with a.
func (d *Directory) AddApplication(a Application) error {
	a.ClientID, a.TenantID = strings.ToLower(a.ClientID), strings.ToLower(a.TenantID)
	var errs []error
	if !guid.Valid(a.ClientID) {
		errs = append(errs, fmt.Errorf("client id %q is not a GUID", a.ClientID))
	}
	if !guid.Valid(a.ObjectID) {
		errs = append(errs, fmt.Errorf("object id %q is not a GUID", a.ObjectID))
	}
	if a.AccessTokenVersion < 0 || a.AccessTokenVersion > 2 {
		errs = append(errs, fmt.Errorf("access token version %d is neither 1 nor 2", a.AccessTokenVersion))
	}
	credentials := a.FederatedCredentials
	a.FederatedCredentials = nil
	d.mu.Lock()
	defer d.mu.Unlock()
	if _, ok := d.tenants[a.TenantID]; !ok {
		errs = append(errs, fmt.Errorf("tenant %q does not exist", a.TenantID))
	}
	if _, ok := d.applications[a.ClientID]; ok {
		errs = append(errs, fmt.Errorf("application %s exists already", a.ClientID))
	}
	for _, c := range credentials {
		errs = append(errs, a.add(c))
	}
	for _, uri := range a.IdentifierURIs {
		if u, err := url.Parse(uri); err != nil || u.Scheme == "" || u.Host == "" {
			errs = append(errs, fmt.Errorf("identifier URI %q is not a URI such as api://orders", uri))
		} else if d.named(uri, a.TenantID) != nil {
			errs = append(errs, fmt.Errorf("identifier URI %s is taken", uri))
		}
	}
	for _, b := range a.IdentityBindings {
		if !validIssuer(b.Issuer) || b.Subject == "" {
			errs = append(errs, fmt.Errorf("identity binding of issuer %q and subject %q: want an https URL and a subject", b.Issuer, b.Subject))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	a.Name = cmp.Or(a.Name, a.ClientID)
	d.applications[a.ClientID] = &a
	return nil
}

// AddFederatedCredential adds c to an application at run time.
func (d *Directory) AddFederatedCredential(clientID string, c FederatedCredential) error {
	return d.change(clientID, func(a *Application) error { return a.add(c) })
}

// RemoveFederatedCredential removes the credential called name from an
// application at run time.
func (d *Directory) RemoveFederatedCredential(clientID, name string) error {
	return d.change(clientID, func(a *Application) error {
		i := slices.IndexFunc(a.FederatedCredentials, func(c FederatedCredential) bool { return c.Name == name })
		if i < 0 {
			return fmt.Errorf("application %s has no federated identity credential %q", clientID, name)
		}
		a.FederatedCredentials = slices.Delete(a.FederatedCredentials, i, i+1)
		return nil
	})
}

// change changes an application.
func (d *Directory) change(clientID string, edit func(*Application) error) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	a, ok := d.applications[strings.ToLower(clientID)]
	if !ok {
		return fmt.Errorf("application %q does not exist", clientID)
	}
	return edit(a)
}

// Applications lists the applications and managed identities, by client ID.
func (d *Directory) Applications() []Application {
	d.mu.Lock()
	defer d.mu.Unlock()
	var all []Application
	for _, id := range slices.Sorted(maps.Keys(d.applications)) {
		a := *d.applications[id]
		a.FederatedCredentials = slices.Clone(a.FederatedCredentials)
		all = append(all, a)
	}
	return all
}

// RemoveApplication removes an application or managed identity, if there is one.
func (d *Directory) RemoveApplication(clientID string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.applications, strings.ToLower(clientID))
}

// UpdateApplication changes an application's name, tags or service principal, if there
// is one.
func (d *Directory) UpdateApplication(clientID string, change func(*Application)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if a, ok := d.applications[strings.ToLower(clientID)]; ok {
		change(a)
	}
}

// add checks c as Entra ID does when a credential is created.
func (a *Application) add(c FederatedCredential) error {
	fail := func(format string, args ...any) error {
		return fmt.Errorf("federated identity credential %q: %w", c.Name, fmt.Errorf(format, args...))
	}
	if !validIssuer(c.Issuer) {
		return fail("issuer %q is not an https URL", c.Issuer)
	}
	if c.Name == "" || c.Subject == "" || c.Audience == "" {
		return fail("name, subject and audience must not be empty")
	}
	if len(a.FederatedCredentials) == maxFederatedCredentials {
		return fail("the application already has %d, the most Entra ID allows", maxFederatedCredentials)
	}
	for _, other := range a.FederatedCredentials {
		if other.Name == c.Name {
			return fail("the name is taken")
		}
		if other.Issuer == c.Issuer && other.Subject == c.Subject {
			return fail("credential %q has the same issuer and subject", other.Name)
		}
	}
	a.FederatedCredentials = append(a.FederatedCredentials, c)
	return nil
}

func validIssuer(issuer string) bool {
	u, err := url.Parse(issuer)
	return err == nil && u.Scheme == "https" && u.Host != ""
}
