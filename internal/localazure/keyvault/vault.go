package keyvault

import (
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
	secrets map[string][]*secret // by lower-case name, oldest version first
	recent  []time.Time          // the requests answered within the window
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

func newVault(o Options, now func() time.Time) *Vault {
	if o.Limit == 0 {
		o.Limit = DefaultLimit
	}
	if o.Location == "" {
		o.Location = "eastus"
	}
	o.Readers, o.Writers = slices.Clone(o.Readers), slices.Clone(o.Writers)
	return &Vault{
		options: o, now: now, secrets: map[string][]*secret{},
		resourceID: "/subscriptions/" + guid.New() + "/resourcegroups/azwi-quickstart/providers/microsoft.keyvault/vaults/" +
			strings.ToLower(o.Name),
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
	return v.set(name, s).id, nil
}

func (v *Vault) set(name string, s Secret) *secret {
	var version [16]byte
	_, _ = rand.Read(version[:]) // never fails, says its documentation
	now := v.now()
	stored := &secret{Secret: s, created: now, updated: now,
		id: "https://" + v.Host() + "/secrets/" + name + "/" + hex.EncodeToString(version[:])}
	v.mu.Lock()
	defer v.mu.Unlock()
	key := strings.ToLower(name)
	v.secrets[key] = append(v.secrets[key], stored)
	return stored
}

// Disable disables the newest version of the secret called name.
func (v *Vault) Disable(name string) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	versions := v.secrets[strings.ToLower(name)]
	if len(versions) == 0 {
		return fmt.Errorf("vault %s has no secret %q", v.options.Name, name)
	}
	// Requests hold the version they found, so it is replaced, not changed.
	disabled := *versions[len(versions)-1]
	disabled.Disabled, disabled.updated = true, v.now()
	versions = slices.Clone(versions)
	versions[len(versions)-1] = &disabled
	v.secrets[strings.ToLower(name)] = versions
	return nil
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

// versions of a secret, oldest first. The caller must not change them.
func (v *Vault) versions(name string) []*secret {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.secrets[strings.ToLower(name)]
}

// find returns a version of a secret, the newest one when version is empty.
func (v *Vault) find(name, version string) (*secret, bool) {
	versions := v.versions(name)
	for _, s := range slices.Backward(versions) {
		if version == "" || strings.HasSuffix(s.id, "/"+strings.ToLower(version)) {
			return s, true
		}
	}
	return nil, false
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
