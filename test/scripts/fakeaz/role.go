package main

import (
	"regexp"
	"slices"
	"strings"

	"github.com/workload-identity-quickstart/msal-go/test/scripts/fakeaz/internal/state"
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
	return map[string]string{
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

func createAssignment(c *call) (any, error) {
	principal, kind, err := c.assignee()
	if err != nil {
		return nil, err
	}
	scope, err := c.scope()
	if err != nil {
		return nil, err
	}
	name, roleID, err := c.role()
	if err != nil {
		return nil, err
	}
	if err := c.checkScope(scope); err != nil {
		return nil, err
	}
	if !c.state.Account.MayAssignRoles {
		id := c.state.Account.User.ObjectID
		return nil, azureError(403, "AuthorizationFailed", "The client '%s' with object id '%s' does not have authorization to "+
			"perform action 'Microsoft.Authorization/roleAssignments/write' over scope '%s' or the scope is invalid. If access was "+
			"recently granted, please refresh your credentials.", c.state.Account.User.Name, id, scope)
	}
	description, assignmentName := c.String("--description"), c.String("--name")
	for _, e := range c.state.RoleAssignments {
		if e.Body["principalId"] == principal && e.Body["roleDefinitionId"] == roleID && strings.EqualFold(e.Body["scope"].(string), scope) {
			return e.Body, nil // the CLI takes RoleAssignmentExists for success
		}
	}
	if assignmentName == "" {
		assignmentName = state.GUID("assignment", principal, roleID, scope)
	}
	entry := &state.Entry{Attempts: max(0, c.state.Propagation.RoleAssignment-1), Body: object{
		"condition": nil, "conditionVersion": nil, "createdOn": "2026-01-01T00:00:00+00:00", "description": description,
		"id":   scope + "/providers/Microsoft.Authorization/roleAssignments/" + assignmentName,
		"name": assignmentName, "principalId": principal, "principalType": kind, "roleDefinitionId": roleID,
		"roleDefinitionName": name, "scope": scope, "type": "Microsoft.Authorization/roleAssignments",
	}}
	c.state.RoleAssignments = append(c.state.RoleAssignments, entry)
	return entry.Body, nil
}

// assignee returns the principal's object id and type. Without a type Azure asks
// the directory, which may not know a new principal yet.
func (c *call) assignee() (id, kind string, err error) {
	name, id, kind := c.String("--assignee"), c.String("--assignee-object-id"), c.String("--assignee-principal-type")
	if (name == "") == (id == "") {
		return "", "", userError("usage error: --assignee STRING | --assignee-object-id GUID")
	}
	if kind != "" && id == "" {
		return "", "", userError("usage error: --assignee-object-id GUID --assignee-principal-type TYPE")
	}
	if kind != "" {
		return id, kind, nil
	}
	if id != "" {
		c.warn("RBAC service might reject creating role assignment without --assignee-principal-type in the future. " +
			"Better to specify --assignee-principal-type manually.")
		if found, kind := c.directoryObject(id, true); found == id {
			return id, kind, nil
		}
		return "", "", azureError(400, "PrincipalNotFound", "Principal %s does not exist in the directory %s. Check that you have "+
			"the correct principal ID. If you are creating this principal and then immediately assigning a role, this error might "+
			"be related to a replication delay. In this case, set the role assignment principalType property to a value, such as "+
			"ServicePrincipal, User, or Group.  See https://aka.ms/docs-principaltype",
			strings.ReplaceAll(id, "-", ""), c.state.Account.TenantID)
	}
	if found, kind := c.directoryObject(name, true); found != "" {
		return found, kind, nil
	}
	return "", "", notInDirectory(name)
}

func notInDirectory(name string) error {
	return userError("Cannot find user or service principal in graph database for '%s'. If the assignee is an appId, make sure "+
		"the corresponding service principal is created with 'az ad sp create --id %s'.", name, name)
}

// matching returns the assignments that the options choose.
func (c *call) matching() ([]*state.Entry, error) {
	scope, err := c.scope()
	if err != nil {
		return nil, err
	}
	if c.Has("--all") {
		if c.Has("--scope") || c.Has("--resource-group") {
			return nil, userError("group or scope are not required when --all is used")
		}
		scope = ""
	}
	c.ignore("--include-groups", "--include-classic-administrators")
	principal, roleID, inherited := "", "", c.Has("--include-inherited")
	if name := c.String("--assignee"); name != "" {
		if principal, _ = c.directoryObject(name, false); principal == "" {
			return nil, notInDirectory(name)
		}
	}
	if c.Has("--role") {
		if _, roleID, err = c.role(); err != nil {
			return nil, err
		}
	}
	return slices.DeleteFunc(slices.Clone(c.state.RoleAssignments), func(e *state.Entry) bool {
		at := e.Body["scope"].(string)
		atScope := scope == "" || strings.EqualFold(at, scope) || inherited && within(scope, at)
		return !atScope || principal != "" && e.Body["principalId"] != principal || roleID != "" && e.Body["roleDefinitionId"] != roleID
	}), nil
}

func listAssignments(c *call) (any, error) {
	found, err := c.matching()
	if err != nil {
		return nil, err
	}
	return entryBodies(found), nil
}

func entryBodies(entries []*state.Entry) []any {
	all := []any{}
	for _, entry := range entries {
		all = append(all, entry.Body)
	}
	return all
}

func deleteAssignments(c *call) (any, error) {
	ids := c.List("--ids")
	found, err := c.matching()
	if len(ids) > 0 {
		found, err = slices.DeleteFunc(slices.Clone(c.state.RoleAssignments), func(e *state.Entry) bool {
			return !slices.ContainsFunc(ids, func(id string) bool { return strings.EqualFold(id, e.Body["id"].(string)) })
		}), nil
	} else if err == nil && len(found) == 0 {
		return nil, userError("No matched assignments were found to delete")
	}
	if err != nil {
		return nil, err
	}
	if !c.Has("--yes") && len(ids) == 0 && !c.Has("--assignee") && !c.Has("--role") && !c.Has("--scope") && !c.Has("--resource-group") {
		return nil, c.confirm()
	}
	c.state.RoleAssignments = slices.DeleteFunc(c.state.RoleAssignments, func(e *state.Entry) bool { return slices.Contains(found, e) })
	return nil, nil
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
