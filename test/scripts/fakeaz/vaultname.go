package main

import (
	"regexp"
	"slices"
	"strings"

	"github.com/workload-identity-quickstart/msal-go/test/scripts/fakeaz/internal/state"
)

var vaultName = regexp.MustCompile(`^[a-zA-Z](-?[a-zA-Z0-9])*$`)

const (
	takenText = "The vault name '%s' is already in use. Vault names are globally unique so it is possible that the name " +
		"is already taken. If you are sure that the vault name was not taken then it is possible that a vault with the " +
		"same name was recently deleted but not purged after being placed in a recoverable state. If the vault is in a " +
		"recoverable state then the vault will need to be purged before reusing the name. For more information about " +
		"VaultAlreadyExists, soft delete and purging a vault follow this link https://go.microsoft.com/fwlink/?linkid=2147740."
	deletedText = "A vault with the same name already exists in deleted state. You need to either recover or purge " +
		"existing key vault. Follow this link https://go.microsoft.com/fwlink/?linkid=2149745 for more information on soft delete."
	invalidText = "The vault name '%s' is invalid. A vault's name must be between 3-24 alphanumeric characters. The name " +
		"must begin with a letter, end with a letter or digit, and not contain consecutive hyphens. Follow this link for " +
		"more information: https://go.microsoft.com/fwlink/?linkid=2147742"
)

// vaultNameIsFree checks a name's form, and everybody's vaults.
func (c *call) vaultNameIsFree(name string) error {
	if len(name) < 3 || len(name) > 24 || !vaultName.MatchString(name) {
		return azureError(400, "VaultNameNotValid", invalidText, name)
	}
	taken := slices.ContainsFunc(c.state.Rules.TakenVaults, func(t string) bool { return strings.EqualFold(t, name) })
	deleted := c.state.DeletedVaults[strings.ToLower(name)]
	if deleted != nil && c.inSubscription(deleted) {
		return azureError(409, "ConflictError", deletedText)
	}
	if taken || deleted != nil || c.vaultNamed(name) != nil {
		return azureError(409, "VaultAlreadyExists", takenText, name)
	}
	return nil
}

// vaultNamed finds a vault in any group and subscription, since names are global.
func (c *call) vaultNamed(name string) *state.Resource {
	suffix := strings.ToLower("/providers/" + vaultKind + "/" + name)
	for id, resource := range c.state.Resources {
		if strings.HasSuffix(id, suffix) {
			return resource
		}
	}
	return nil
}

func (c *call) vaultURI(name string) string {
	if uri := c.state.Defaults.VaultURI; uri != "" {
		return uri
	}
	return "https://" + strings.ToLower(name) + clouds()[c.state.Cloud].vaultSuffix + "/"
}
