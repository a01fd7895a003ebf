package main

import "testing"

const subscription = "11112222-3333-4444-5555-666677778888"

func TestAccount(t *testing.T) {
	a := freshAzure(t)
	a.play([]step{
		{"account show --query '[id, name, state, tenantId, user.type, user.name]' -o tsv", 0, subscription +
			"\nQuick Start\nEnabled\n99998888-7777-6666-5555-444433332222\nuser\nuser@example.com"},
		{"account show --subscription nowhere", 1, "ERROR: Subscription 'nowhere' not found. Check the spelling and casing and try again."},
		{"account set --subscription nowhere", 1, "ERROR: The subscription of 'nowhere' doesn't exist in cloud 'AzureCloud'."},
		{"group list --subscription 'quick start'", 0, "[]"},
		{"group list --subscription nowhere", 1, "ERROR: Subscription 'nowhere' not found."},
		{"ad signed-in-user show --subscription " + subscription, 2, "unrecognized arguments: --subscription " + subscription},
		{`fake set account.subscriptions.0.state '"Disabled"'`, 0, nothing},
		{"group list", 0, "[]"},
		{"group create -n rg -l eastus", 1, "(ReadOnlyDisabledSubscription) The subscription '" + subscription + "' is disabled"},
		{"account list --query 'length(@)'", 0, "0"},
		{"account list --all --query 'length(@)'", 0, "1"},
		{"fake set account.loggedIn false", 0, nothing},
		{"account show", 1, "ERROR: Please run 'az login' to setup account."},
		{"group list", 1, "ERROR: Please run 'az login' to setup account."},
		{"version --query '\"azure-cli\"' -o tsv", 0, "2.67.0"},
	})
}

func TestSubscriptions(t *testing.T) {
	a := newAzure(t)
	a.play([]step{
		{`fake set account.subscriptions '[{"id":"one","name":"One","state":"Enabled","isDefault":true},
			{"id":"two","name":"Two","state":"Enabled","isDefault":false}]'`, 0, nothing},
		{"group create -n there -l eastus --subscription two --query id -o tsv", 0, "/subscriptions/two/resourceGroups/there"},
		{"group exists -n there", 0, "false"},
		{"account set -s TWO", 0, nothing},
		{"group exists -n there", 0, "true"},
		{"account show --query id -o tsv", 0, "two"},
	})
}

func TestClouds(t *testing.T) {
	a := newAzure(t)
	a.play([]step{
		{"cloud show --query '[name, suffixes.keyvaultDns]' -o tsv", 0, "AzureCloud\n.vault.azure.net"},
		{`fake set cloud '"AzureChinaCloud"'`, 0, nothing},
		{"account show --query environmentName -o tsv", 0, "AzureChinaCloud"},
		{"keyvault create -g rg -n kv-1 --query properties.vaultUri -o tsv", 0, "https://kv-1.vault.azure.cn/"},
		{"cloud show -n nowhere", 1, "ERROR: The cloud 'nowhere' is not registered."},
	})
}

func TestExtensions(t *testing.T) {
	a := freshAzure(t)
	a.play([]step{
		{"extension show -n aks-preview", 1, "ERROR: The extension aks-preview is not installed."},
		{"extension update -n aks-preview", 1, "ERROR: The extension aks-preview is not installed."},
		{"extension add -n aks-preview", 0, nothing},
		{"extension show -n aks-preview --query version -o tsv", 0, "9.0.0"},
		{"extension list --query '[].name' -o tsv", 0, "aks-preview"},
	})
}
