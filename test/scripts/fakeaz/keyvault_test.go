package main

import "testing"

func TestVault(t *testing.T) {
	a := newAzure(t)
	a.play([]step{
		{"keyvault create -g rg -n kv-1 --query '[name, location, resourceGroup, properties.vaultUri, properties.enableRbacAuthorization, " +
			"properties.softDeleteRetentionInDays, length(properties.accessPolicies)]' -o tsv", 0,
			"kv-1\neastus\nrg\nhttps://kv-1.vault.azure.net/\ntrue\n90\n0"},
		{"keyvault create -g rg -n kv-1", 1, "ERROR: The specified vault: kv-1 already exists"},
		{"keyvault create -g nowhere -n kv-2", 3, "(ResourceGroupNotFound)"},
		{"keyvault create -g rg", 1, "Please specify --name/-n or --hsm-name"},
		{"keyvault show -n KV-1 --query id -o tsv", 0, "/subscriptions/" + subscription + "/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/kv-1"},
		{"keyvault show -n kv-2", 1, "ERROR: The Vault 'kv-2' not found within subscription."},
		{"keyvault show -n kv-2 -g rg", 3, "(ResourceNotFound) The Resource 'Microsoft.KeyVault/vaults/kv-2' under resource group 'rg' was not found."},
		{"keyvault list -g rg --query '[].name' -o tsv", 0, "kv-1"},
		{`fake set defaults.vaultUri '"https://127.0.0.1:8443/"'`, 0, nothing},
		{"keyvault create -g rg -n kv-2 --query properties.vaultUri -o tsv", 0, "https://127.0.0.1:8443/"},
	})
}

func TestVaultNames(t *testing.T) {
	a := newAzure(t)
	a.play([]step{
		{`fake set rules.takenVaults '["kv-taken"]'`, 0, nothing},
		{"keyvault create -g rg -n KV-Taken", 1, "(VaultAlreadyExists) The vault name 'KV-Taken' is already in use. Vault names are globally unique"},
		{"group create -n other -l westus -o none", 0, nothing},
		{"keyvault create -g other -n kv-1 -o none", 0, nothing},
		{"keyvault create -g rg -n kv-1", 1, "(VaultAlreadyExists)"},
	})
	for _, name := range []string{"kv", "1kv", "kv-", "kv--1", "kv_1", "a23456789-123456789-12345"} {
		a.play([]step{{"keyvault create -g rg -n " + name, 1, "(VaultNameNotValid) The vault name '" + name + "' is invalid."}})
	}
}

func TestVaultNameIsAvailable(t *testing.T) {
	a := newAzure(t)
	check := func(name, query string) string {
		return "rest --method post --url /subscriptions/" + subscription + "/providers/Microsoft.KeyVault/checkNameAvailability?api-version=2023-07-01 " +
			`--body '{"name": "` + name + `", "type": "Microsoft.KeyVault/vaults"}' --query '` + query + "' -o tsv"
	}
	a.play([]step{
		{`fake set rules.takenVaults '["kv-taken"]'`, 0, nothing},
		{check("kv-1", "[nameAvailable, reason]"), 0, "true\nNone"},
		{check("kv-", "[nameAvailable, reason]"), 0, "false\nAccountNameInvalid"},
		{check("kv-taken", "[nameAvailable, reason]"), 0, "false\nAlreadyExists"},
		{"rest --method post --url /subscriptions/" + subscription + "/providers/Microsoft.KeyVault/checkNameAvailability", 1, "(MissingApiVersionParameter)"},
		{"rest --url /subscriptions", 70, "fakeaz: az rest for"},
		{"fake set rules.autoRegister false", 0, nothing},
		{`fake set providers.Microsoft.KeyVault.state '"NotRegistered"'`, 0, nothing},
		{check("kv-1", "nameAvailable"), 1, "(MissingSubscriptionRegistration)"},
	})
}

func TestSoftDelete(t *testing.T) {
	a := newAzure(t)
	a.play([]step{
		{"keyvault create -g rg -n kv-1 --enable-rbac-authorization false -o none", 0, nothing},
		{"keyvault secret set --vault-name kv-1 -n s --value v -o none", 0, nothing},
		{"role assignment create --role Reader --assignee user@example.com --scope /subscriptions/" + subscription +
			"/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/kv-1 -o none", 0, nothing},
		{"keyvault recover -n kv-1", 1, "ERROR: No deleted Vault or HSM was found with name kv-1"},
		{"keyvault delete -n kv-1", 0, nothing},
		{"keyvault show -n kv-1", 1, "not found within subscription"},
		{"keyvault secret show --vault-name kv-1 -n s", 1, "Failed to resolve 'kv-1.vault.azure.net'"},
		{"keyvault list-deleted --query '[].[name, properties.location]' -o tsv", 0, "kv-1\teastus"},
		{"keyvault show-deleted -n kv-1 --query properties.vaultId -o tsv", 0, "/subscriptions/" + subscription +
			"/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/kv-1"},
		{"keyvault show-deleted -n kv-1 -l westus", 3, "(DeletedVaultNotFound)"},
		{"keyvault create -g rg -n kv-1", 1, "(ConflictError) A vault with the same name already exists in deleted state. " +
			"You need to either recover or purge existing key vault."},
		{"keyvault recover -n kv-1 -g other", 1, "The vault or hsm must be recovered to the original resource group rg."},
		{"keyvault recover -n kv-1 -o none", 0, nothing},
		{"keyvault secret show --vault-name kv-1 -n s --query value -o tsv", 0, "v"},
		{"role assignment list --all", 0, "[]"},
		{"keyvault delete -n kv-1 -g rg", 0, nothing},
		{"keyvault purge -n kv-1", 0, nothing},
		{"keyvault purge -n kv-1", 1, "No deleted Vault"},
		{"keyvault create -g rg -n kv-1 --enable-rbac-authorization false --enable-purge-protection -o none", 0, nothing},
		{"keyvault secret list --vault-name kv-1", 0, "[]"},
		{"keyvault update -n kv-1 --enable-purge-protection false", 1, "is an irreversible action"},
		{"keyvault delete -n kv-1", 0, nothing},
		{"keyvault purge -n kv-1", 1, "(DeletedVaultPurge) Purge cannot be done on vaults with purge protection enabled"},
		{"group delete -n rg --yes", 0, nothing},
		{"keyvault recover -n kv-1", 3, "(ResourceGroupNotFound)"},
	})
}
