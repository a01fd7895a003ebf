package main

import "testing"

func TestPolicies(t *testing.T) {
	a := newAzure(t)
	const mine = "--query 'properties.accessPolicies[1].permissions.[secrets, keys]' -o json"
	a.play([]step{
		{"identity create -g rg -n one -o none", 0, nothing},
		{"keyvault create -g rg -n kv-1 --enable-rbac-authorization false --query 'properties.accessPolicies[0].permissions.secrets' -o tsv", 0, "all"},
		{"keyvault create -g rg -n kv-2 --enable-rbac-authorization false --no-self-perms --query 'length(properties.accessPolicies)'", 0, "0"},
		{"keyvault set-policy -n kv-1 --object-id abc --secret-permissions get list get --query 'properties.accessPolicies[1].permissions.secrets' -o tsv", 0, "get\nlist"},
		{"keyvault set-policy -n kv-1 --object-id ABC --key-permissions get " + mine, 0, "[\n  [\n    \"get\",\n    \"list\"\n  ],\n  [\n    \"get\"\n  ]\n]"},
		{"keyvault set-policy -n kv-1 --object-id abc --secret-permissions set " + mine, 0, "[\n  [\n    \"set\"\n  ],\n  [\n    \"get\"\n  ]\n]"},
		{"keyvault set-policy -n kv-1 --object-id abc", 2, "specify at least one: --key-permissions"},
		{"keyvault set-policy -n kv-1 --secret-permissions get", 2, "specify exactly one: --object-id, --spn, --upn"},
		{"keyvault set-policy -n kv-1 --object-id abc --upn me --secret-permissions get", 2, "specify exactly one"},
		{"keyvault set-policy -n kv-1 --object-id abc --secret-permissions read", 2,
			"az keyvault set-policy: 'read' is not a valid value for '--secret-permissions'. Allowed values: all, get, list,"},
		{"keyvault set-policy -n kv-1 --spn abc --secret-permissions get", 1, "Unable to get object id from principal name."},
		{"keyvault delete-policy -n kv-1 --object-id abc --query 'length(properties.accessPolicies)'", 0, "1"},
		{"keyvault delete-policy -n kv-1 --object-id abc", 1, "No matching policies found"},
		{"keyvault update -n kv-1 --enable-rbac-authorization true -o none", 0, nothing},
		{"keyvault set-policy -n kv-1 --object-id abc --secret-permissions get", 1, "Cannot set policies to a vault with '--enable-rbac-authorization' specified"},
		{"keyvault delete-policy -n kv-1 --object-id abc", 1, "Cannot delete policies to a vault with '--enable-rbac-authorization' specified"},
		{"fake set rules.rbacByDefault false", 0, nothing},
		{"keyvault create -g rg -n kv-3 --query properties.enableRbacAuthorization", 0, "false"},
	})
	_, client, _ := a.run("identity show -g rg -n one --query clientId -o tsv")
	_, principal, _ := a.run("identity show -g rg -n one --query principalId -o tsv")
	a.play([]step{
		{"keyvault set-policy -n kv-3 --secret-permissions get --spn " + client +
			" --query 'properties.accessPolicies[1].objectId' -o tsv", 0, principal[:36]},
	})
}
