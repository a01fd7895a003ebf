package main

import (
	"strings"

	"github.com/workload-identity-quickstart/msal-go/test/scripts/fakeaz/internal/state"
)

// create makes a resource, or changes the one of that id, as PUT does. A resource
// stays where it is.
func (c *call) create(id string, body object) (*state.Resource, error) {
	parts := strings.Split(id, "/")
	group, name := parts[4], parts[len(parts)-1]
	if body["location"] == "" {
		owner, err := c.group(group)
		if err != nil {
			return nil, err
		}
		body["location"] = owner.Body["location"]
	}
	if existing := c.state.Find(id); existing != nil && existing.Body["location"] != body["location"] {
		return nil, azureError(409, "InvalidResourceLocation", "The resource '%s' already exists in location '%s' in "+
			"resource group '%s'. A resource with the same name cannot be created in location '%s'. Please select a new "+
			"resource name.", name, existing.Body["location"], group, body["location"])
	}
	body["id"], body["name"], body["resourceGroup"] = id, name, group
	body["type"] = strings.Join(parts[6:8], "/")
	return c.state.Put(id, body), nil
}

// prepare checks what every new resource needs: a group and its provider.
func (c *call) prepare(group, provider string) error {
	if _, err := c.writableGroup(group); err != nil {
		return err
	}
	return c.requireProvider(provider)
}

// find returns a resource of a group that must exist.
func (c *call) find(group, kind, name string) (*state.Resource, error) {
	if _, err := c.group(group); err != nil {
		return nil, err
	}
	found := c.state.Find(c.resourceID(group, kind, name))
	if found == nil {
		return nil, resourceNotFound(kind, name, group)
	}
	return found, nil
}

// list returns the resources of a kind, in a group unless that is empty.
func (c *call) list(kind, group string) ([]*state.Resource, error) {
	if group != "" {
		if _, err := c.group(group); err != nil {
			return nil, err
		}
	}
	var found []*state.Resource
	for _, resource := range c.state.List(func(id string) bool { return !isGroup(id) }) {
		isKind := strings.EqualFold(resource.Body["type"].(string), kind)
		isIn := group == "" || within(resource.ID(), c.groupID(group))
		if isKind && isIn && c.inSubscription(resource) {
			found = append(found, resource)
		}
	}
	return found, nil
}

// within tells whether an id is another one, or below it.
func within(id, parent string) bool {
	id, parent = strings.ToLower(id), strings.ToLower(parent)
	return id == parent || strings.HasPrefix(id, parent+"/")
}

func (c *call) inSubscription(resource *state.Resource) bool {
	return within(resource.ID(), "/subscriptions/"+c.subscription.ID)
}
