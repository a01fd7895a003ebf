package main

import (
	"slices"
	"strings"

	"github.com/workload-identity-quickstart/msal-go/test/scripts/fakeaz/internal/state"
)

// remove deletes a resource with all that hangs on it. A vault can be recovered.
func (c *call) remove(resource *state.Resource) {
	id := resource.ID()
	switch resource.Body["type"] {
	case vaultKind:
		c.softDelete(resource)
	case identityKind:
		c.removePrincipal(resource.Body["principalId"])
	case aksKind:
		delete(c.state.Resources, strings.ToLower(c.groupID(resource.Body["nodeResourceGroup"].(string))))
	}
	for _, child := range c.state.List(func(other string) bool { return within(other, id) }) {
		delete(c.state.Resources, strings.ToLower(child.ID()))
	}
	c.removeAssignments(id)
}

// removeAssignments removes those at a scope and below it.
func (c *call) removeAssignments(scope string) {
	c.state.RoleAssignments = slices.DeleteFunc(c.state.RoleAssignments, func(e *state.Entry) bool {
		return within(e.Body["scope"].(string), scope)
	})
}

// removeIfFound deletes what a search has found. Azure answers 204 when there is
// nothing to delete, as long as the group exists.
func (c *call) removeIfFound(found *state.Resource, err error) error {
	if isResourceNotFound(err) {
		return nil
	}
	if err == nil {
		c.remove(found)
	}
	return err
}
