package main

import (
	"slices"
	"strings"
)

func policyCommands() map[string]handler {
	return map[string]handler{
		"keyvault delete-policy": deletePolicy,
		"keyvault set-policy":    setPolicy,
	}
}

// categories are a policy's permissions, by the option that names them.
func categories() map[string]string {
	return map[string]string{
		"--certificate-permissions": "certificates", "--key-permissions": "keys",
		"--secret-permissions": "secrets", "--storage-permissions": "storage",
	}
}

func policyOf(tenant, objectID string, permissions object) object {
	return object{"applicationId": nil, "objectId": objectID, "permissions": permissions, "tenantId": tenant}
}

// policyObject returns the object id that the options name.
func (c *call) policyObject() (string, error) {
	objectID, spn, upn := c.String("--object-id"), c.String("--spn"), c.String("--upn")
	given := slices.DeleteFunc([]string{objectID, spn, upn}, func(s string) bool { return s == "" })
	if len(given) != 1 {
		return "", usage("specify exactly one: --object-id, --spn, --upn")
	}
	if objectID != "" {
		return objectID, nil
	}
	if upn != "" && strings.EqualFold(upn, c.state.Account.User.Name) {
		return c.state.Account.User.ObjectID, nil
	}
	if principal := c.principalNamed(spn); principal != nil {
		return principal.Body["id"].(string), nil
	}
	return "", userError("Unable to get object id from principal name.")
}

// policyTarget returns the vault and the object id of a command that sets or
// deletes a policy, unless the vault has none.
func (c *call) policyTarget(verb string) (vault object, objectID string, err error) {
	found, err := c.vault()
	if err != nil {
		return nil, "", err
	}
	if objectID, err = c.policyObject(); err != nil {
		return nil, "", err
	}
	if found.Body["properties"].(object)["enableRbacAuthorization"] == true {
		return nil, "", userError("Cannot %s policies to a vault with '--enable-rbac-authorization' specified", verb)
	}
	return found.Body, objectID, nil
}

func setPolicy(c *call) (any, error) {
	c.ignore("--no-wait")
	given := object{}
	for option, category := range categories() {
		if c.Has(option) {
			given[category] = anyList(c.List(option))
		}
	}
	if len(given) == 0 {
		return nil, usage("specify at least one: --key-permissions, --secret-permissions, " +
			"--certificate-permissions --storage-permissions")
	}
	vault, objectID, err := c.policyTarget("set")
	if err != nil {
		return nil, err
	}
	properties := vault["properties"].(object)
	policies, i := findPolicy(properties, objectID)
	if i < 0 {
		permissions := object{"certificates": nil, "keys": nil, "secrets": nil, "storage": nil}
		policies = append(policies, policyOf(c.state.Account.TenantID, objectID, permissions))
		i = len(policies) - 1
	}
	permissions := policies[i].(object)["permissions"].(object)
	for category, wanted := range given {
		permissions[category] = wanted
	}
	properties["accessPolicies"] = policies
	return vault, nil
}

func deletePolicy(c *call) (any, error) {
	c.ignore("--no-wait")
	vault, objectID, err := c.policyTarget("delete")
	if err != nil {
		return nil, err
	}
	properties := vault["properties"].(object)
	policies, i := findPolicy(properties, objectID)
	if i < 0 {
		return nil, userError("No matching policies found")
	}
	properties["accessPolicies"] = slices.Delete(policies, i, i+1)
	return vault, nil
}

// findPolicy returns a vault's policies and which one is the object's, or -1.
func findPolicy(properties object, objectID string) ([]any, int) {
	policies, _ := properties["accessPolicies"].([]any)
	return policies, slices.IndexFunc(policies, func(p any) bool {
		return strings.EqualFold(p.(object)["objectId"].(string), objectID)
	})
}

// anyList returns distinct words as JSON.
func anyList(words []string) []any {
	list := []any{}
	for _, word := range words {
		if !slices.Contains(list, any(word)) {
			list = append(list, word)
		}
	}
	return list
}
