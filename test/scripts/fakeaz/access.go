package main

import (
	"slices"
	"strings"

	"github.com/workload-identity-quickstart/msal-go/test/scripts/fakeaz/internal/state"
)

// right is what a command on secrets needs: a permission of a policy, or an
// action of a role.
type right struct{ permission, action string }

var (
	mayGet     = right{"get", "Microsoft.KeyVault/vaults/secrets/getSecret/action"}
	mayList    = right{"list", "Microsoft.KeyVault/vaults/secrets/readMetadata/action"}
	maySet     = right{"set", "Microsoft.KeyVault/vaults/secrets/setSecret/action"}
	mayDelete  = right{"delete", "Microsoft.KeyVault/vaults/secrets/delete"}
	mayRecover = right{"recover", "Microsoft.KeyVault/vaults/secrets/recover/action"}
	mayPurge   = right{"purge", "Microsoft.KeyVault/vaults/secrets/purge/action"}
)

// grantedBy tells whether a role of that name allows an action on secrets. Owners
// and contributors manage vaults, but may not look into them.
func (r right) grantedBy(role string) bool {
	switch role {
	case "Key Vault Administrator", "Key Vault Secrets Officer":
		return true
	case "Key Vault Secrets User":
		return r == mayGet || r == mayList
	case "Key Vault Reader":
		return r == mayList
	}
	return false
}

// secretVault finds the vault of --vault-name and checks that the signed-in
// principal may do that to a secret of it.
func (c *call) secretVault(needed right, secret string) (*state.Resource, error) {
	name := c.String("--vault-name")
	vault := c.vaultNamed(name)
	if vault == nil {
		host := strings.ToLower(name) + clouds()[c.state.Cloud].vaultSuffix
		return nil, userError("<urllib3.connection.HTTPSConnection object>: Failed to resolve '%s' "+
			"([Errno -2] Name or service not known)", host)
	}
	if vault.Body["properties"].(object)["enableRbacAuthorization"] == true {
		return vault, c.checkRoles(vault, needed, secret)
	}
	return vault, c.checkPolicies(vault, needed)
}

func (c *call) caller() string {
	return "appid=04b07795-8ddb-461a-bbee-02f9e1bf7b46;oid=" + c.state.Account.User.ObjectID +
		";iss=https://sts.windows.net/" + c.state.Account.TenantID + "/"
}

func (c *call) checkPolicies(vault *state.Resource, needed right) error {
	policies, i := findPolicy(vault.Body["properties"].(object), c.state.Account.User.ObjectID)
	if i >= 0 {
		secrets, _ := policies[i].(object)["permissions"].(object)["secrets"].([]any)
		if slices.Contains(secrets, any(needed.permission)) || slices.Contains(secrets, any("all")) && needed != mayPurge {
			return nil
		}
	}
	return vaultError("Forbidden", "AccessDenied", "The user, group or application '%s' does not have secrets %s permission "+
		"on key vault '%s;location=%s'. For help resolving this issue, please see https://go.microsoft.com/fwlink/?linkid=2125287",
		c.caller(), needed.permission, vault.Body["name"], vault.Body["location"])
}

// checkRoles lets an assignment take effect only at a later attempt.
func (c *call) checkRoles(vault *state.Resource, needed right, secret string) error {
	allowed := false
	for _, assignment := range c.state.RoleAssignments {
		role, scope := assignment.Body["roleDefinitionName"].(string), assignment.Body["scope"].(string)
		mine := assignment.Body["principalId"] == c.state.Account.User.ObjectID
		if mine && within(vault.ID(), scope) && needed.grantedBy(role) && assignment.Ready() {
			allowed = true
		}
	}
	if allowed {
		return nil
	}
	resource := strings.ToLower(vault.ID())
	if secret != "" {
		resource += "/secrets/" + strings.ToLower(secret)
	}
	return vaultError("Forbidden", "ForbiddenByRbac", "Caller is not authorized to perform action on resource.\n"+
		"If role assignments, deny assignments or role definitions were changed recently, please observe propagation time.\n"+
		"Caller: %s\nAction: '%s'\nResource: '%s'\nAssignment: (not found)\nDenyAssignmentId: null\n"+
		"DecisionReason: 'DeniedWithNoValidRBAC' \nVault: %s;location=%s\n",
		c.caller(), needed.action, resource, vault.Body["name"], vault.Body["location"])
}
