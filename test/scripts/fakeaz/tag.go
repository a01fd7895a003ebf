package main

import (
	"maps"
	"strings"

	"github.com/workload-identity-quickstart/msal-go/test/scripts/fakeaz/internal/state"
)

func tagCommands() map[string]handler {
	return map[string]handler{
		"resource list": listResources,
		"tag list":      listTags,
		"tag update":    updateTags,
	}
}

func listResources(c *call) (any, error) {
	group, name, kind, tag := c.String("--resource-group"), c.String("--name"), c.String("--resource-type"), c.String("--tag")
	if tag != "" && (group != "" || name != "" || kind != "") {
		return nil, userError("you cannot use '--tag' with '--resource-group', '--name' or '--resource-type'")
	}
	if group != "" {
		if _, err := c.group(group); err != nil {
			return nil, err
		}
	}
	all := []any{}
	for _, resource := range c.state.List(isTopLevel) {
		matches := (group == "" || within(resource.ID(), c.groupID(group))) && hasTag(resource, tag) &&
			(name == "" || strings.EqualFold(name, resource.Body["name"].(string))) &&
			(kind == "" || strings.EqualFold(kind, resource.Body["type"].(string)))
		if !matches || !c.inSubscription(resource) {
			continue
		}
		shown := object{"provisioningState": resource.Phase.State}
		for _, key := range []string{"id", "location", "name", "resourceGroup", "tags", "type"} {
			shown[key] = resource.Body[key]
		}
		all = append(all, shown)
	}
	return all, nil
}

// isTopLevel is true for resources that are neither groups nor parts of others.
func isTopLevel(id string) bool { return strings.Count(id, "/") == 8 }

func (c *call) tagged() (*state.Resource, error) {
	id := c.String("--resource-id")
	resource := c.state.Find(id)
	if resource != nil {
		return resource, nil
	}
	parts := strings.Split(id, "/")
	if len(parts) < 9 {
		if len(parts) == 5 {
			return nil, azureError(404, "ResourceGroupNotFound", "Resource group '%s' could not be found.", parts[4])
		}
		return nil, azureError(400, "MissingSubscription", "The request did not have a subscription or a valid tenant level resource provider.")
	}
	return nil, resourceNotFound(strings.Join(parts[6:8], "/"), parts[8], parts[4])
}

func listTags(c *call) (any, error) {
	if c.String("--resource-id") == "" {
		return nil, unmodelled("the stand-in lists the tags of a --resource-id only")
	}
	resource, err := c.tagged()
	if err != nil {
		return nil, err
	}
	return tagsBody(resource), nil
}

func updateTags(c *call) (any, error) {
	given := c.Tags("--tags")
	if len(given) == 0 {
		return nil, userError("Tags could not be empty.")
	}
	operation := c.String("--operation")
	resource, err := c.tagged()
	if err != nil {
		return nil, err
	}
	tags := map[string]any{}
	if was, ok := resource.Body["tags"].(map[string]any); ok && operation != "Replace" {
		maps.Copy(tags, was)
	}
	for key, value := range given {
		switch {
		case operation != "Delete":
			tags[key] = value
		case tags[key] == value:
			delete(tags, key)
		}
	}
	resource.Body["tags"] = orNull(tags)
	if resource.Next != nil {
		resource.Next["tags"] = orNull(tags)
	}
	return tagsBody(resource), nil
}

func tagsBody(resource *state.Resource) object {
	tags, _ := resource.Body["tags"].(map[string]any)
	if tags == nil {
		tags = map[string]any{}
	}
	return object{
		"id":         resource.ID() + "/providers/Microsoft.Resources/tags/default",
		"name":       "default",
		"properties": object{"tags": tags},
		"type":       "Microsoft.Resources/tags",
	}
}

// hasTag tells whether a resource has a tag, written name or name=value.
func hasTag(resource *state.Resource, tag string) bool {
	if tag == "" {
		return true
	}
	name, value, exact := strings.Cut(tag, "=")
	tags, _ := resource.Body["tags"].(map[string]any)
	has, found := tags[name]
	return found && (!exact || has == value)
}
