package main

import (
	"strings"

	"github.com/workload-identity-quickstart/msal-go/test/scripts/fakeaz/internal/state"
)

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
		"condition": nil, "conditionVersion": nil, "createdOn": "2026-01-01T00:00:00+00:00", "description": textOrNull(description),
		"id":   scope + "/providers/Microsoft.Authorization/roleAssignments/" + assignmentName,
		"name": assignmentName, "principalId": principal, "principalType": kind, "roleDefinitionId": roleID,
		"roleDefinitionName": name, "scope": scope, "type": "Microsoft.Authorization/roleAssignments",
	}}
	c.state.RoleAssignments = append(c.state.RoleAssignments, entry)
	return entry.Body, nil
}
