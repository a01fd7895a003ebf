package main

import "testing"

func TestProvider(t *testing.T) {
	a := freshAzure(t)
	const show = "provider show -n microsoft.keyvault --query registrationState -o tsv"
	a.play([]step{
		{"group create -n rg -l eastus -o none", 0, nothing},
		{"keyvault create -g rg -n kv-1", 1, "(MissingSubscriptionRegistration) The subscription is not registered to use " +
			"namespace 'Microsoft.KeyVault'. See https://aka.ms/rps-not-found for how to register subscriptions."},
		{"aks create -g rg -n aks --generate-ssh-keys", 1, "namespace 'Microsoft.ContainerService'"},
		{"identity create -g rg -n one", 1, "namespace 'Microsoft.ManagedIdentity'"},
		{show, 0, "NotRegistered"},
		{"fake set propagation.provider 2", 0, nothing},
		{"provider register -n Microsoft.KeyVault", 0, nothing},
		{show, 0, "Registering"},
		{"keyvault create -g rg -n kv-1", 1, "(MissingSubscriptionRegistration)"},
		{show, 0, "Registering"},
		{show, 0, "Registered"},
		{"keyvault create -g rg -n kv-1 -o none", 0, nothing},
		{"provider register -n Microsoft.ManagedIdentity --wait", 0, nothing},
		{"identity create -g rg -n one -o none", 0, nothing},
		{"provider show -n Microsoft.Nothing", 3, "(InvalidResourceNamespace) The resource namespace 'Microsoft.Nothing' is invalid."},
	})
}

func TestFeature(t *testing.T) {
	a := freshAzure(t)
	const flag = " --namespace Microsoft.ContainerService --name EnableWorkloadIdentityPreview --query properties.state -o tsv"
	a.play([]step{
		{"feature show" + flag, 0, "NotRegistered"},
		{"fake set propagation.feature 1", 0, nothing},
		{"feature register" + flag, 0, "Registering"},
		{"feature show" + flag, 0, "Registering"},
		{"feature show" + flag, 0, "Registered"},
	})
}
