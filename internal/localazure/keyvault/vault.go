package keyvault

import (
	"cmp"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/workload-identity-quickstart/msal-go/internal/localazure/guid"
)

// window is the time over which a vault counts requests.
const window = 10 * time.Second

// Vault is one vault. Its methods may be called concurrently with requests.
type Vault struct {
	options    Options
	now        func() time.Time
	resourceID string // of Azure Resource Manager, in refusals

	mu      sync.Mutex
	secrets map[string]*object // by lower-case name
	recent  []time.Time        // the requests answered within the window
}

// Secret is the content of one version of a secret.
type Secret struct {
	Value       string
	ContentType string
	Tags        map[string]string
	// Disabled secrets exist, but cannot be read.
	Disabled bool
	// NotBefore and Expires are reported to readers and otherwise without
	// effect: Key Vault's get works before and after them, see
	// https://learn.microsoft.com/azure/key-vault/secrets/about-secrets#date-time-controlled-operations.
	NotBefore, Expires time.Time
}

// secret is a stored version.
type secret struct {
	Secret
	id               string // URL
	created, updated time.Time
}

// object is a secret with its versions, oldest first. Requests hold versions that
// they found, so these are replaced and never changed.
type object struct {
	versions []*secret
	deleted  time.Time // zero unless it is
}

func (o *object) newest() *secret { return o.versions[len(o.versions)-1] }

func newVault(o Options, now func() time.Time) *Vault {
	if o.Limit == 0 {
		o.Limit = DefaultLimit
	}
	if o.Location == "" {
		o.Location = "eastus"
	}
	o.Readers, o.Writers = slices.Clone(o.Readers), slices.Clone(o.Writers)
	return &Vault{
		options: o, now: now, secrets: map[string]*object{},
		resourceID: strings.ToLower(cmp.Or(o.ResourceID,
			"/subscriptions/"+guid.New()+"/resourcegroups/azwi-quickstart/providers/microsoft.keyvault/vaults/"+o.Name)),
	}
}

// Host is the vault's host name.
func (v *Vault) Host() string { return v.options.Cloud.VaultHost(v.options.Name) }

// URL is the vault's URL, with a trailing slash as `az keyvault show` prints it.
func (v *Vault) URL() string { return "https://" + v.Host() + "/" }

// Set stores a new version of the secret called name and returns its URL.
func (v *Vault) Set(name string, s Secret) (id string, err error) {
	if !validSecretName(name) {
		return "", fmt.Errorf("secret name %q must have 1 to 127 letters, digits and hyphens", name)
	}
	stored, ok := v.set(name, s)
	if !ok {
		return "", fmt.Errorf("secret %q of vault %s is deleted", name, v.options.Name)
	}
	return stored.id, nil
}

// set fails if the secret is deleted.
func (v *Vault) set(name string, s Secret) (*secret, bool) {
	var version [16]byte
	_, _ = rand.Read(version[:]) // never fails, says its documentation
	now := v.now()
	stored := &secret{Secret: s, created: now, updated: now,
		id: "https://" + v.Host() + "/secrets/" + name + "/" + hex.EncodeToString(version[:])}
	v.mu.Lock()
	defer v.mu.Unlock()
	key := strings.ToLower(name)
	o := v.secrets[key]
	if o == nil {
		o = new(object)
		v.secrets[key] = o
	}
	if !o.deleted.IsZero() {
		return nil, false
	}
	o.versions = append(o.versions, stored)
	return stored, true
}

// Disable disables the newest version of the secret called name.
func (v *Vault) Disable(name string) error {
	if _, ok := v.update(name, "", func(s *Secret) { s.Disabled = true }); !ok {
		return fmt.Errorf("vault %s has no secret %q", v.options.Name, name)
	}
	return nil
}

// update replaces a version of a secret by one that change has changed.
func (v *Vault) update(name, version string, change func(*Secret)) (*secret, bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	i := v.index(name, version)
	if i < 0 {
		return nil, false
	}
	versions := v.live(name).versions
	changed := *versions[i]
	change(&changed.Secret)
	changed.updated = v.now()
	versions[i] = &changed
	return &changed, true
}

// SetReaders replaces the object or client ids that may get and list secrets.
func (v *Vault) SetReaders(ids ...string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.options.Readers = slices.Clone(ids)
}

// SetLimit replaces the number of requests answered within ten seconds; zero
// means [DefaultLimit].
func (v *Vault) SetLimit(limit int) {
	if limit == 0 {
		limit = DefaultLimit
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.options.Limit = limit
}

// live is a secret that is not deleted, or nil. The caller holds v.mu.
func (v *Vault) live(name string) *object {
	if o := v.secrets[strings.ToLower(name)]; o != nil && o.deleted.IsZero() {
		return o
	}
	return nil
}

// index is that of a version of a secret, of the newest one when version is
// empty, or negative. The caller holds v.mu.
func (v *Vault) index(name, version string) int {
	o := v.live(name)
	if o == nil {
		return -1
	}
	if version == "" {
		return len(o.versions) - 1
	}
	return slices.IndexFunc(o.versions, func(s *secret) bool { return strings.HasSuffix(s.id, "/"+strings.ToLower(version)) })
}

// find returns a version of a secret, the newest one when version is empty.
func (v *Vault) find(name, version string) (*secret, bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	i := v.index(name, version)
	if i < 0 {
		return nil, false
	}
	return v.live(name).versions[i], true
}

// model is how the vault decides, and what its network rejects.
func (v *Vault) model() (PermissionModel, Network) {
	if v.options.Access != nil {
		return v.options.Access.Model()
	}
	return v.options.PermissionModel, v.options.Network
}

// allows reports whether the caller is among readers or, if write, writers.
func (v *Vault) allows(c caller, write bool) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	ids := v.options.Readers
	if write {
		ids = v.options.Writers
	}
	return slices.ContainsFunc(ids, func(id string) bool {
		return strings.EqualFold(id, c.objectID) || strings.EqualFold(id, c.clientID)
	})
}

// admit counts a request, or says after how long the vault has room for one.
func (v *Vault) admit() (retryAfter time.Duration, ok bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	now := v.now()
	v.recent = slices.DeleteFunc(v.recent, func(t time.Time) bool { return now.Sub(t) >= window })
	if len(v.recent) >= v.options.Limit {
		return window - now.Sub(v.recent[len(v.recent)-v.options.Limit]), false
	}
	v.recent = append(v.recent, now)
	return 0, true
}
