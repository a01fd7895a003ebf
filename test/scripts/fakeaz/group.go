package main

import (
	"regexp"
	"strings"

	"github.com/workload-identity-quickstart/msal-go/test/scripts/fakeaz/internal/state"
)

func groupCommands() map[string]handler {
	return map[string]handler{
		"group create": createGroup,
		"group delete": deleteGroup,
		"group exists": groupExists,
		"group list":   listGroups,
		"group show":   showGroup,
		"group wait":   waitForGroup,
	}
}

var groupName = regexp.MustCompile(`^[-\w._()]{1,90}$`)

// group returns a resource group, as a command on what is in it needs it.
func (c *call) group(name string) (*state.Resource, error) {
	if group := c.state.Find(c.groupID(name)); group != nil {
		return group, nil
	}
	return nil, azureError(404, "ResourceGroupNotFound", "Resource group '%s' could not be found.", name)
}

// writableGroup returns a resource group that something can be created in.
func (c *call) writableGroup(name string) (*state.Resource, error) {
	group, err := c.group(name)
	if err == nil && group.Busy() {
		return nil, azureError(409, "ResourceGroupBeingDeleted",
			"The resource group '%s' is in deprovisioning state and cannot perform this operation.", name)
	}
	return group, err
}

func createGroup(c *call) (any, error) {
	name, location := c.String("--name"), c.location()
	if !groupName.MatchString(name) || strings.HasSuffix(name, ".") {
		return nil, userError(`Parameter 'resource_group_name' must conform to the following pattern: '^[-\w\._\(\)]+$'.`)
	}
	tags := c.Tags("--tags")
	group, err := c.writableGroup(name)
	if exitStatus(err) != 3 && err != nil {
		return nil, err
	}
	if group == nil {
		group = c.putGroup(name, location)
	}
	if was := group.Body["location"]; was != location {
		return nil, azureError(409, "InvalidResourceGroupLocation", "Invalid resource group location '%s'. "+
			"The Resource group already exists in location '%s'.", location, was)
	}
	group.Body["tags"] = orNull(tags)
	return groupBody(group), nil
}

func (c *call) putGroup(name, location string) *state.Resource {
	id := c.groupID(name)
	return c.state.Put(id, object{
		"id": id, "location": location, "managedBy": nil, "name": name, "tags": nil, "type": "Microsoft.Resources/resourceGroups",
	})
}

func groupBody(group *state.Resource) object {
	body := object{"properties": object{"provisioningState": group.Phase.State}}
	for key, value := range group.Body {
		body[key] = value
	}
	return body
}

func showGroup(c *call) (any, error) {
	c.state.Look(c.groupID(c.String("--name")))
	group, err := c.group(c.String("--name"))
	if err != nil {
		return nil, err
	}
	return groupBody(group), nil
}

func groupExists(c *call) (any, error) {
	return c.state.Look(c.groupID(c.String("--name"))) != nil, nil
}

func listGroups(c *call) (any, error) {
	all := []any{}
	tag := c.String("--tag")
	for _, group := range c.state.List(isGroup) {
		if c.inSubscription(group) && hasTag(group, tag) {
			all = append(all, groupBody(group))
		}
	}
	return all, nil
}

func isGroup(id string) bool { return strings.Count(id, "/") == 4 }

// deleteGroup deletes what is in the group at once, and the group when it has
// been seen often enough.
func deleteGroup(c *call) (any, error) {
	name := c.String("--name")
	if err := c.confirm(); err != nil {
		return nil, err
	}
	group, err := c.writableGroup(name)
	if err != nil {
		return nil, err
	}
	shows := c.state.Propagation.GroupDelete
	if !c.Has("--no-wait") {
		shows = 0
	}
	for _, resource := range c.state.List(func(id string) bool { return within(id, group.ID()) && !isGroup(id) }) {
		c.remove(resource)
	}
	c.removeAssignments(group.ID())
	group.Phase.Begin("Deleting", state.Gone, shows)
	c.state.Find(group.ID())
	return nil, nil
}

func waitForGroup(c *call) (any, error) { return nil, c.wait(c.groupID(c.String("--name"))) }
