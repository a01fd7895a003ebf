package entra

import (
	"crypto/x509"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/workload-identity-quickstart/msal-go/internal/localazure/cloud"
)

// DefaultTokenLifetime is how long access tokens live unless
// [Config.TokenLifetime] says otherwise. Entra ID chooses between 60 and 90
// minutes.
const DefaultTokenLifetime = time.Hour

// ManagedIdentityTokenLifetime is how long access tokens of managed identities live
// unless [Config.TokenLifetime] says otherwise.
const ManagedIdentityTokenLifetime = 24 * time.Hour

// Config configures a [Directory]. The zero value is valid.
type Config struct {
	// IssuerRoots are trusted, instead of the system's, when the keys of an
	// issuer named in a federated identity credential are fetched.
	IssuerRoots *x509.CertPool
	// TokenLifetime of access tokens; zero means [DefaultTokenLifetime], or
	// [ManagedIdentityTokenLifetime].
	TokenLifetime time.Duration
	// Now is the directory's clock; nil means time.Now.
	Now func() time.Time
}

// Directory is Entra ID. It is an [http.Handler] for its host names; its
// methods may be called concurrently.
type Directory struct {
	now      func() time.Time
	lifetime time.Duration
	key      signingKey
	issuers  *issuers
	mux      *http.ServeMux

	mu           sync.Mutex
	tenants      map[string]Tenant
	applications map[string]*Application // by client id
	users        []User
	grants       map[string]User // by device code or refresh token
}

// New makes a directory without tenants, and the RSA key that signs its tokens.
func New(cfg Config) (*Directory, error) {
	d := &Directory{
		now:          cfg.Now,
		lifetime:     cfg.TokenLifetime,
		issuers:      newIssuers(cfg.IssuerRoots),
		tenants:      map[string]Tenant{},
		applications: map[string]*Application{},
		grants:       map[string]User{},
	}
	if d.now == nil {
		d.now = time.Now
	}
	if d.lifetime < 0 {
		return nil, fmt.Errorf("access token lifetime %s is negative", d.lifetime)
	}
	var err error
	if d.key, err = newSigningKey(); err != nil {
		return nil, err
	}
	d.mux = d.routes()
	return d, nil
}

// Close releases the connections kept to issuers.
func (d *Directory) Close() { d.issuers.close() }

// Keys are the public keys that verify the directory's access tokens.
func (d *Directory) Keys() jose.JSONWebKeySet {
	return jose.JSONWebKeySet{Keys: []jose.JSONWebKey{d.key.public}}
}

// tenant finds a tenant of c. The name may not be a domain: this directory has
// no verified domains.
func (d *Directory) tenant(id string, c cloud.Cloud) (Tenant, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	t, ok := d.tenants[strings.ToLower(id)]
	return t, ok && t.Cloud.Name == c.Name
}

// application finds an application in t and copies it.
func (d *Directory) application(clientID string, t Tenant) (Application, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	a, ok := d.applications[strings.ToLower(clientID)]
	if !ok || a.TenantID != t.ID {
		return Application{}, false
	}
	found := *a
	found.FederatedCredentials = slices.Clone(a.FederatedCredentials)
	return found, true
}

// named finds the application of a tenant with an identifier URI. The caller
// holds d.mu.
func (d *Directory) named(uri, tenantID string) *Application {
	for _, a := range d.applications {
		if a.TenantID == tenantID && slices.Contains(a.IdentifierURIs, uri) {
			return a
		}
	}
	return nil
}

// resource finds what a scope of t names, by URI or by application id: a service
// of Azure or an application of the tenant, with the roles that client has there.
// The audience of v1.0 tokens is what the scope names, that of v2.0 tokens the
// application's id.
func (d *Directory) resource(name string, t Tenant, client Application) (resource, bool) {
	if t.Cloud.HasResource(name) {
		return resource{audience: name, version: 1}, true
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	a := d.named(name, t.ID)
	if a == nil {
		a = d.applications[strings.ToLower(name)]
	}
	if a == nil || a.TenantID != t.ID {
		return resource{}, false
	}
	r := resource{audience: name, version: 1, roles: a.rolesOf(client.ClientID)}
	if a.AccessTokenVersion == 2 {
		r.audience, r.version = a.ClientID, 2
	}
	return r, true
}
