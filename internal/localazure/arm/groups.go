package arm

import (
	"maps"
	"net/http"
	"regexp"
	"strings"

	"github.com/workload-identity-quickstart/msal-go/internal/localazure/guid"
)

func listTenants(c *call) reply {
	return list([]any{object{
		"id": "/tenants/" + c.cfg.TenantID, "tenantId": c.cfg.TenantID, "countryCode": "US", "displayName": "Default Directory",
		"domains": []string{"localazure.onmicrosoft.com"}, "defaultDomain": "localazure.onmicrosoft.com", "tenantCategory": "Home", "tenantType": "AAD",
	}})
}

func (m *Manager) subscriptionBody() object {
	return object{
		"id": m.subscription(), "subscriptionId": m.cfg.SubscriptionID, "tenantId": m.cfg.TenantID, "displayName": "localazure",
		"state": "Enabled", "authorizationSource": "RoleBased", "managedByTenants": []any{},
		"subscriptionPolicies": object{"locationPlacementId": "Public_2014-09-01", "quotaId": "PayAsYouGo_2014-09-01", "spendingLimit": "Off"},
	}
}

// listSubscriptions leaves out the subscription of callers without any role in it.
func listSubscriptions(c *call) reply {
	for _, a := range c.assignments {
		if strings.EqualFold(a.principal, c.caller.ObjectID) && !a.latent {
			return list([]any{c.subscriptionBody()})
		}
	}
	return list(nil)
}

func getSubscription(c *call) reply { return ok(c.subscriptionBody()) }

func listLocations(c *call) reply {
	var all []any
	for _, name := range c.data.Locations {
		all = append(all, object{"id": c.subscription() + "/locations/" + name, "name": name, "displayName": name, "regionalDisplayName": name,
			"type": "Region", "metadata": object{"regionType": "Physical"}})
	}
	return list(all)
}

var groupName = regexp.MustCompile(`^[-\p{L}\p{N}._()]{0,89}[-\p{L}\p{N}_()]$`)

// putGroup has the texts of azure-cli's recordings.
func putGroup(c *call) reply {
	if !groupName.MatchString(c.values["group"]) {
		return fail(http.StatusBadRequest, "InvalidResourceGroup", "The provided resource group name '%s' has these invalid characters or is too long.", c.values["group"])
	}
	location, rejected := c.location("Microsoft.Resources/resourceGroups")
	if rejected != nil {
		return *rejected
	}
	old, rejected := c.group(true)
	if rejected != nil && rejected.status != http.StatusNotFound {
		return *rejected
	}
	if old != nil {
		if at := text(old.body, "location"); at != location {
			return fail(http.StatusConflict, "InvalidResourceGroupLocation", "Invalid resource group location '%s'. The Resource group already exists in location '%s'.", location, at)
		}
		old.body["tags"] = c.tags()
		return ok(old.body)
	}
	return reply{status: http.StatusCreated, body: c.addGroup(c.values["group"], location, c.tags()).body}
}

func (m *Manager) addGroup(name, location string, tags any) *resource {
	id := m.subscription() + "/resourceGroups/" + name
	g := &resource{id: id, body: object{"id": id, "name": name, "type": "Microsoft.Resources/resourceGroups", "location": location,
		"tags": tags, "properties": object{"provisioningState": "Succeeded"}}}
	m.resources[strings.ToLower(id)] = g
	return g
}

func patchGroup(c *call) reply {
	g, rejected := c.group(true)
	if rejected != nil {
		return *rejected
	}
	if _, given := c.body["tags"]; given {
		g.body["tags"] = c.tags()
	}
	return ok(g.body)
}

func getGroup(c *call) reply {
	g, rejected := c.group(false)
	switch {
	case c.r.Method == http.MethodHead && rejected != nil:
		return reply{status: http.StatusNotFound}
	case c.r.Method == http.MethodHead:
		return reply{status: http.StatusNoContent}
	case rejected != nil:
		return *rejected
	}
	return ok(g.body)
}

func isGroup(r *resource) bool { return r.kind == nil }

func listGroups(c *call) reply {
	fits, rejected := c.filter()
	if rejected != nil {
		return *rejected
	}
	return list(c.bodies(func(r *resource) bool { return isGroup(r) && fits(r) }))
}

// listResources leaves out children, such as federated identity credentials.
func listResources(c *call) reply {
	fits, rejected := c.filter()
	if rejected != nil {
		return *rejected
	}
	return list(c.bodies(func(r *resource) bool {
		return !isGroup(r) && strings.Count(r.kind.typ, "/") == 1 && fits(r) && (c.values["group"] == "" || within(r.id, c.groupID()))
	}))
}

var filterTerm = regexp.MustCompile(`(?i)^(tagname|tagvalue|resourcetype|resourcegroup) eq '([^']*)'$`)

// filter reads the filters by a tag, a type and a group, the only ones that are
// implemented.
func (c *call) filter() (func(*resource) bool, *reply) {
	filter, terms := c.r.URL.Query().Get("$filter"), map[string]string{}
	for term := range strings.SplitSeq(filter, " and ") {
		m := filterTerm.FindStringSubmatch(strings.TrimSpace(term))
		if m == nil && filter != "" {
			rep := notImplemented("the filter %s", filter)
			return nil, &rep
		}
		if m != nil {
			terms[strings.ToLower(m[1])] = m[2]
		}
	}
	return func(r *resource) bool {
		for term, wanted := range terms {
			switch {
			case term == "resourcetype" && (r.kind == nil || !strings.EqualFold(r.kind.typ, wanted)),
				term == "resourcegroup" && !within(r.id, c.subscription()+"/resourceGroups/"+wanted):
				return false
			}
		}
		name, byName := terms["tagname"]
		value, byValue := terms["tagvalue"]
		for key, has := range part(r.body, "tags") {
			if byName && strings.EqualFold(key, name) && (!byValue || has == value) {
				return true
			}
		}
		return !byName
	}, nil
}

// changeTags reads, replaces or changes the tags of a group or resource, see
// https://learn.microsoft.com/rest/api/resources/tags.
func changeTags(c *call) reply {
	r := c.resources[strings.ToLower(c.values["scope"])]
	if r == nil {
		return fail(http.StatusNotFound, "ResourceNotFound", "The resource '%s' was not found.", c.values["scope"])
	}
	tags, given := maps.Clone(part(r.body, "tags")), part(part(c.body, "properties"), "tags")
	operation := text(c.body, "operation")
	switch {
	case c.r.Method == http.MethodGet:
	case c.r.Method == http.MethodPut, strings.EqualFold(operation, "Replace"):
		tags = given
	case strings.EqualFold(operation, "Merge"):
		maps.Copy(tags, given)
	case strings.EqualFold(operation, "Delete"):
		maps.DeleteFunc(tags, func(key string, value any) bool { return given[key] == value })
	default:
		return badRequest("The tags operation '%s' is invalid.", operation)
	}
	r.body["tags"] = tags
	return ok(object{"id": r.id + "/providers/Microsoft.Resources/tags/default", "name": "default", "type": "Microsoft.Resources/tags",
		"properties": object{"tags": tags}})
}

func deleteGroup(c *call) reply {
	g, rejected := c.group(false)
	if rejected != nil {
		return *rejected
	}
	o := c.begin(guid.New())
	g.properties()["provisioningState"] = "Deleting"
	m := c.Manager
	c.later(GroupDeletion, func() {
		m.drop(g)
		o.status = "Succeeded"
	})
	return reply{status: http.StatusAccepted, header: map[string]string{
		"Location": c.link(c.subscription() + "/operationresults/" + o.id), "Retry-After": retryAfter,
	}}
}

// namespace is that of the path, in the case in which the provider has it.
func (c *call) namespace() (string, *reply) {
	for namespace := range c.providers {
		if strings.EqualFold(namespace, c.values["namespace"]) {
			return namespace, nil
		}
	}
	rep := fail(http.StatusNotFound, "InvalidResourceNamespace", "The resource namespace '%s' is invalid.", c.values["namespace"])
	return "", &rep
}

func (c *call) providerBody(namespace string) object {
	types := []any{}
	for typ, versions := range c.data.Versions {
		if of, name, _ := strings.Cut(typ, "/"); of == namespace {
			types = append(types, object{"resourceType": name, "locations": c.data.Locations, "apiVersions": versions, "capabilities": "None"})
		}
	}
	return object{"id": c.subscription() + "/providers/" + namespace, "namespace": namespace, "registrationPolicy": "RegistrationRequired",
		"registrationState": c.providers[namespace], "resourceTypes": types}
}

func listProviders(c *call) reply {
	var all []any
	for _, namespace := range c.data.Providers {
		all = append(all, c.providerBody(namespace))
	}
	return list(all)
}

func getProvider(c *call) reply {
	namespace, rejected := c.namespace()
	if rejected != nil {
		return *rejected
	}
	return ok(c.providerBody(namespace))
}

func registerProvider(c *call) reply {
	namespace, rejected := c.namespace()
	if rejected != nil {
		return *rejected
	}
	if c.providers[namespace] == "NotRegistered" {
		register(c, c.providers, namespace)
	}
	return ok(c.providerBody(namespace))
}

// register sets a state that takes a while to reach.
func register(c *call, states map[string]string, key string) {
	states[key] = "Registering"
	c.later(Registration, func() { states[key] = "Registered" })
}

func (c *call) featureBody(key string) object {
	state := c.features[key]
	if state == "" {
		state = "NotRegistered"
	}
	return object{"id": c.subscription() + "/providers/Microsoft.Features/providers/" + strings.Replace(key, "/", "/features/", 1),
		"name": key, "type": "Microsoft.Features/providers/features", "properties": object{"state": state}}
}

func listFeatures(c *call) reply {
	namespace, rejected := c.namespace()
	if rejected != nil {
		return *rejected
	}
	var all []any
	for key := range c.features {
		if strings.HasPrefix(key, namespace+"/") {
			all = append(all, c.featureBody(key))
		}
	}
	return list(all)
}

// feature of any name exists: the preview of the tutorial has long ended, and no list
// of all is published.
func (c *call) feature(do func(key string)) reply {
	namespace, rejected := c.namespace()
	if rejected != nil {
		return *rejected
	}
	key := namespace + "/" + c.values["name"]
	do(key)
	return ok(c.featureBody(key))
}

func getFeature(c *call) reply { return c.feature(func(string) {}) }

func registerFeature(c *call) reply {
	return c.feature(func(key string) {
		if c.features[key] == "" {
			register(c, c.features, key)
		}
	})
}
