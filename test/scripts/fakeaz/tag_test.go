package main

import "testing"

func TestTags(t *testing.T) {
	a := newAzure(t)
	const rg = "/subscriptions/" + subscription + "/resourceGroups/rg"
	const one = rg + "/providers/Microsoft.ManagedIdentity/userAssignedIdentities/one"
	a.play([]step{
		{"identity create -g rg -n one --tags a=1 b=2 -o none", 0, nothing},
		{"tag update --resource-id " + one + " --operation Merge --tags b=3 c=4 --query properties.tags.[a,b,c] -o tsv", 0, "1\n3\n4"},
		{"tag update --resource-id " + one + " --operation delete --tags a=1 b=9 --query 'sort(keys(properties.tags))' -o tsv", 0, "b\nc"},
		{"identity show -g rg -n one --query tags.[b,c] -o tsv", 0, "3\n4"},
		{"tag update --resource-id " + one + " --operation Replace --tags x=y --query 'sort(keys(properties.tags))' -o tsv", 0, "x"},
		{"tag update --resource-id " + rg + " --operation Merge --tags owner=me -o none", 0, nothing},
		{"group show -n rg --query tags.owner -o tsv", 0, "me"},
		{"tag list --resource-id " + rg + " --query properties.tags.owner -o tsv", 0, "me"},
		{"tag update --resource-id " + one + "x --operation Merge --tags x=y", 3, "(ResourceNotFound)"},
		{"tag update --resource-id " + rg + "x --operation Merge --tags x=y", 3, "(ResourceGroupNotFound)"},
		{"tag update --resource-id " + one + " --operation Merge --tags", 1, "Tags could not be empty."},
		{"tag update --resource-id " + one + " --operation Add --tags a=b", 2, "'Add' is not a valid value for '--operation'"},
	})
}

func TestResourceList(t *testing.T) {
	a := newAzure(t)
	a.play([]step{
		{"identity create -g rg -n one --tags a=1 -o none", 0, nothing},
		{"identity federated-credential create -g rg --identity-name one -n fic --issuer https://i --subject s -o none", 0, nothing},
		{"keyvault create -g rg -n kv-1 -o none", 0, nothing},
		{"group create -n other -l eastus -o none", 0, nothing},
		{"resource list -g rg --query '[].[name, tags.a]' -o tsv", 0, "kv-1\tNone\none\t1"},
		{"resource list -g rg --resource-type Microsoft.KeyVault/vaults --query '[].name' -o tsv", 0, "kv-1"},
		{"resource list --tag a=1 --query '[].name' -o tsv", 0, "one"},
		{"resource list --tag a=1 -g rg", 1, "you cannot use '--tag' with '--resource-group'"},
		{"resource list -g other", 0, "[]"},
		{"resource list -g nowhere", 3, "(ResourceGroupNotFound)"},
	})
}
