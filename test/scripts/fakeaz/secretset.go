package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/workload-identity-quickstart/msal-go/test/scripts/fakeaz/internal/state"
)

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
		strings.ReplaceAll(state.GUID(vault.ID(), name, fmt.Sprintf("%d", version)), "-", "")
	used[name] = object{"versionNumber": float64(version), "body": object{
		"attributes":  object{"created": "2026-01-01T00:00:00+00:00", "enabled": true, "recoveryLevel": "Recoverable+Purgeable"},
		"contentType": textOrNull(contentType),
		"id":          id,
		"name":        c.String("--name"),
		"tags":        orEmpty(tags),
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
