package main

import (
	"maps"
	"slices"
)

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
