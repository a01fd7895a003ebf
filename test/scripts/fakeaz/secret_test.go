package main

import (
	"strings"
	"testing"
)

const vaultScope = " --scope /subscriptions/" + subscription + "/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/kv-1 -o none"

func TestSecrets(t *testing.T) {
	a := newAzure(t)
	const show = "keyvault secret show --vault-name kv-1 -n my-secret --query value -o tsv"
	a.input = "  from\nstdin\n"
	a.play([]step{
		{"keyvault create -g rg -n kv-1 --enable-rbac-authorization false -o none", 0, nothing},
		{show, 3, "ERROR: (SecretNotFound) A secret with (name/id) my-secret was not found in this key vault."},
		{"keyvault secret set --vault-name kv-1 -n my-secret", 1, "incorrect usage: [Required] --value VALUE | --file PATH"},
		{"keyvault secret set --vault-name kv-1 -n my-secret --value a --file b", 1, "incorrect usage"},
		{"keyvault secret set --vault-name kv-1 -n my_secret --value a", 1, "(BadParameter)"},
		{"keyvault secret set --vault-name kv-1 -n my-secret --value Hello! --query name -o tsv", 0, "my-secret"},
		{show, 0, "Hello!"},
		{"keyvault secret set --vault-name kv-1 -n my-secret --file /dev/stdin -o none", 0, nothing},
		{"keyvault secret show --vault-name kv-1 -n my-secret --query value -o json", 0, `"  from\nstdin\n"`},
		{"keyvault secret set --vault-name kv-1 -n my-secret --file /nowhere/at/all", 1, "[Errno 2] No such file or directory: '/nowhere/at/all'"},
		{"keyvault secret list --vault-name kv-1 --query '[].[name, value]' -o tsv", 0, "my-secret\tNone"},
		{"keyvault secret delete --vault-name kv-1 -n my-secret -o none", 0, nothing},
		{show, 3, "(SecretNotFound)"},
		{"keyvault secret set --vault-name kv-1 -n my-secret --value a", 1, "(Conflict) Secret my-secret is currently in a deleted but " +
			"recoverable state, and its name cannot be reused; in this state, the secret can only be recovered or purged."},
		{"keyvault secret list-deleted --vault-name kv-1 --query '[].name' -o tsv", 0, "my-secret"},
		{"keyvault secret recover --vault-name kv-1 -n my-secret -o none", 0, nothing},
		{"keyvault secret show --vault-name kv-1 -n my-secret --query 'starts_with(value, `\"  from\"`)'", 0, "true"},
		{"keyvault secret delete --vault-name kv-1 -n my-secret -o none", 0, nothing},
		{"keyvault secret purge --vault-name kv-1 -n my-secret", 1, "does not have secrets purge permission on key vault 'kv-1;location=eastus'"},
		{"keyvault set-policy -n kv-1 --upn user@example.com --secret-permissions purge set -o none", 0, nothing},
		{"keyvault secret purge --vault-name kv-1 -n my-secret", 0, nothing},
		{"keyvault secret set --vault-name kv-1 -n my-secret --value b -o none", 0, nothing},
		{show, 1, "\"code\": \"AccessDenied\""},
		{"keyvault secret show --vault-name kv-2 -n my-secret", 1, "Failed to resolve 'kv-2.vault.azure.net'"},
	})
}

func TestRolesForSecrets(t *testing.T) {
	a := newAzure(t)
	const set = "keyvault secret set --vault-name kv-1 -n s --value v -o none"
	const show = "keyvault secret show --vault-name kv-1 -n s --query value -o tsv"
	const grant = "role assignment create --assignee user@example.com --role "
	a.play([]step{
		{"keyvault create -g rg -n kv-1 -o none", 0, nothing},
		{grant + "Owner" + vaultScope, 0, nothing},
		{set, 1, "\nAction: 'Microsoft.KeyVault/vaults/secrets/setSecret/action'\nResource: '/subscriptions/" + subscription +
			"/resourcegroups/rg/providers/microsoft.keyvault/vaults/kv-1/secrets/s'\nAssignment: (not found)"},
		{set, 1, "Inner error: {\n    \"code\": \"ForbiddenByRbac\"\n}"},
		{"keyvault create -g rg -n kv-2 -o none", 0, nothing},
		{grant + "'Key Vault Secrets Officer'" + strings.Replace(vaultScope, "kv-1", "kv-2", 1), 0, nothing},
		{"role assignment create --assignee-object-id somebody --assignee-principal-type User --role 'Key Vault Secrets Officer'" + vaultScope, 0, nothing},
		{set, 1, "(Forbidden)"},
		{grant + "'Key Vault Secrets User'" + vaultScope, 0, nothing},
		{show, 3, "(SecretNotFound)"},
		{set, 1, "(Forbidden) Caller is not authorized"},
		{"fake set propagation.roleAssignment 3", 0, nothing},
		{grant + "'key vault secrets officer' -g rg -o none", 0, nothing},
		{set, 1, "(Forbidden)"},
		{set, 1, "(Forbidden)"},
		{set, 0, nothing},
		{show, 0, "v"},
		{"role assignment delete --assignee user@example.com --role 'Key Vault Secrets Officer' -g rg", 0, nothing},
		{set, 1, "(Forbidden)"},
	})
}
