package localazure

import (
	"fmt"
	"time"

	"github.com/workload-identity-quickstart/msal-go/internal/localazure/entra"
	"github.com/workload-identity-quickstart/msal-go/internal/localazure/issuer"
	"github.com/workload-identity-quickstart/msal-go/internal/localazure/keyvault"
	"github.com/workload-identity-quickstart/msal-go/internal/localazure/pki"
)

// populate makes the directory and the vault.
func (s *Sandbox) populate(authority *pki.Authority) (*keyvault.Service, error) {
	var err error
	s.entra, err = entra.New(entra.Config{IssuerRoots: authority.Pool(), TokenLifetime: s.cfg.AccessTokenLifetime})
	if err != nil {
		return nil, err
	}
	if err := s.entra.AddTenant(entra.Tenant{ID: TenantID, Cloud: s.cfg.Cloud}); err != nil {
		return nil, err
	}
	app := entra.Application{ClientID: ClientID, ObjectID: ObjectID, TenantID: TenantID}
	switch {
	case s.cfg.NoFederatedCredential:
	case s.cfg.IdentityBinding:
		app.IdentityBindings = []entra.IdentityBinding{{Issuer: s.issuer.URL(), Subject: issuer.DefaultSubject}}
	default:
		credential := entra.FederatedCredential{
			Name: CredentialName, Issuer: s.issuer.URL(), Subject: issuer.DefaultSubject, Audience: issuer.DefaultAudience,
		}
		if after := s.cfg.FederatedCredentialAfter; after > 0 {
			credential.AvailableAt = time.Now().Add(after)
		}
		app.FederatedCredentials = append(app.FederatedCredentials, credential)
	}
	if err := s.entra.AddApplication(app); err != nil {
		return nil, err
	}
	vaults, err := keyvault.New(keyvault.Config{Keys: s.entra.Keys})
	if err != nil {
		return nil, err
	}
	options := keyvault.Options{
		Name: VaultName, Cloud: s.cfg.Cloud, TenantID: TenantID, Limit: s.cfg.ThrottleLimit,
	}
	switch s.cfg.DenySecret {
	case DenyNothing:
		options.Readers, options.Writers = []string{ObjectID}, []string{ObjectID}
	case DenyRBAC:
	case DenyAccessPolicy:
		options.PermissionModel = keyvault.AccessPolicy
	default:
		return nil, fmt.Errorf("denial %q is not known: use %s or %s", s.cfg.DenySecret, DenyRBAC, DenyAccessPolicy)
	}
	if s.vault, err = vaults.Add(options); err != nil {
		return nil, err
	}
	_, err = s.vault.Set(s.cfg.SecretName, keyvault.Secret{Value: s.cfg.SecretValue})
	return vaults, err
}
