package diagnose

// vaultEntries are about Key Vault, see
// https://learn.microsoft.com/azure/key-vault/general/rest-error-codes.
func vaultEntries() catalog {
	const (
		vaultID = "$(az keyvault show --name {vault-name} --query id --output tsv)"
		address = "az keyvault show --name {vault-name} --query properties.vaultUri --output tsv"
		tenant  = "az keyvault show --name {vault-name} --query properties.tenantId --output tsv"
	)
	return catalog{
		"vault-role-missing": {
			link:  LinkVault,
			cause: "no role lets client id {client-id} read secrets of vault {vault-name}; a new role assignment takes minutes to work",
			fix: "az role assignment create --role 'Key Vault Secrets User' --assignee-object-id {object-id} " +
				"--assignee-principal-type ServicePrincipal --scope " +
				vaultID,
		},
		"vault-policy-missing": {
			link:  LinkVault,
			cause: "no access policy of vault {vault-name} lets client id {client-id} get secrets",
			fix:   "az keyvault set-policy --name {vault-name} --secret-permissions get --spn {client-id}",
		},
		"vault-firewall": {
			link:  LinkVault,
			cause: "the firewall of vault {vault-name} does not let the address {client-address} in",
			fix:   "az keyvault network-rule add --name {vault-name} --ip-address {client-address}",
		},
		"vault-private": {
			link:  LinkVault,
			cause: "vault {vault-name} can be reached through its private endpoints only, and this request came another way",
			fix: "az network private-endpoint create --name {vault-name} --resource-group RESOURCE_GROUP --vnet-name VNET_NAME --subnet SUBNET_NAME " +
				"--connection-name {vault-name} --group-id vault --private-connection-resource-id " +
				vaultID,
		},
		"vault-forbidden": {
			link:  LinkVault,
			cause: "vault {vault-name} forbids client id {client-id} to read the secret: {message}",
			fix:   "az role assignment list --all --assignee {client-id} --output table",
		},
		"vault-tenant": {
			link:  LinkVault,
			cause: "vault {vault-name} belongs to another tenant than the workload identity, whose tenant is {tenant-id}",
			fix:   tenant,
		},
		"vault-audience": {
			link:  LinkVault,
			cause: "the token is for another service than vault {vault-host}: {message}",
			fix:   "az cloud list --query '[].[name,endpoints.activeDirectory,suffixes.keyvaultDns]' --output table",
		},
		"vault-token-refused": {
			link:  LinkVault,
			cause: "vault {vault-name} does not accept the access token: {message}",
			fix:   tenant,
		},
		"secret-not-found": {
			link:  LinkVault,
			cause: "vault {vault-name} has no secret {secret-name}, or it was deleted and can be recovered",
			fix: "az keyvault secret list --vault-name {vault-name} --output table && " +
				"az keyvault secret list-deleted --vault-name {vault-name} --output table",
		},
		"secret-disabled": {
			link:  LinkVault,
			cause: "the current version of secret {secret-name} in vault {vault-name} is disabled",
			fix:   "az keyvault secret set-attributes --vault-name {vault-name} --name {secret-name} --enabled true",
		},
		"secret-deleted": {
			link:  LinkVault,
			cause: "the secret {secret-name} of vault {vault-name} is deleted",
			fix:   "az keyvault secret recover --vault-name {vault-name} --name {secret-name}",
		},
		"vault-throttled": {
			link:  LinkVault,
			cause: "vault {vault-name} received too many requests: {message}",
			fix:   "wait: the program tries again by itself, more slowly with a longer POLL_INTERVAL",
		},
		"vault-unavailable": {
			link:  LinkVault,
			cause: "vault {vault-name} failed (HTTP {status}): {message}",
			fix:   waitForAzure,
		},
		"vault-refused": {
			link:  LinkVault,
			cause: "vault {vault-name} refused the request (HTTP {status}): {message}",
			fix:   address,
		},
		"not-a-vault": {
			link:  LinkVault,
			cause: "{vault-host} does not answer as a Key Vault does: KEYVAULT_URL is not a vault's address, or a proxy answered",
			fix:   address,
		},
	}
}
