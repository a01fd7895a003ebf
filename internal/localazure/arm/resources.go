package arm

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// kind is a type of resource.
type kind struct {
	typ string
	// check completes a resource that is created or replaced, before it is stored, or
	// rejects it. old is nil on creation.
	check func(c *call, r, old *resource) *reply
	// done puts a stored resource into effect and responds.
	done func(c *call, r, old *resource) reply
	// remove ends what done began.
	remove func(m *Manager, r *resource)
	// deleted responds to a deletion, which has 200 unless set.
	deleted func(c *call, r *resource) reply
	own     []route
}

// find returns a resource whose resource group is not gone.
func (c *call) find(k *kind) *resource { return c.resources[strings.ToLower(c.id(k))] }

// id is that of the resource that the path names.
func (c *call) id(k *kind) string {
	namespace, names, _ := strings.Cut(k.typ, "/")
	if parent, child, ok := strings.Cut(names, "/"); ok {
		return c.groupID() + "/providers/" + namespace + "/" + parent + "/" + c.values["parent"] + "/" + child + "/" + c.values["name"]
	}
	return c.groupID() + "/providers/" + k.typ + "/" + c.values["name"]
}

func (c *call) groupID() string { return c.subscription() + "/resourceGroups/" + c.values["group"] }

// group returns the group of the path, as azure-cli's recordings have the texts.
func (c *call) group(writable bool) (*resource, *reply) {
	g := c.resources[strings.ToLower(c.groupID())]
	if g == nil {
		rep := fail(http.StatusNotFound, "ResourceGroupNotFound", "Resource group '%s' could not be found.", c.values["group"])
		return nil, &rep
	}
	if writable && text(g.properties(), "provisioningState") == "Deleting" {
		rep := fail(http.StatusConflict, "ResourceGroupBeingDeleted", "The resource group '%s' is in deprovisioning state and cannot perform this operation.", c.values["group"])
		return nil, &rep
	}
	return g, nil
}

// notFound has the text of azure-cli's recordings.
func (c *call) notFound(k *kind) reply {
	name := k.typ + "/" + c.values["name"]
	if parent := c.values["parent"]; parent != "" {
		i := strings.LastIndex(k.typ, "/")
		name = k.typ[:i] + "/" + parent + k.typ[i:] + "/" + c.values["name"]
	}
	return fail(http.StatusNotFound, "ResourceNotFound", "The Resource '%s' under resource group '%s' was not found. For more details please go to "+
		"https://aka.ms/ARMResourceNotFoundFix", name, c.values["group"])
}

// parentMissing rejects a child whose parent does not exist.
func (c *call) parentMissing(k *kind, verb string) *reply {
	id := c.id(k)
	parent := id[:strings.LastIndex(id[:strings.LastIndex(id, "/")], "/")]
	if c.values["parent"] == "" || c.resources[strings.ToLower(parent)] != nil {
		return nil
	}
	_, short, _ := strings.Cut(k.typ, "/")
	rep := fail(http.StatusNotFound, "ParentResourceNotFound", "Failed to perform '%s' on resource(s) of type '%s', because the parent resource '%s' could not be found.",
		verb, short, parent)
	return &rep
}

func getResource(c *call, k *kind) reply {
	if _, rejected := c.group(false); rejected != nil {
		return *rejected
	}
	if rejected := c.parentMissing(k, "read"); rejected != nil {
		return *rejected
	}
	if r := c.find(k); r != nil {
		return ok(r.body)
	}
	return c.notFound(k)
}

func listKind(c *call, k *kind) reply {
	if c.values["group"] != "" {
		if _, rejected := c.group(false); rejected != nil {
			return *rejected
		}
	}
	c.values["name"] = "x"
	if rejected := c.parentMissing(k, "read"); rejected != nil {
		return *rejected
	}
	id := c.id(k)
	return list(c.bodies(func(r *resource) bool {
		return r.kind != nil && r.kind.typ == k.typ && (c.values["group"] == "" || within(r.id, id[:strings.LastIndex(id, "/")]))
	}))
}

// bodies of the resources that fit, by ID.
func (m *Manager) bodies(fits func(*resource) bool) []any {
	var found []any
	for _, id := range slices.Sorted(maps.Keys(m.resources)) {
		if r := m.resources[id]; fits(r) {
			found = append(found, r.body)
		}
	}
	return found
}

func putResource(c *call, k *kind) reply {
	if _, rejected := c.group(true); rejected != nil {
		return *rejected
	}
	namespace, _, _ := strings.Cut(k.typ, "/")
	if c.providers[namespace] != "Registered" && c.providers[namespace] != "Registering" {
		return fail(http.StatusConflict, "MissingSubscriptionRegistration", "The subscription is not registered to use namespace '%s'. "+
			"See https://aka.ms/rps-not-found for how to register subscriptions.", namespace)
	}
	if rejected := c.parentMissing(k, "write"); rejected != nil {
		return *rejected
	}
	old := c.find(k)
	r := &resource{id: c.id(k), kind: k, body: object{"properties": part(c.body, "properties")}}
	if old != nil {
		r.id, r.do = old.id, old.do
	}
	if c.values["parent"] == "" {
		location, rejected := c.location(k.typ)
		if rejected != nil {
			return *rejected
		}
		if old != nil && location != text(old.body, "location") {
			return fail(http.StatusConflict, "InvalidResourceLocation", "The resource '%s' already exists in location '%s' in resource group '%s'. A resource "+
				"with the same name cannot be created in location '%s'. Please select a new resource name.",
				c.values["name"], text(old.body, "location"), c.values["group"], location)
		}
		r.body["location"], r.body["tags"] = location, c.tags()
	}
	for _, key := range []string{"identity", "sku"} {
		if given, ok := c.body[key]; ok {
			r.body[key] = given
		}
	}
	r.body["id"], r.body["name"], r.body["type"] = r.id, r.id[strings.LastIndex(r.id, "/")+1:], k.typ
	return c.store(k, r, old)
}

func (c *call) store(k *kind, r, old *resource) reply {
	if rejected := k.check(c, r, old); rejected != nil {
		return *rejected
	}
	c.resources[strings.ToLower(r.id)] = r
	return k.done(c, r, old)
}

// patchResource changes the tags and the properties that are given.
func patchResource(c *call, k *kind) reply {
	if _, rejected := c.group(true); rejected != nil {
		return *rejected
	}
	old := c.find(k)
	if old == nil {
		return c.notFound(k)
	}
	r := &resource{id: old.id, kind: k, do: old.do, body: maps.Clone(old.body)}
	properties := maps.Clone(old.properties())
	maps.Copy(properties, part(c.body, "properties"))
	r.body["properties"] = properties
	if _, given := c.body["tags"]; given {
		r.body["tags"] = c.tags()
	}
	return c.store(k, r, old)
}

func deleteResource(c *call, k *kind) reply {
	if _, rejected := c.group(true); rejected != nil {
		return *rejected
	}
	r := c.find(k)
	if r == nil {
		return reply{status: http.StatusNoContent}
	}
	if k.deleted != nil {
		return k.deleted(c, r)
	}
	c.drop(r)
	return reply{status: http.StatusOK}
}

// drop removes a resource, what is below it and the roles at its scope.
func (m *Manager) drop(r *resource) {
	for id, other := range m.resources {
		if !within(id, r.id) {
			continue
		}
		delete(m.resources, id)
		if other.kind != nil && other.kind.remove != nil {
			other.kind.remove(m, other)
		}
	}
	for _, a := range slices.Clone(m.assignments) {
		if within(a.scope, r.id) {
			m.unassign(a)
		}
	}
}

// location checks the location of the body, as in azure-cli's recordings.
func (c *call) location(typ string) (string, *reply) {
	location := strings.ToLower(strings.ReplaceAll(text(c.body, "location"), " ", ""))
	var rep reply
	switch {
	case location == "":
		rep = fail(http.StatusBadRequest, "LocationRequired", "The location property is required for this definition.")
	case !slices.Contains(c.data.Locations, location):
		rep = fail(http.StatusBadRequest, "LocationNotAvailableForResourceType", "The provided location '%s' is not available for resource type '%s'. "+
			"List of available regions for the resource type is '%s'.", location, typ, strings.Join(c.data.Locations, ","))
	default:
		return location, nil
	}
	return "", &rep
}

func (c *call) tags() any {
	if tags, ok := c.body["tags"].(object); ok {
		return tags
	}
	return object{}
}

// operation is one that takes its time, at the URL of its status.
type operation struct {
	id, status, failure string
	started             time.Time
}

func (m *Manager) begin(id string) *operation {
	o := &operation{id: id, status: "InProgress", started: m.cfg.Now()}
	m.operations[id] = o
	return o
}

// link is the URL of a path in the API version of the request.
func (c *call) link(path string) string {
	return fmt.Sprintf("https://%s%s?api-version=%s", c.r.Host, path, c.version)
}

// retryAfter is shorter than Azure's 15 seconds, so that the delays decide.
const retryAfter = "1"

// operationResult is where the deletion of a group can be followed.
func operationResult(c *call) reply {
	switch o := c.operations[c.values["id"]]; {
	case o == nil:
		return fail(http.StatusNotFound, "OperationNotFound", "The operation '%s' could not be found.", c.values["id"])
	case o.status == "InProgress":
		return reply{status: http.StatusAccepted, header: map[string]string{"Location": c.link(c.r.URL.Path), "Retry-After": retryAfter}}
	}
	return reply{status: http.StatusOK}
}
