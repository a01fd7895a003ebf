package main

import (
	"regexp"
	"slices"
	"strings"

	"github.com/workload-identity-quickstart/msal-go/test/scripts/fakeaz/internal/state"
)

func applicationCommands() map[string]handler {
	return map[string]handler{
		"ad app create":                      createApplication,
		"ad app delete":                      deleteApplication,
		"ad app list":                        listApplications,
		"ad app show":                        showApplication,
		"ad app update":                      updateApplication,
		"ad app federated-credential create": createAppCredential,
		"ad app federated-credential delete": deleteAppCredential,
		"ad app federated-credential list":   listAppCredentials,
		"ad app federated-credential show":   showAppCredential,
		"ad app federated-credential update": updateAppCredential,
	}
}

// createApplication makes an application, or changes the only one of that name.
func createApplication(c *call) (any, error) {
	name := c.String("--display-name")
	audience := c.choice("--sign-in-audience", "AzureADMyOrg")
	var same []*state.Entry
	for _, entry := range c.state.Applications {
		if entry.Body["displayName"] == name {
			same = append(same, entry)
		}
	}
	if len(same) > 1 {
		return nil, userError("More than one application have the same display name '%s': (id) %s, %s, please remove them first.",
			name, same[0].Body["id"], same[1].Body["id"])
	}
	if len(same) == 1 {
		c.warn("Found an existing application instance: (id) %s. We will patch it.", same[0].Body["id"])
		return same[0].Body, nil
	}
	entry := &state.Entry{Attempts: c.state.Propagation.Application, Body: object{
		"appId": c.state.NewGUID("app", name), "displayName": name, "id": c.state.NewGUID("app object", name),
		"identifierUris": []any{}, "notes": nil, "signInAudience": audience, "tags": []any{},
	}}
	c.state.Applications = append(c.state.Applications, entry)
	return entry.Body, nil
}

// applicationOf finds an application by its client id or object id.
func (c *call) applicationOf(id string) *state.Entry {
	if entry := findEntry(c.state.Applications, "appId", id); entry != nil {
		return entry
	}
	return findEntry(c.state.Applications, "id", id)
}

func (c *call) application() (*state.Entry, error) {
	id := c.String("--id")
	if entry := c.applicationOf(id); entry != nil {
		return entry, nil
	}
	if guid.MatchString(id) {
		return nil, c.notInGraph(id)
	}
	return nil, c.graphError("Application with identifier URI '%s' doesn't exist", id)
}

func showApplication(c *call) (any, error) { return bodyOf(c.application()) }

func listApplications(c *call) (any, error) {
	c.ignore("--all")
	found, err := c.filter(c.state.Applications, map[string]string{"--app-id": "appId"})
	return entryBodies(found), err
}

var filterPattern = regexp.MustCompile(`^(?:startswith\((\w+), ?'(.*)'\)|(\w+) eq '(.*)')$`)

// filter chooses entries by --display-name, which is a prefix, by --filter, and
// by the options that are keys of exact.
func (c *call) filter(entries []*state.Entry, exact map[string]string) ([]*state.Entry, error) {
	conditions := []func(object) bool{}
	is := func(key, value string, same func(a, b string) bool) {
		conditions = append(conditions, func(body object) bool {
			text, _ := body[key].(string)
			return same(strings.ToLower(text), strings.ToLower(value))
		})
	}
	equal := func(a, b string) bool { return a == b }
	for option, key := range exact {
		if value := c.String(option); value != "" {
			is(key, value, equal)
		}
	}
	if name := c.String("--display-name"); name != "" {
		is("displayName", name, strings.HasPrefix)
	}
	if text := c.String("--filter"); text != "" {
		m := filterPattern.FindStringSubmatch(text)
		if m == nil {
			return nil, unmodelled("the stand-in's filters are startswith(KEY,'…') and KEY eq '…'")
		}
		if m[1] != "" {
			is(m[1], m[2], strings.HasPrefix)
		} else {
			is(m[3], m[4], equal)
		}
	}
	return slices.DeleteFunc(slices.Clone(entries), func(e *state.Entry) bool {
		return slices.ContainsFunc(conditions, func(holds func(object) bool) bool { return !holds(e.Body) })
	}), nil
}

func updateApplication(c *call) (any, error) {
	entry, err := c.application()
	if err != nil {
		return nil, err
	}
	if name := c.String("--display-name"); name != "" {
		entry.Body["displayName"] = name
	}
	for _, pair := range c.List("--set") {
		key, value, found := strings.Cut(pair, "=")
		if !found || strings.ContainsAny(key, ".[") {
			return nil, unmodelled("the stand-in's --set is KEY=VALUE")
		}
		entry.Body[key] = jsonOrText(value)
	}
	return nil, nil
}

// deleteApplication takes its service principal along.
func deleteApplication(c *call) (any, error) {
	entry, err := c.application()
	if err != nil {
		return nil, err
	}
	if principal := c.principalNamed(entry.Body["appId"].(string)); principal != nil {
		c.removePrincipal(principal.Body["id"])
	}
	c.state.Applications = slices.DeleteFunc(c.state.Applications, func(e *state.Entry) bool { return e == entry })
	return nil, nil
}
