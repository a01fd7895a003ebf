package main

import (
	"strings"
	"testing"
)

func TestCluster(t *testing.T) {
	a := newAzure(t)
	const show = "aks show -g rg -n aks --query '[provisioningState, oidcIssuerProfile.issuerUrl, securityProfile.workloadIdentity.enabled]' -o tsv"
	const issuer = "https://eastus.oic.prod-aks.azure.com/99998888-7777-6666-5555-444433332222/d7f08dfb-ff22-41d9-af21-a99116a62561/"
	a.play([]step{
		{"aks show -g rg -n aks", 3, "(ResourceNotFound) The Resource 'Microsoft.ContainerService/managedClusters/aks' under resource " +
			"group 'rg' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix"},
		{"aks show -g nowhere -n aks", 3, "(ResourceGroupNotFound)"},
		{"aks create -g rg -n aks", 1, "An RSA key file or key value must be supplied"},
		{"aks create -g rg -n _ --generate-ssh-keys", 1, "Parameter 'resource_name' must conform"},
		{"aks create -g rg -n aks --generate-ssh-keys --enable-workload-identity", 1, "requires enabling OIDC issuer"},
		{"aks create -g nowhere -n aks --generate-ssh-keys", 3, "(ResourceGroupNotFound)"},
		{"aks create -g rg -n aks --node-count one", 2, "argument --node-count/-c: invalid int value: 'one'"},
		{"aks create -g rg -n aks --generate-ssh-keys --enable-azure-rbac", 70, "no meaning for --enable-azure-rbac of az aks create"},
		{"aks list", 0, "[]"},
		{"fake set propagation.clusterCreate 2", 0, nothing},
		{"aks create -g rg -n aks --generate-ssh-keys --enable-oidc-issuer --enable-workload-identity --tags a=b --no-wait", 0, nothing},
		{"aks update -g rg -n aks --tags a=c", 1, "(OperationNotAllowed) Operation is not allowed: Another operation (Creating) is in progress"},
		{"aks delete -g rg -n aks --yes", 1, "(OperationNotAllowed)"},
		{"aks create -g rg -n aks --generate-ssh-keys", 1, "(OperationNotAllowed)"},
		{show, 0, "Creating\nNone\nNone"},
		{show, 0, "Creating\nNone\nNone"},
		{show, 0, "Succeeded\n" + issuer + "\ntrue"},
		{"aks show -g rg -n aks --query '[fqdn, powerState.code, tags.a, nodeResourceGroup]' -o tsv", 0,
			"aks-1a870204.hcp.eastus.azmk8s.io\nRunning\nb\nMC_rg_aks_eastus"},
	})
}

func TestPower(t *testing.T) {
	a := newAzure(t)
	const show = "aks show -g rg -n aks --query '[provisioningState, powerState.code]' -o tsv"
	a.play([]step{
		{"aks create -g rg -n aks --generate-ssh-keys -o none", 0, nothing},
		{"fake set propagation.clusterUpdate 1", 0, nothing},
		{"aks stop -g rg -n aks --no-wait", 0, nothing},
		{show, 0, "Stopping\nRunning"},
		{show, 0, "Succeeded\nStopped"},
		{"aks start -g rg -n aks", 0, anything},
		{show, 0, "Succeeded\nRunning"},
	})
}

func TestClusterUpdate(t *testing.T) {
	a := newAzure(t)
	const show = "aks show -g rg -n aks --query '[provisioningState, oidcIssuerProfile.issuerUrl]' -o tsv"
	a.play([]step{
		{`fake set defaults.issuerUrl '"https://issuer.example/"'`, 0, nothing},
		{"aks create -g rg -n aks --generate-ssh-keys --query provisioningState -o tsv", 0, "Succeeded"},
		{show, 0, "Succeeded\nNone"},
		{"aks update -g rg -n aks --enable-workload-identity", 1, "requires enabling OIDC issuer"},
		{"fake set propagation.clusterUpdate 1", 0, nothing},
		{"aks update -g rg -n aks --enable-oidc-issuer --enable-workload-identity --no-wait", 0, nothing},
		{show, 0, "Updating\nNone"},
		{show, 0, "Succeeded\nhttps://issuer.example/"},
		{"aks update -g rg -n aks --tags a=c --query '[tags.a, oidcIssuerProfile.issuerUrl]' -o tsv", 0, "c\nhttps://issuer.example/"},
		{`fake set defaults.issuerUrl '""'`, 0, nothing},
		{"aks update -g rg -n aks --enable-oidc-issuer --no-wait", 0, nothing},
		{"aks wait -g rg -n aks --updated", 0, nothing},
		{show, 0, "Succeeded\nhttps://issuer.example/"},
	})
}

func TestClusterDeletion(t *testing.T) {
	a := newAzure(t)
	a.play([]step{
		{"aks create -g rg -n aks --generate-ssh-keys -o none", 0, nothing},
		{"aks delete -g rg -n aks", 1, "Operation cancelled."},
		{"fake set propagation.clusterDelete 1", 0, nothing},
		{"aks delete -g rg -n aks --yes --no-wait", 0, nothing},
		{"aks show -g rg -n aks --query provisioningState -o tsv", 0, "Deleting"},
		{"aks show -g rg -n aks", 3, "(ResourceNotFound)"},
		{"group exists -n MC_rg_aks_eastus", 0, "false"},
		{"aks delete -g rg -n aks --yes", 0, nothing},
	})
}

func TestClusterMadeAgain(t *testing.T) {
	a := newAzure(t)
	const create = "aks create -g rg -n aks --generate-ssh-keys --enable-oidc-issuer --query oidcIssuerProfile.issuerUrl -o tsv"
	_, before, _ := a.run(create)
	a.play([]step{{create, 0, strings.TrimSpace(before)}, {"aks delete -g rg -n aks --yes", 0, nothing}})
	if _, after, _ := a.run(create); after == before || after == "" {
		t.Errorf("the issuer is %q and was %q", after, before)
	}
}
