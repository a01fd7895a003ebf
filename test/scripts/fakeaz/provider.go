package main

import (
	"maps"
	"slices"

	"github.com/workload-identity-quickstart/msal-go/test/scripts/fakeaz/internal/state"
)

func providerCommands() map[string]handler {
	return map[string]handler{
		"provider list":     listProviders,
		"provider register": registerProvider,
		"provider show":     showProvider,
		"feature register":  registerFeature,
		"feature show":      showFeature,
	}
}

func (c *call) provider() (*state.Phase, string, error) {
	namespace := c.String("--namespace")
	phase, name := c.state.Provider(namespace)
	if phase == nil {
		return nil, "", azureError(404, "InvalidResourceNamespace", "The resource namespace '%s' is invalid.", namespace)
	}
	return phase, name, nil
}

func listProviders(c *call) (any, error) {
	all := []any{}
	for _, name := range slices.Sorted(maps.Keys(c.state.Providers)) {
		all = append(all, c.providerBody(name))
	}
	return all, nil
}

func showProvider(c *call) (any, error) {
	_, name, err := c.provider()
	if err != nil {
		return nil, err
	}
	return c.providerBody(name), nil
}

func registerProvider(c *call) (any, error) {
	phase, name, err := c.provider()
	if err != nil || phase.Now() == "Registered" {
		return nil, err
	}
	shows := c.state.Propagation.Provider
	if c.Has("--wait") {
		shows = 0
	} else {
		c.warn("Registering is still on-going. You can monitor using 'az provider show -n %s'", name)
	}
	phase.Begin("Registering", "Registered", shows)
	return nil, nil
}

func (c *call) providerBody(name string) object {
	return object{
		"id":                 "/subscriptions/" + c.subscription.ID + "/providers/" + name,
		"namespace":          name,
		"registrationPolicy": "RegistrationRequired",
		"registrationState":  c.state.Providers[name].Look(),
		"resourceTypes":      []any{},
	}
}

// requireProvider refuses to create resources of a provider that is not
// registered, unless creating them registers it.
func (c *call) requireProvider(namespace string) error {
	phase, _ := c.state.Provider(namespace)
	if phase.Now() == "Registered" {
		return nil
	}
	if c.state.Rules.AutoRegister {
		phase.Begin("Registering", "Registered", 0)
		return nil
	}
	return azureError(409, "MissingSubscriptionRegistration", "The subscription is not registered to use namespace '%s'. "+
		"See https://aka.ms/rps-not-found for how to register subscriptions.", namespace)
}

func registerFeature(c *call) (any, error) {
	key := c.String("--namespace") + "/" + c.String("--name")
	phase := c.state.Features[key]
	if phase == nil {
		phase = &state.Phase{}
		c.state.Features[key] = phase
		phase.Begin("Registering", "Registered", c.state.Propagation.Feature)
	}
	return c.featureBody(key, phase.State), nil
}

func showFeature(c *call) (any, error) {
	key := c.String("--namespace") + "/" + c.String("--name")
	seen := "NotRegistered"
	if phase := c.state.Features[key]; phase != nil {
		seen = phase.Look()
	}
	return c.featureBody(key, seen), nil
}

func (c *call) featureBody(key, seen string) object {
	return object{
		"id":         "/subscriptions/" + c.subscription.ID + "/providers/Microsoft.Features/providers/" + key,
		"name":       key,
		"properties": object{"state": seen},
		"type":       "Microsoft.Features/providers/features",
	}
}
