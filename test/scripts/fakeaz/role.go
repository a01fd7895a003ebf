package main

import (
	"regexp"
	"slices"
	"strings"
)

func roleCommands() map[string]handler {
	return map[string]handler{
		"role assignment create": createAssignment,
		"role assignment delete": deleteAssignments,
		"role assignment list":   listAssignments,
		"role definition list":   listRoles,
	}
}

// roles are the ids of Azure's own roles that the tests meet.
func roles() map[string]string {
	return map[string]string{ //nolint:gosec // ids of roles, not credentials
		"Azure Kubernetes Service Cluster User Role":  "4abbcc35-e782-43d8-92c5-2d3f1bd2253f",
		"Azure Kubernetes Service RBAC Cluster Admin": "b1ff04bb-8a4e-4dc4-8eb5-8693973ce19b",
		"Contributor":               "b24988ac-6180-42a0-ab88-20f7382dd24c",
		"Key Vault Administrator":   "00482a5a-887f-4fb3-b363-3b7fe8e74483",
		"Key Vault Contributor":     "f25e0fa2-a7c8-4377-a976-54943a77a395",
		"Key Vault Reader":          "21090545-7ca7-4776-b22c-e363652d74d2",
		"Key Vault Secrets Officer": "b86a8fe4-44ce-4948-aee5-eccb2c155cd7",
		"Key Vault Secrets User":    "4633458b-17de-408a-b874-0445c86b69e6",
		"Owner":                     "8e3af657-a8ff-443c-a75c-2fe8c4bcb635",
		"Reader":                    "acdd72a7-3385-48ef-bd42-f606fba81ae7",
		"User Access Administrator": "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9",
	}
}

var guid = regexp.MustCompile(`(?i)^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)

const rolePath = "/providers/Microsoft.Authorization/roleDefinitions/"

func (c *call) roleID(id string) string { return "/subscriptions/" + c.subscription.ID + rolePath + id }

// role finds a role by its name, its GUID or its whole id.
func (c *call) role() (name, id string, err error) {
	wanted := c.String("--role")
	last := wanted[strings.LastIndex(wanted, "/")+1:]
	for name, id := range roles() {
		if strings.EqualFold(name, wanted) || strings.EqualFold(id, last) {
			return name, c.roleID(id), nil
		}
	}
	if guid.MatchString(last) {
		return "", "", azureError(404, "RoleDefinitionDoesNotExist", "The specified role definition with ID '%s' does not exist.",
			strings.ReplaceAll(last, "-", ""))
	}
	return "", "", userError("Role '%s' doesn't exist.", wanted)
}

// scope returns --scope, or what --resource-group stands for, or the subscription.
func (c *call) scope() (string, error) {
	scope, group := c.String("--scope"), c.String("--resource-group")
	switch {
	case scope != "" && group != "":
		return "", userError("Resource group \"%s\" is redundant because scope is supplied", group)
	case group != "":
		return c.groupID(group), nil
	case scope == "":
		return "/subscriptions/" + c.subscription.ID, nil
	}
	return scope, nil
}

// checkScope refuses an assignment to what does not exist.
func (c *call) checkScope(scope string) error {
	parts := strings.Split(scope, "/")
	if len(parts) < 3 || parts[1] != "subscriptions" || strings.HasSuffix(scope, "/") {
		return userError("Invalid scope. Please use --help to view the valid format.")
	}
	if c.findSubscription(parts[2]) == nil {
		return azureError(404, "SubscriptionNotFound", "The subscription '%s' could not be found.", parts[2])
	}
	if len(parts) >= 5 {
		if _, err := c.group(parts[4]); err != nil {
			return err
		}
	}
	if len(parts) >= 9 && c.state.Find(scope) == nil {
		return resourceNotFound(strings.Join(parts[6:8], "/"), parts[8], parts[4])
	}
	return nil
}

func listRoles(c *call) (any, error) {
	c.ignore("--scope", "--resource-group", "--custom-role-only")
	all := []any{}
	for name, id := range roles() {
		if wanted := c.String("--name"); wanted == "" || strings.EqualFold(wanted, name) || strings.EqualFold(wanted, id) {
			all = append(all, object{
				"id": c.roleID(id), "name": id, "roleName": name, "roleType": "BuiltInRole", "type": "Microsoft.Authorization/roleDefinitions",
			})
		}
	}
	slices.SortFunc(all, func(a, b any) int {
		return strings.Compare(a.(object)["roleName"].(string), b.(object)["roleName"].(string))
	})
	return all, nil
}
