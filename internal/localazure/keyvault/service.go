package keyvault

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/workload-identity-quickstart/msal-go/internal/localazure/cloud"
	"github.com/workload-identity-quickstart/msal-go/internal/localazure/guid"
)

// DefaultLimit is how many requests a vault answers within ten seconds, see
// https://learn.microsoft.com/azure/key-vault/general/service-limits.
const DefaultLimit = 4000

// Config configures a [Service].
type Config struct {
	// Keys returns Entra ID's public keys. It is called for every request with a
	// token and must not be nil.
	Keys func() jose.JSONWebKeySet
	// Now is the service's clock; nil means time.Now.
	Now func() time.Time
}

// PermissionModel is how a vault decides who may do what. It shows in the text
// of its refusals.
type PermissionModel int

// The permission models, of which Azure recommends the first.
const (
	RBAC PermissionModel = iota
	AccessPolicy
)

// Network is a rule of a vault's network that keeps every caller out, by the code
// of its rejections.
type Network string

// The network rules: a firewall without the caller's address, a vault without
// public access, and a network security perimeter.
const (
	Open       Network = ""
	Firewall   Network = "ForbiddenByFirewall"
	Connection Network = "ForbiddenByConnection"
	Perimeter  Network = "ForbiddenByNsp"
)

// Access decides about a vault's callers where its permissions are managed elsewhere.
type Access interface {
	// Model is how the vault decides, and what its network rejects.
	Model() (PermissionModel, Network)
	// Allows reports whether objectID has a permission of access policies, or a data
	// action of roles, on the secret of a resource ID.
	Allows(objectID, permission, action, resourceID string) bool
}

// Options describe a vault.
type Options struct {
	// Name of 3 to 24 letters, digits and single hyphens.
	Name string
	// Cloud the vault is in.
	Cloud cloud.Cloud
	// TenantID is the only tenant whose tokens the vault accepts.
	TenantID string
	// PermissionModel is RBAC unless set.
	PermissionModel PermissionModel
	// Network is open unless set.
	Network Network
	// Readers are the object or client ids that may get and list secrets.
	Readers []string
	// Writers are the object or client ids that may set, update, delete, recover and
	// purge secrets.
	Writers []string
	// Limit of requests within ten seconds; zero means [DefaultLimit].
	Limit int
	// Location is an Azure region, "eastus" unless set.
	Location string
	// ResourceID is that of Azure Resource Manager, made up unless set.
	ResourceID string
	// Access takes precedence over PermissionModel, Network, Readers and Writers.
	Access Access
}

// Service is Key Vault: all vaults, in all clouds. It is an [http.Handler] for
// their host names; its methods may be called concurrently.
type Service struct {
	keys func() jose.JSONWebKeySet
	now  func() time.Time

	mu     sync.Mutex
	vaults map[string]*Vault // by host name
}

// New makes a service without vaults.
func New(cfg Config) (*Service, error) {
	if cfg.Keys == nil {
		return nil, errors.New("key vault needs the keys of Entra ID to verify tokens")
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return &Service{keys: cfg.Keys, now: cfg.Now, vaults: map[string]*Vault{}}, nil
}

// Add creates a vault. The error joins everything that is wrong with o.
func (s *Service) Add(o Options) (*Vault, error) {
	var errs []error
	if !validVaultName(o.Name) {
		errs = append(errs, fmt.Errorf("vault name %q must have 3 to 24 letters, digits and single hyphens, "+
			"begin with a letter and not end with a hyphen", o.Name))
	}
	if !guid.Valid(o.TenantID) {
		errs = append(errs, fmt.Errorf("tenant id %q of vault %q is not a GUID", o.TenantID, o.Name))
	}
	if o.Cloud.VaultDomain == "" {
		errs = append(errs, fmt.Errorf("vault %q has no cloud", o.Name))
	}
	if o.Limit < 0 {
		errs = append(errs, fmt.Errorf("limit %d of vault %q is negative", o.Limit, o.Name))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	v := newVault(o, s.now)
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.vaults[v.Host()]; ok {
		return nil, fmt.Errorf("vault %s exists already", v.Host())
	}
	s.vaults[v.Host()] = v
	return v, nil
}

// Remove takes a vault away, as its deletion does. It can be restored.
func (s *Service) Remove(v *Vault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.vaults, v.Host())
}

// Restore brings back a vault that was removed, with its secrets.
func (s *Service) Restore(v *Vault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.vaults[v.Host()] = v
}

// Lookup finds the vault that answers on host, a name with or without a port.
func (s *Service) Lookup(host string) (*Vault, bool) {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	v, ok := s.vaults[strings.ToLower(host)]
	return v, ok
}

// ServeHTTP answers for the vault that the request's host names.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	v, ok := s.Lookup(r.Host)
	if !ok {
		http.Error(w, fmt.Sprintf("no vault answers on %q", r.Host), http.StatusMisdirectedRequest)
		return
	}
	v.serve(w, r, s.keys())
}
