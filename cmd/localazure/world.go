package main

import (
	"errors"
	"time"

	"github.com/workload-identity-quickstart/msal-go/internal/localazure"
	"github.com/workload-identity-quickstart/msal-go/internal/localazure/entra"
	"github.com/workload-identity-quickstart/msal-go/internal/localazure/keyvault"
)

// world makes the directory and the vault that the flags describe. What their
// packages refuse is reported as wrong usage, all at once.
func (o *serveOptions) world() (*entra.Directory, *keyvault.Service, error) {
	roots, err := loadRoots(o.issuerCA)
	if err != nil {
		return nil, nil, err
	}
	directory, err := entra.New(entra.Config{IssuerRoots: roots})
	if err != nil {
		return nil, nil, err
	}
	vaults, err := keyvault.New(keyvault.Config{Keys: directory.Keys})
	if err != nil {
		return nil, nil, err
	}
	if err := errors.Join(o.fillDirectory(directory), o.fillVault(vaults)); err != nil {
		return nil, nil, usageError{err}
	}
	return directory, vaults, nil
}

func (o *serveOptions) fillDirectory(directory *entra.Directory) error {
	if o.federatedCredentialAfter > 0 {
		for i := range o.credentials {
			o.credentials[i].AvailableAt = time.Now().Add(o.federatedCredentialAfter)
		}
	}
	if err := directory.AddTenant(entra.Tenant{ID: o.tenant, Cloud: o.cloud}); err != nil {
		return err
	}
	err := directory.AddApplication(entra.Application{
		ClientID: o.client, ObjectID: o.object, TenantID: o.tenant,
		FederatedCredentials: o.credentials, IdentityBindings: o.bindings,
	})
	return errors.Join(err, addAPIs(directory, o.apis, o.tenant, o.client))
}

func (o *serveOptions) fillVault(vaults *keyvault.Service) error {
	options := keyvault.Options{Name: o.vault, Cloud: o.cloud, TenantID: o.tenant, Limit: o.throttle}
	switch o.denySecret {
	case localazure.DenyNothing:
		options.Readers, options.Writers = []string{o.object}, []string{o.object}
	case localazure.DenyAccessPolicy:
		options.PermissionModel = keyvault.AccessPolicy
	}
	vault, err := vaults.Add(options)
	if err != nil {
		return err
	}
	secrets := o.secrets
	if len(secrets) == 0 {
		secrets = []secret{{localazure.SecretName, localazure.SecretValue}}
	}
	var errs []error
	for _, s := range secrets {
		_, err := vault.Set(s.name, keyvault.Secret{Value: s.value})
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}
