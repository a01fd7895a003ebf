package main

import (
	"regexp"
	"strings"

	"github.com/workload-identity-quickstart/msal-go/test/scripts/fakeaz/internal/state"
)

func secretCommands() map[string]handler {
	return map[string]handler{
		"keyvault secret delete":       deleteSecret,
		"keyvault secret list":         listSecrets,
		"keyvault secret list-deleted": listDeletedSecrets,
		"keyvault secret purge":        purgeSecret,
		"keyvault secret recover":      recoverSecret,
		"keyvault secret set":          setSecret,
		"keyvault secret show":         showSecret,
	}
}

var secretName = regexp.MustCompile(`^[0-9a-zA-Z-]{1,127}$`)

// secrets returns the maps of a vault's secrets, those in use and the deleted ones.
func (c *call) secrets(vault *state.Resource) (used, deleted map[string]object) {
	name := strings.ToLower(vault.Body["name"].(string))
	for _, all := range []map[string]map[string]object{c.state.Secrets, c.state.DeletedSecrets} {
		if all[name] == nil {
			all[name] = map[string]object{}
		}
	}
	return c.state.Secrets[name], c.state.DeletedSecrets[name]
}

// openSecret reads --vault-name and --name and checks the caller's right.
func (c *call) openSecret(needed right) (name string, used, deleted map[string]object, err error) {
	name = c.String("--name")
	if name == "" || c.String("--vault-name") == "" {
		return "", nil, nil, userError("incorrect usage: --id or --vault-name and --name/-n must be specified")
	}
	vault, err := c.secretVault(needed, name)
	if err != nil {
		return "", nil, nil, err
	}
	used, deleted = c.secrets(vault)
	return strings.ToLower(name), used, deleted, nil
}

func secretNotFound(name string) error {
	return azureError(404, "SecretNotFound", "A secret with (name/id) %s was not found in this key vault. If you recently "+
		"deleted this secret you may be able to recover it using the correct recovery command. For help resolving this issue, "+
		"please see https://go.microsoft.com/fwlink/?linkid=2125182", name)
}

func showSecret(c *call) (any, error) {
	name, used, _, err := c.openSecret(mayGet)
	if err != nil {
		return nil, err
	}
	if used[name] == nil {
		return nil, secretNotFound(c.String("--name"))
	}
	return used[name]["body"], nil
}
