package main

import (
	"strings"
	"testing"
)

func TestRoleAssignments(t *testing.T) {
	a := newAzure(t)
	const rg = "/subscriptions/" + subscription + "/resourceGroups/rg"
	const create = "role assignment create --assignee-object-id 8577e92f-5c20-47f0-82cc-7fec54ad9dfd --assignee-principal-type ServicePrincipal "
	a.play([]step{
		{create + "--role Nothing --scope " + rg, 1, "ERROR: Role 'Nothing' doesn't exist."},
		{create + "--role Reader --scope " + rg + "x", 3, "(ResourceGroupNotFound)"},
		{create + "--role Reader --scope " + rg + "/providers/Microsoft.KeyVault/vaults/no", 3, "(ResourceNotFound)"},
		{create + "--role Reader --scope rg", 1, "Invalid scope."},
		{create + "--role Reader --scope " + rg + " -g rg", 1, `Resource group "rg" is redundant because scope is supplied`},
		{create + "--role Reader --assignee x", 1, "usage error: --assignee STRING | --assignee-object-id GUID"},
		{"role assignment create --role Reader --assignee x --assignee-principal-type User", 1, "usage error: --assignee-object-id GUID --assignee-principal-type TYPE"},
		{"role assignment create --role Reader --assignee nobody@example.com", 1, "Cannot find user or service principal in graph database for 'nobody@example.com'."},
		{create + "--role acdd72a7-3385-48ef-bd42-f606fba81ae7 --scope " + rg + " --description why --query [scope,roleDefinitionName,principalType,description] -o tsv",
			0, rg + "\nReader\nServicePrincipal\nwhy"},
		{create + "--role Reader --scope " + rg + " -o none", 0, nothing},
		{"role assignment list --scope " + rg + " --query 'length(@)'", 0, "1"},
		{"role assignment list --scope " + rg + "/x --query 'length(@)'", 0, "0"},
		{"role assignment list --scope " + rg + "/x --include-inherited --query 'length(@)'", 0, "1"},
		{"role assignment list --query 'length(@)'", 0, "0"},
		{"role assignment list --all --query 'length(@)'", 0, "1"},
		{"role assignment list --all --scope " + rg, 1, "group or scope are not required when --all is used"},
		{"role assignment list --all --role Owner --query 'length(@)'", 0, "0"},
		{"role assignment list --all --assignee user@example.com --query 'length(@)'", 0, "0"},
		{"role assignment delete --role Owner --scope " + rg, 1, "No matched assignments were found to delete"},
		{"fake set account.mayAssignRoles false", 0, nothing},
		{create + "--role Owner --scope " + rg, 1, "(AuthorizationFailed) The client 'user@example.com' with object id"},
	})
	_, id, _ := a.run("role assignment list --all --query [0].id -o tsv")
	a.play([]step{
		{"role assignment delete --ids " + strings.TrimSpace(id), 0, nothing},
		{"role assignment delete --ids " + strings.TrimSpace(id), 0, nothing},
		{"role assignment list --all", 0, "[]"},
	})
}

func TestPrincipalReplication(t *testing.T) {
	a := newAzure(t)
	a.play([]step{
		{"fake set propagation.principal 1", 0, nothing},
		{"identity create -g rg -n one -o none", 0, nothing},
		{"identity create -g rg -n two -o none", 0, nothing},
	})
	_, principal, _ := a.run("identity show -g rg -n one --query principalId -o tsv")
	_, client, _ := a.run("identity show -g rg -n two --query clientId -o tsv")
	byID := "role assignment create --role Reader -g rg -o none --assignee-object-id " + strings.TrimSpace(principal)
	byName := "role assignment create --role Reader -g rg -o none --assignee " + strings.TrimSpace(client)
	a.play([]step{
		{byID, 1, "(PrincipalNotFound) Principal " + strings.ReplaceAll(strings.TrimSpace(principal), "-", "") + " does not exist in the directory"},
		{byID, 0, nothing},
		{byName, 1, "Cannot find user or service principal in graph database"},
		{byName, 0, nothing},
		{"role assignment list -g rg --query '[].principalType' -o tsv", 0, "ServicePrincipal\nServicePrincipal"},
	})
}
