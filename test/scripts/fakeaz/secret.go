package main

import (
	"maps"
	"os"
	"regexp"
	"slices"
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

func setSecret(c *call) (any, error) {
	value, file := c.String("--value"), c.String("--file")
	if (value == "") == (file == "") {
		return nil, userError("incorrect usage: [Required] --value VALUE | --file PATH")
	}
	if file != "" {
		data, err := c.readFile(file)
		if err != nil {
			return nil, err
		}
		value = data
	}
	c.ignore("--encoding")
	tags, contentType := c.Tags("--tags"), c.String("--description")
	name, used, deleted, err := c.openSecret(maySet)
	if err != nil {
		return nil, err
	}
	if !secretName.MatchString(name) {
		return nil, azureError(400, "BadParameter", "The request URI contains an invalid name: %s", c.String("--name"))
	}
	if deleted[name] != nil {
		return nil, vaultError("Conflict", "ObjectIsDeletedButRecoverable", "Secret %s is currently in a deleted but recoverable "+
			"state, and its name cannot be reused; in this state, the secret can only be recovered or purged.", c.String("--name"))
	}
	version := 1
	if was := used[name]; was != nil {
		version = int(was["versionNumber"].(float64)) + 1
	}
	vault := c.vaultNamed(c.String("--vault-name"))
	id := vault.Body["properties"].(object)["vaultUri"].(string) + "secrets/" + c.String("--name") + "/" +
		strings.ReplaceAll(state.GUID(vault.ID(), name, sprintf("%d", version)), "-", "")
	used[name] = object{"versionNumber": float64(version), "body": object{
		"attributes":  object{"created": "2026-01-01T00:00:00+00:00", "enabled": true, "recoveryLevel": "Recoverable+Purgeable"},
		"contentType": contentType,
		"id":          id,
		"name":        c.String("--name"),
		"tags":        object(orEmpty(tags)),
		"value":       value,
	}}
	return used[name]["body"], nil
}

// readFile reads a file as text; /dev/stdin has been read already.
func (c *call) readFile(path string) (string, error) {
	if path == "/dev/stdin" {
		return string(c.input), nil
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return "", userError("[Errno 2] No such file or directory: '%s'", path)
	}
	return string(data), nil
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

func deleteSecret(c *call) (any, error) {
	name, used, deleted, err := c.openSecret(mayDelete)
	if err != nil {
		return nil, err
	}
	if used[name] == nil {
		return nil, secretNotFound(c.String("--name"))
	}
	deleted[name] = used[name]
	delete(used, name)
	return withoutValue(deleted[name]), nil
}

func recoverSecret(c *call) (any, error) {
	name, used, deleted, err := c.openSecret(mayRecover)
	if err != nil {
		return nil, err
	}
	if deleted[name] == nil {
		return nil, secretNotFound(c.String("--name"))
	}
	used[name] = deleted[name]
	delete(deleted, name)
	return withoutValue(used[name]), nil
}

func purgeSecret(c *call) (any, error) {
	name, _, deleted, err := c.openSecret(mayPurge)
	if err != nil {
		return nil, err
	}
	if deleted[name] == nil {
		return nil, secretNotFound(c.String("--name"))
	}
	delete(deleted, name)
	return nil, nil
}

func listSecrets(c *call) (any, error) {
	c.ignore("--maxresults", "--include-managed")
	vault, err := c.secretVault(mayList, "")
	if err != nil {
		return nil, err
	}
	used, _ := c.secrets(vault)
	return withoutValues(used), nil
}

func listDeletedSecrets(c *call) (any, error) {
	vault, err := c.secretVault(mayList, "")
	if err != nil {
		return nil, err
	}
	_, deleted := c.secrets(vault)
	return withoutValues(deleted), nil
}

func withoutValues(secrets map[string]object) []any {
	all := []any{}
	for _, name := range slices.Sorted(maps.Keys(secrets)) {
		all = append(all, withoutValue(secrets[name]))
	}
	return all
}

func withoutValue(secret object) object {
	body := clone(secret["body"].(object))
	delete(body, "value")
	return body
}
