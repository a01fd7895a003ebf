package main

import (
	"maps"
	"slices"
	"strings"

	"github.com/workload-identity-quickstart/msal-go/test/scripts/fakeaz/internal/state"
)

func deleteVault(c *call) (any, error) {
	c.ignore("--no-wait")
	vault, err := c.vault()
	return nil, c.removeIfFound(vault, err)
}

// softDelete keeps a vault and its secrets for later.
func (c *call) softDelete(vault *state.Resource) {
	c.state.DeletedVaults[strings.ToLower(vault.Body["name"].(string))] = vault
}

// deletedVault finds the deleted vault of --name.
func (c *call) deletedVault() (*state.Resource, error) {
	name, location := c.String("--name"), c.location()
	vault := c.state.DeletedVaults[strings.ToLower(name)]
	if vault != nil && c.inSubscription(vault) && (location == "" || vault.Body["location"] == location) {
		return vault, nil
	}
	if name == "" {
		return nil, userError("Please specify --vault-name or --hsm-name.")
	}
	if location != "" {
		return nil, azureError(404, "DeletedVaultNotFound", "The specified deleted vault '%s' does not exist.", name)
	}
	return nil, userError("No deleted Vault or HSM was found with name %s", name)
}

func listDeletedVaults(c *call) (any, error) {
	all := []any{}
	if kind := c.String("--resource-type"); kind != "" && kind != "vault" {
		return nil, unmodelled("the stand-in has vaults only")
	}
	for _, name := range slices.Sorted(maps.Keys(c.state.DeletedVaults)) {
		if vault := c.state.DeletedVaults[name]; c.inSubscription(vault) {
			all = append(all, c.deletedBody(vault))
		}
	}
	return all, nil
}

func showDeletedVault(c *call) (any, error) {
	vault, err := c.deletedVault()
	if err != nil {
		return nil, err
	}
	return c.deletedBody(vault), nil
}

func recoverVault(c *call) (any, error) {
	c.ignore("--no-wait")
	vault, err := c.deletedVault()
	if err != nil {
		return nil, err
	}
	name, group := vault.Body["name"].(string), vault.Body["resourceGroup"].(string)
	if wanted := c.String("--resource-group"); wanted != "" && wanted != group {
		return nil, userError("The specified resource group does not match that of the deleted vault or hsm %s. The vault "+
			"or hsm must be recovered to the original resource group %s.", name, group)
	}
	if _, err := c.writableGroup(group); err != nil {
		return nil, err
	}
	delete(c.state.DeletedVaults, strings.ToLower(name))
	return c.state.Put(vault.ID(), vault.Body).Body, nil
}

func purgeVault(c *call) (any, error) {
	c.ignore("--no-wait")
	vault, err := c.deletedVault()
	if err != nil {
		return nil, err
	}
	name := strings.ToLower(vault.Body["name"].(string))
	if vault.Body["properties"].(object)["enablePurgeProtection"] == true {
		return nil, azureError(400, "DeletedVaultPurge",
			"Purge cannot be done on vaults with purge protection enabled: '%s'.", name)
	}
	delete(c.state.DeletedVaults, name)
	delete(c.state.Secrets, name)
	delete(c.state.DeletedSecrets, name)
	return nil, nil
}

func (c *call) deletedBody(vault *state.Resource) object {
	name, location, properties := vault.Body["name"], vault.Body["location"].(string), vault.Body["properties"].(object)
	return object{
		"id": "/subscriptions/" + c.subscription.ID + "/providers/Microsoft.KeyVault/locations/" + location +
			"/deletedVaults/" + name.(string),
		"name": name,
		"properties": object{
			"deletionDate":           "2026-01-01T00:00:00+00:00",
			"location":               location,
			"purgeProtectionEnabled": properties["enablePurgeProtection"],
			"scheduledPurgeDate":     "2026-04-01T00:00:00+00:00",
			"tags":                   vault.Body["tags"],
			"vaultId":                vault.ID(),
		},
		"type": "Microsoft.KeyVault/deletedVaults",
	}
}
