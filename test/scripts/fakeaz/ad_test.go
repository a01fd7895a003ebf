package main

import (
	"os"
	"path/filepath"
	"testing"
)

func TestSignedInUser(t *testing.T) {
	a := freshAzure(t)
	a.play([]step{
		{"ad signed-in-user show --query '[id, userPrincipalName]' -o tsv", 0, "c017870e-18af-4470-9f2c-e4d051b82877\nuser@example.com"},
		{`fake set account.user '{"name": "33333333-3333-3333-3333-333333333333", "type": "servicePrincipal", "objectId": "o"}'`, 0, nothing},
		{"ad signed-in-user show", 1, "ERROR: /me request is only valid with delegated authentication flow."},
		{"ad sp show --id 33333333-3333-3333-3333-333333333333 --query id -o tsv", 0, "o"},
	})
}

func TestApplication(t *testing.T) {
	a := freshAzure(t)
	const unknown = "44444444-4444-4444-4444-444444444444"
	a.play([]step{
		{"fake set propagation.application 1", 0, nothing},
		{"ad app list", 0, "[]"},
		{"ad app show --id " + unknown, 3, "Resource '" + unknown + "' does not exist or one of its queried reference-property objects are not present."},
		{"ad app delete --id " + unknown, 1, "does not exist"},
		{"ad app show --id api://x", 3, "Application with identifier URI 'api://x' doesn't exist"},
		{"ad sp show --id " + unknown, 3, "does not exist"},
		{"ad sp show --id x", 3, "Service principal 'x' doesn't exist"},
		{"ad sp create --id " + unknown, 1, "does not reference a valid application object."},
		{"ad app create --display-name app1 --query displayName -o tsv", 0, "app1"},
		{"ad app create --display-name app2 -o none", 0, nothing},
		{"ad app list --display-name app --query '[].displayName' -o tsv", 0, "app1\napp2"},
		{"ad app list --filter \"displayName eq 'app2'\" --query [].displayName -o tsv", 0, "app2"},
		{"ad app list --filter \"startswith(displayName,'app1')\" --query [].displayName -o tsv", 0, "app1"},
		{"ad app list --filter \"displayName ne 'app2'\"", 70, "the stand-in's filters are"},
	})
	_, id, _ := a.run("ad app list --display-name app1 --query [0].appId -o tsv")
	a.play([]step{
		{"ad app create --display-name app1 --query appId -o tsv", 0, id[:36]},
		{"ad sp create --id " + id, 1, "The appId '" + id[:36] + "' of the service principal does not reference a valid application object."},
		{"ad sp create --id " + id + " --query [appId,displayName] -o tsv", 0, id + "app1"},
		{"ad sp create --id " + id, 1, "is already in use"},
		{"ad sp list --display-name app --query '[].appId' -o tsv", 0, id[:36]},
		{"ad app update --set notes=hello --id " + id, 0, nothing},
		{"ad app show --query notes -o tsv --id " + id, 0, "hello"},
		{"ad app delete --id " + id, 0, nothing},
		{"ad sp show --id " + id, 3, "does not exist"},
	})
}

func TestApplicationCredential(t *testing.T) {
	a := freshAzure(t)
	a.play([]step{{"ad app create --display-name app1 -o none", 0, nothing}})
	_, id, _ := a.run("ad app list --query [0].id -o tsv")
	file := filepath.Join(t.TempDir(), "body.json")
	const body = `{"name": "fic", "issuer": "https://i", "subject": "s", "audiences": ["api://AzureADTokenExchange"]}`
	if err := os.WriteFile(file, []byte(body), 0o600); err != nil {
		t.Fatal(err)
	}
	fic := "ad app federated-credential "
	end := " --id " + id
	a.play([]step{
		{fic + "create --parameters '" + body + "' --query [name,issuer,subject,audiences[0]] -o tsv" + end, 0, "fic\nhttps://i\ns\napi://AzureADTokenExchange"},
		{fic + "create --parameters @" + file + end, 1, "FederatedIdentityCredential with name fic already exists."},
		{fic + `create --parameters '{"name": "two", "issuer": "https://i", "subject": "s", "audiences": ["a"]}'` + end, 1,
			"The combination of issuer and subject must be unique for the application. Issuer https://i and Subject: s already exist."},
		{fic + `create --parameters '{"name": "two", "issuer": "https://i", "subject": "t"}'` + end, 1, "'audiences'"},
		{fic + "create --parameters nonsense" + end, 2, "invalid validate_file_or_dict value: 'nonsense'"},
		{fic + `update --federated-credential-id fic --parameters '{"subject": "t"}'` + end, 0, nothing},
		{fic + "show --federated-credential-id fic --query subject -o tsv" + end, 0, "t"},
		{fic + "list --query [].name -o tsv" + end, 0, "fic"},
		{fic + "delete --federated-credential-id fic" + end, 0, nothing},
		{fic + "delete --federated-credential-id fic" + end, 1, "Resource 'fic' does not exist"},
		{fic + "list" + end, 0, "[]"},
	})
}
