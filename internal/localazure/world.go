package localazure

import (
	"cmp"
	"crypto/x509"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/workload-identity-quickstart/msal-go/internal/localazure/cloud"
	"github.com/workload-identity-quickstart/msal-go/internal/localazure/entra"
	"github.com/workload-identity-quickstart/msal-go/internal/localazure/guid"
	"github.com/workload-identity-quickstart/msal-go/internal/localazure/keyvault"
)

// What a [World] has unless it says otherwise. The GUIDs are plainly made up.
const (
	TenantID       = "11111111-1111-1111-1111-111111111111"
	ClientID       = "22222222-2222-2222-2222-222222222222"
	ObjectID       = "33333333-3333-3333-3333-333333333333"
	SubscriptionID = "55555555-5555-5555-5555-555555555555"
	VaultName      = "azwi-kv-tutorial"
	SecretName     = "my-secret"
	SecretValue    = "Hello!"
	// CredentialName is the name of the federated identity credential.
	CredentialName = "workload-identity"
)

// identityName is the display name of the application or managed identity.
const identityName = "workload-identity"

// Denial is how a vault rejects a caller that may not read its secrets.
type Denial string

// The denials: two named after the permission models of Key Vault, and three by
// the vault's network.
const (
	DenyNothing      Denial = ""
	DenyRBAC         Denial = "rbac"
	DenyAccessPolicy Denial = "access-policy"
	DenyFirewall     Denial = "firewall"
	DenyConnection   Denial = "connection"
	DenyNSP          Denial = "nsp"
)

// ParseDenial accepts the denials but [DenyNothing].
func ParseDenial(s string) (Denial, error) {
	switch d := Denial(s); d {
	case DenyRBAC, DenyAccessPolicy, DenyFirewall, DenyConnection, DenyNSP:
		return d, nil
	}
	return "", fmt.Errorf("denial %q is not known: use rbac, access-policy, firewall, connection or nsp", s)
}

// VaultSecret is a secret in a vault.
type VaultSecret struct {
	Vault       string // the name of the vault, the first one unless set
	Name, Value string
}

// World is what exists in Azure: a tenant with an application, and vaults. The
// zero value is that of the workload identity tutorial, in which nothing is
// trusted yet.
type World struct {
	// Cloud is the public cloud unless set.
	Cloud cloud.Cloud
	// TenantID, ClientID and ObjectID are those of the constants unless set.
	TenantID, ClientID, ObjectID string
	// ManagedIdentity makes the application a user-assigned managed identity.
	ManagedIdentity bool
	// FederatedCredentials take effect FederatedCredentialAfter their creation.
	FederatedCredentials     []entra.FederatedCredential
	FederatedCredentialAfter time.Duration
	IdentityBindings         []entra.IdentityBinding
	// APIs are further applications of the tenant.
	APIs []entra.Application
	// Vaults are the names of the vaults, [VaultName] unless set.
	Vaults []string
	// Secrets are [SecretName] in the first vault unless set.
	Secrets []VaultSecret
	// DenySecret keeps the application from using the vaults.
	DenySecret Denial
	// ThrottleLimit of requests to each vault within ten seconds; zero means
	// [keyvault.DefaultLimit].
	ThrottleLimit int

	// Empty leaves out the application and the vaults, so that there are a tenant, a
	// user and a subscription alone.
	Empty bool
	// ControlPlane decides about Azure Resource Manager and Microsoft Graph.
	ControlPlane ControlPlane
	// AccessTokenLifetime is that of [entra.Config].
	AccessTokenLifetime time.Duration
	// IssuerRoots are those of [entra.Config].
	IssuerRoots *x509.CertPool
}

// setDefaults replaces what is not set.
func (w *World) setDefaults() {
	if w.Cloud.Name == "" {
		w.Cloud = cloud.Public()
	}
	w.TenantID, w.ClientID, w.ObjectID = cmp.Or(w.TenantID, TenantID), cmp.Or(w.ClientID, ClientID), cmp.Or(w.ObjectID, ObjectID)
	if len(w.Vaults) == 0 {
		w.Vaults = []string{VaultName}
	}
	if len(w.Secrets) == 0 {
		w.Secrets = []VaultSecret{{Name: SecretName, Value: SecretValue}}
	}
}

// Build creates the directory and the vaults. The error joins everything that is
// wrong with w.
func (w World) Build() (*entra.Directory, *keyvault.Service, error) {
	w.setDefaults()
	directory, err := entra.New(entra.Config{IssuerRoots: w.IssuerRoots, TokenLifetime: w.AccessTokenLifetime})
	if err != nil {
		return nil, nil, err
	}
	vaults, err := keyvault.New(keyvault.Config{Keys: directory.Keys})
	if err != nil {
		return nil, nil, err
	}
	if err := errors.Join(w.fillDirectory(directory), w.fillVaults(vaults)); err != nil {
		return nil, nil, err
	}
	return directory, vaults, nil
}

func (w World) fillDirectory(directory *entra.Directory) error {
	if err := directory.AddTenant(entra.Tenant{ID: w.TenantID, Cloud: w.Cloud}); err != nil {
		return err
	}
	err := directory.AddUser(entra.User{ObjectID: UserID, TenantID: w.TenantID, Name: UserName, DisplayName: "User"})
	if w.Empty || err != nil {
		return err
	}
	app := entra.Application{
		ClientID: w.ClientID, Name: identityName, ObjectID: w.ObjectID, TenantID: w.TenantID, IdentityBindings: w.IdentityBindings,
		ApplicationID: guid.New(),
	}
	if w.ManagedIdentity {
		app.ApplicationID = ""
		app.ManagedIdentity = "/subscriptions/" + SubscriptionID +
			"/resourcegroups/azwi-quickstart/providers/Microsoft.ManagedIdentity/userAssignedIdentities/" + identityName
	}
	for _, c := range w.FederatedCredentials {
		if w.FederatedCredentialAfter > 0 {
			c.AvailableAt = time.Now().Add(w.FederatedCredentialAfter)
		}
		app.FederatedCredentials = append(app.FederatedCredentials, c)
	}
	err = directory.AddApplication(app)
	for _, api := range w.APIs {
		api.TenantID = w.TenantID
		if apiErr := directory.AddApplication(api); apiErr != nil {
			err = errors.Join(err, fmt.Errorf("api %s: %w", strings.Join(api.IdentifierURIs, ", "), apiErr))
		}
	}
	return err
}

func (w World) fillVaults(service *keyvault.Service) error {
	if w.Empty {
		return nil
	}
	options := keyvault.Options{Cloud: w.Cloud, TenantID: w.TenantID, Limit: w.ThrottleLimit,
		Readers: []string{w.ObjectID}, Writers: []string{w.ObjectID}}
	switch w.DenySecret {
	case DenyRBAC:
		options.Readers, options.Writers = nil, nil
	case DenyAccessPolicy:
		options.Readers, options.Writers, options.PermissionModel = nil, nil, keyvault.AccessPolicy
	case DenyFirewall:
		options.Network = keyvault.Firewall
	case DenyConnection:
		options.Network = keyvault.Connection
	case DenyNSP:
		options.Network = keyvault.Perimeter
	}
	var errs []error
	if w.DenySecret != DenyNothing {
		_, err := ParseDenial(string(w.DenySecret))
		errs = append(errs, err)
	}
	for _, name := range w.Vaults {
		options.Name = name
		_, err := service.Add(options)
		errs = append(errs, err)
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	given := map[string]bool{}
	for _, s := range w.Secrets {
		name := cmp.Or(s.Vault, w.Vaults[0])
		vault, ok := service.Lookup(w.Cloud.VaultHost(name))
		key := strings.ToLower(name + "/" + s.Name)
		switch {
		case !ok:
			errs = append(errs, fmt.Errorf("secret %q: there is no vault %q", s.Name, name))
		case given[key]:
			errs = append(errs, fmt.Errorf("secret %q is given twice", s.Name))
		default:
			_, err := vault.Set(s.Name, keyvault.Secret{Value: s.Value})
			errs = append(errs, err)
		}
		given[key] = true
	}
	return errors.Join(errs...)
}
