package main

import (
	"fmt"
	"strings"
	"testing"
)

func TestIdentity(t *testing.T) {
	a := newAzure(t)
	const first = "8577e92f-5c20-47f0-82cc-7fec54ad9dfd\n"
	a.play([]step{
		{"identity show -g rg -n id1", 3, "(ResourceNotFound) The Resource 'Microsoft.ManagedIdentity/userAssignedIdentities/id1'"},
		{"identity create -g nowhere -n id1", 3, "(ResourceGroupNotFound)"},
		{"identity create -g rg -n 1-", 1, "(InvalidResourceName)"},
		{"identity create -g rg -n id1 -l westus --tags a=1 --query clientId -o tsv", 0, first[:36]},
		{"identity create -g rg -n id1 -l eastus", 1, "(InvalidResourceLocation) The resource 'id1' already exists in location 'westus'"},
		{"identity create -g rg -n id1 -l westus --query '[clientId, tags.a]' -o tsv", 0, first + "1"},
		{"identity list -g rg --query '[].name' -o tsv", 0, "id1"},
		{"ad sp list --query '[].[displayName, servicePrincipalType]' -o tsv", 0, "id1\tManagedIdentity"},
		{"identity delete -g rg -n id1", 0, nothing},
		{"ad sp list --query '[].displayName' -o tsv", 0, nothing},
		{"identity delete -g rg -n id1", 0, nothing},
		{"identity list --query '[].name'", 0, "[]"},
		{`fake set defaults.clientId '"22222222-2222-2222-2222-222222222222"'`, 0, nothing},
		{"identity create -g rg -n id2 --query clientId -o tsv", 0, "22222222-2222-2222-2222-222222222222"},
		{"identity show -g rg -n id2 --query tenantId -o tsv", 0, "99998888-7777-6666-5555-444433332222"},
	})
}

// A new identity of an old name is somebody else, without the old one's rights.
func TestIdentityMadeAgain(t *testing.T) {
	a := newAzure(t)
	a.play([]step{{"identity create -g rg -n id1 -o none", 0, nothing}})
	_, before, _ := a.run("identity show -g rg -n id1 --query [clientId,principalId] -o tsv")
	a.play([]step{
		{"identity create -g rg -n id1 --query [clientId,principalId] -o tsv", 0, strings.TrimSpace(before)},
		{"identity delete -g rg -n id1", 0, nothing},
		{"identity create -g rg -n id1 -o none", 0, nothing},
	})
	_, after, _ := a.run("identity show -g rg -n id1 --query [clientId,principalId] -o tsv")
	if before[:36] == after[:36] || before[37:] == after[37:] {
		t.Errorf("the ids are\n%sand were\n%s", after, before)
	}
}

func TestFederatedCredential(t *testing.T) {
	a := newAzure(t)
	const fic, id = "identity federated-credential ", " -g rg --identity-name id1 "
	a.play([]step{
		{fic + "create -n fic" + id + "--issuer https://i --subject s", 3, "(ParentResourceNotFound) Failed to perform 'write' on resource(s)"},
		{"identity create -g rg -n id1 -o none", 0, nothing},
		{fic + "create -n fic" + id, 1, "usage error: please provide both --issuer and --subject parameters"},
		{fic + "create -n fi" + id + "--issuer https://i --subject s", 1, "(BadRequest) The federated identity credential name 'fi' is invalid"},
		{fic + "create -n fic" + id + "--issuer http://i --subject s", 1, "(BadRequest) The issuer 'http://i' must be a URL"},
		{fic + "create -n fic" + id + "--issuer https://i --subject s --audiences a b", 1, "exactly one audience"},
		{fic + "create -n fic" + id + "--issuer https://i --subject s --query '[issuer, subject, audiences[0]]' -o tsv", 0, "https://i\ns\napi://AzureADTokenExchange"},
		{fic + "create -n fic2" + id + "--issuer https://i --subject s", 1, "(BadRequest) Issuer and subject combination already exists for this Managed Identity."},
		{fic + "create -n fic" + id + "--issuer https://j --subject s -o none", 0, nothing},
		{fic + "update -n fic2" + id + "--issuer https://i --subject s -o none", 0, nothing},
		{fic + "list" + id + "--query '[].[name, issuer]' -o tsv", 0, "fic\thttps://j\nfic2\thttps://i"},
		{fic + "show -n fic" + id + "--query issuer -o tsv", 0, "https://j"},
		{fic + "show -n fic3" + id, 3, "(NotFound)"},
		{fic + "delete -n fic" + id, 1, "Operation cancelled."},
		{fic + "delete -n fic --yes" + id, 0, nothing},
		{fic + "delete -n fic --yes" + id, 0, nothing},
		{fic + "show -n fic" + id, 3, "(NotFound)"},
		{fic + "list -g rg --identity-name id2", 3, "(ResourceNotFound)"},
	})
	for i := range maxCredentials - 1 {
		a.play([]step{{fmt.Sprintf("%screate -n more-%d%s--issuer https://more --subject %d -o none", fic, i, id, i), 0, nothing}})
	}
	a.play([]step{
		{fic + "create -n last" + id + "--issuer https://last --subject s", 1, "(BadRequest) Too many Federated Identity Credentials"},
		{fic + "update -n fic2" + id + "--issuer https://last --subject s -o none", 0, nothing},
		{"identity delete -g rg -n id1", 0, nothing},
		{"identity create -g rg -n id1 -o none", 0, nothing},
		{fic + "list" + id, 0, "[]"},
	})
}
