package main

import "testing"

func TestGroup(t *testing.T) {
	a := freshAzure(t)
	const id = "/subscriptions/" + subscription + "/resourceGroups/rg"
	a.play([]step{
		{"group exists -n rg", 0, "false"},
		{"group show -n rg", 3, "ERROR: (ResourceGroupNotFound) Resource group 'rg' could not be found.\n" +
			"Code: ResourceGroupNotFound\nMessage: Resource group 'rg' could not be found.\n"},
		{"group delete -n rg --yes", 3, "(ResourceGroupNotFound)"},
		{"group create -n rg -l 'East US' --tags a=b c --query '[id, location, tags.a, tags.c]' -o tsv", 0, id + "\neastus\nb"},
		{"group create -n rg -l westus", 1, "(InvalidResourceGroupLocation) Invalid resource group location 'westus'. " +
			"The Resource group already exists in location 'eastus'."},
		{"group create -n 'no spaces' -l eastus", 1, "Parameter 'resource_group_name' must conform to the following pattern"},
		{"group show -n RG --query properties.provisioningState -o tsv", 0, "Succeeded"},
		{"group list --tag a=b --query '[].name' -o tsv", 0, "rg"},
		{"group list --tag a=c --query '[].name' -o tsv", 0, nothing},
	})
}

func TestGroupDeletion(t *testing.T) {
	a := newAzure(t)
	a.play([]step{
		{"keyvault create -g rg -n kv-1 -o none", 0, nothing},
		{"identity create -g rg -n one -o none", 0, nothing},
		{"aks create -g rg -n aks --generate-ssh-keys -o none", 0, nothing},
		{"group list --query '[].name' -o tsv", 0, "MC_rg_aks_eastus\nrg"},
		{"role assignment create --role Reader --assignee user@example.com -g rg -o none", 0, nothing},
		{"group delete -n rg", 1, "WARNING: Unable to prompt for confirmation as no tty available. Use --yes.\nERROR: Operation cancelled."},
		{"fake set propagation.groupDelete 2", 0, nothing},
		{"group delete -n rg --yes --no-wait", 0, nothing},
		{"group exists -n rg", 0, "true"},
		{"identity create -g rg -n two", 1, "(ResourceGroupBeingDeleted) The resource group 'rg' is in deprovisioning state"},
		{"group exists -n rg", 0, "true"},
		{"group exists -n rg", 0, "false"},
		{"identity list --query '[].name'", 0, "[]"},
		{"group list --query '[].name'", 0, "[]"},
		{"role assignment list --all", 0, "[]"},
		{"keyvault list-deleted --query '[].name' -o tsv", 0, "kv-1"},
		{"group create -n rg -l westus -o none", 0, nothing},
		{"group delete -n rg --yes", 0, nothing},
		{"group wait -n rg --deleted", 0, nothing},
		{"group wait -n rg --created", 1, "timed-out"},
		{"group wait -n rg", 1, "incorrect usage"},
	})
}
