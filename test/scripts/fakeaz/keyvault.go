package main

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/workload-identity-quickstart/msal-go/test/scripts/fakeaz/internal/state"
)

const vaultKind = "Microsoft.KeyVault/vaults"

func vaultCommands() map[string]handler {
	return map[string]handler{
		"keyvault check-name":   checkVaultName,
		"keyvault create":       createVault,
		"keyvault delete":       deleteVault,
		"keyvault list":         listVaults,
		"keyvault list-deleted": listDeletedVaults,
		"keyvault purge":        purgeVault,
		"keyvault recover":      recoverVault,
		"keyvault show":         showVault,
		"keyvault show-deleted": showDeletedVault,
		"keyvault update":       updateVault,
	}
}

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

func createVault(c *call) (any, error) {
	group, name, err := c.String("--resource-group"), c.String("--name"), error(nil)
	c.ignore("--no-wait", "--enabled-for-deployment", "--enabled-for-template-deployment", "--enabled-for-disk-encryption")
	if name == "" {
		return nil, userError("Please specify --name/-n or --hsm-name")
	}
	if c.state.Find(c.resourceID(group, vaultKind, name)) != nil {
		return nil, userError("The specified vault: %s already exists", name)
	}
	if err = c.prepare(group, "Microsoft.KeyVault"); err != nil {
		return nil, err
	}
	if err = c.vaultNameIsFree(name); err != nil {
		return nil, err
	}
	rbac := c.Switch("--enable-rbac-authorization", c.state.Rules.RBACByDefault)
	policies := []any{}
	if noSelf := c.Switch("--no-self-perms", false); !rbac && !noSelf {
		policies = append(policies, policyOf(c.state.Account.TenantID, c.state.Account.User.ObjectID, object{
			"certificates": []any{"all"}, "keys": []any{"all"}, "secrets": []any{"all"}, "storage": []any{"all"},
		}))
	}
	vault, err := c.create(c.resourceID(group, vaultKind, name), object{
		"location": c.location(),
		"properties": object{
			"accessPolicies":            policies,
			"enablePurgeProtection":     trueOrNull(c.Switch("--enable-purge-protection", false)),
			"enableRbacAuthorization":   rbac,
			"enableSoftDelete":          true,
			"provisioningState":         "Succeeded",
			"publicNetworkAccess":       c.choice("--public-network-access", "Enabled"),
			"sku":                       object{"family": "A", "name": c.choice("--sku", "standard")},
			"softDeleteRetentionInDays": c.Int("--retention-days", 90),
			"tenantId":                  c.state.Account.TenantID,
			"vaultUri":                  c.vaultURI(name),
		},
		"tags": object(orEmpty(c.Tags("--tags"))),
	})
	if err != nil {
		return nil, err
	}
	return vault.Body, nil
}

// vaultNameIsFree checks a name's form, and everybody's vaults.
func (c *call) vaultNameIsFree(name string) error {
	if len(name) < 3 || len(name) > 24 || !vaultName.MatchString(name) {
		return azureError(400, "VaultNameNotValid", invalidText, name)
	}
	taken := slices.ContainsFunc(c.state.Rules.TakenVaults, func(t string) bool { return strings.EqualFold(t, name) })
	if taken || c.vaultNamed(name) != nil {
		return azureError(409, "VaultAlreadyExists", takenText, name)
	}
	if c.state.DeletedVaults[strings.ToLower(name)] != nil {
		return azureError(409, "ConflictError", deletedText)
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

// vault finds the vault of a management command; the CLI looks for its group
// when none is given.
func (c *call) vault() (*state.Resource, error) {
	name, group := c.String("--name"), c.String("--resource-group")
	if name == "" {
		return nil, userError("Please specify --name/-n or --hsm-name")
	}
	if group != "" {
		return c.find(group, vaultKind, name)
	}
	if vault := c.vaultNamed(name); vault != nil && c.inSubscription(vault) {
		return vault, nil
	}
	return nil, userError("The Vault '%s' not found within subscription.", name)
}

func showVault(c *call) (any, error) {
	vault, err := c.vault()
	if err != nil {
		return nil, err
	}
	return vault.Body, nil
}

func listVaults(c *call) (any, error) {
	found, err := c.list(vaultKind, c.String("--resource-group"))
	return bodies(found), err
}

func bodies(resources []*state.Resource) []any {
	all := []any{}
	for _, resource := range resources {
		all = append(all, resource.Body)
	}
	return all
}

func updateVault(c *call) (any, error) {
	vault, err := c.vault()
	if err != nil {
		return nil, err
	}
	c.ignore("--no-wait")
	properties := vault.Body["properties"].(object)
	rbac, protected := properties["enableRbacAuthorization"] == true, properties["enablePurgeProtection"] == true
	wanted := c.Switch("--enable-purge-protection", protected)
	if protected && !wanted {
		return nil, azureError(400, "BadRequest", `The property "enablePurgeProtection" cannot be set to false. `+
			"Enabling the purge protection for a vault is an irreversible action.")
	}
	properties["enableRbacAuthorization"] = c.Switch("--enable-rbac-authorization", rbac)
	properties["enablePurgeProtection"] = trueOrNull(wanted)
	properties["publicNetworkAccess"] = c.choice("--public-network-access", properties["publicNetworkAccess"].(string))
	return vault.Body, nil
}

func checkVaultName(c *call) (any, error) {
	name := c.String("--name")
	err := c.vaultNameIsFree(name)
	switch {
	case err == nil:
		return object{"message": nil, "nameAvailable": true, "reason": nil}, nil
	case strings.HasPrefix(err.Error(), "(VaultNameNotValid)"):
		return object{"message": sprintf(invalidText, name), "nameAvailable": false, "reason": "AccountNameInvalid"}, nil
	}
	return object{"message": sprintf(takenText, name), "nameAvailable": false, "reason": "AlreadyExists"}, nil
}

func (c *call) vaultURI(name string) string {
	if uri := c.state.Defaults.VaultURI; uri != "" {
		return uri
	}
	return "https://" + strings.ToLower(name) + clouds()[c.state.Cloud].vaultSuffix + "/"
}

// choice returns an option's value, or fallback.
func (c *call) choice(name, fallback string) string {
	if value := c.String(name); value != "" {
		return value
	}
	return fallback
}

// trueOrNull is how Azure shows what has never been switched on.
func trueOrNull(on bool) any {
	if on {
		return true
	}
	return nil
}

func orEmpty(tags map[string]any) map[string]any {
	copied := map[string]any{}
	maps.Copy(copied, tags)
	return copied
}
