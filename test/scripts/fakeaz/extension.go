package main

import (
	"maps"
	"slices"
)

func extensionCommands() map[string]handler {
	return map[string]handler{
		"extension add":    addExtension,
		"extension list":   listExtensions,
		"extension show":   showExtension,
		"extension update": updateExtension,
	}
}

func addExtension(c *call) (any, error) {
	c.ignore("--yes")
	name := c.String("--name")
	if name == "" {
		return nil, userError("usage error: --name NAME | --source SOURCE")
	}
	version, installed := c.state.Extensions[name]
	if installed {
		c.warn("Extension '%s' %s is already installed.", name, version)
	}
	if !installed || c.Has("--upgrade") {
		c.state.Extensions[name] = "9.0.0"
	}
	return nil, nil
}

func listExtensions(c *call) (any, error) {
	all := []any{}
	for _, name := range slices.Sorted(maps.Keys(c.state.Extensions)) {
		all = append(all, extensionBody(name, c.state.Extensions[name]))
	}
	return all, nil
}

func showExtension(c *call) (any, error) {
	name := c.String("--name")
	version, installed := c.state.Extensions[name]
	if !installed {
		return nil, userError("The extension %s is not installed.", name)
	}
	return extensionBody(name, version), nil
}

func updateExtension(c *call) (any, error) {
	name := c.String("--name")
	if _, installed := c.state.Extensions[name]; !installed {
		return nil, userError("The extension %s is not installed.", name)
	}
	c.state.Extensions[name] = "9.0.0"
	return nil, nil
}

func extensionBody(name, version string) object {
	return object{"experimental": false, "extensionType": "whl", "name": name, "preview": false, "version": version}
}
