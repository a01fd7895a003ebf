package main

import (
	"slices"
	"strings"

	"github.com/workload-identity-quickstart/msal-go/test/scripts/fakeaz/internal/state"
)

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
