package main

import (
	"github.com/workload-identity-quickstart/msal-go/test/scripts/fakeaz/internal/state"
)

const vaultKind = "Microsoft.KeyVault/vaults"

func vaultCommands() map[string]handler {
	return map[string]handler{
		"keyvault create":       createVault,
		"keyvault delete":       deleteVault,
		"keyvault list":         listVaults,
		"keyvault list-deleted": listDeletedVaults,
		"keyvault purge":        purgeVault,
		"keyvault recover":      recoverVault,
		"keyvault show":         showVault,
		"keyvault show-deleted": showDeletedVault,
		"keyvault update":       updateVault,
	}
}

// vault finds the vault of a management command; the CLI looks for its group
// when none is given.
func (c *call) vault() (*state.Resource, error) {
	name, group := c.String("--name"), c.String("--resource-group")
	if name == "" {
		return nil, userError("Please specify --name/-n or --hsm-name")
	}
	if group != "" {
		return c.find(group, vaultKind, name)
	}
	if vault := c.vaultNamed(name); vault != nil && c.inSubscription(vault) {
		return vault, nil
	}
	return nil, userError("The Vault '%s' not found within subscription.", name)
}

func showVault(c *call) (any, error) { return bodyOf(c.vault()) }

func listVaults(c *call) (any, error) {
	found, err := c.list(vaultKind, c.String("--resource-group"))
	return bodies(found), err
}

func bodies(resources []*state.Resource) []any {
	all := []any{}
	for _, resource := range resources {
		all = append(all, resource.Body)
	}
	return all
}
