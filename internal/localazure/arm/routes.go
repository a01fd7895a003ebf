package arm

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// route is a request that Azure Resource Manager implements. Segments in braces match
// any one, and {scope} at the beginning any ID. Letter case does not matter.
type route struct {
	method, pattern string
	typ             string // whose API versions count
	action          string // that the caller must be allowed, if any
	handle          func(*call) reply
}

const (
	inSubscription = "/subscriptions/{subscription}"
	inGroup        = inSubscription + "/resourceGroups/{group}"
	atScope        = "{scope}/providers/Microsoft.Authorization/"
	resourcesType  = "Microsoft.Resources/resourceGroups"
	groupAction    = "Microsoft.Resources/subscriptions/resourceGroups/"
)

func routes() []route {
	const subscriptions, features = "Microsoft.Resources/subscriptions", "Microsoft.Features/features"
	const assignments, definitions = "Microsoft.Authorization/roleAssignments", "Microsoft.Authorization/roleDefinitions"
	const tags = "{scope}/providers/Microsoft.Resources/tags/default"
	const feature = inSubscription + "/providers/Microsoft.Features/providers/{namespace}/features"
	all := []route{
		{"GET", "/tenants", subscriptions, "", listTenants},
		{"GET", "/subscriptions", subscriptions, "", listSubscriptions},
		{"GET", inSubscription, subscriptions, "Microsoft.Resources/subscriptions/read", getSubscription},
		{"GET", inSubscription + "/locations", subscriptions, "Microsoft.Resources/subscriptions/locations/read", listLocations},
		{"GET", inSubscription + "/operationresults/{id}", resourcesType, "", operationResult},

		{"GET", inSubscription + "/resourceGroups", resourcesType, groupAction + "read", listGroups},
		{"GET", inSubscription + "/resources", resourcesType, "Microsoft.Resources/subscriptions/resources/read", listResources},
		{"GET", inGroup + "/resources", resourcesType, groupAction + "resources/read", listResources},
		{"HEAD", inGroup, resourcesType, groupAction + "read", getGroup},
		{"GET", inGroup, resourcesType, groupAction + "read", getGroup},
		{"PUT", inGroup, resourcesType, groupAction + "write", putGroup},
		{"PATCH", inGroup, resourcesType, groupAction + "write", patchGroup},
		{"DELETE", inGroup, resourcesType, groupAction + "delete", deleteGroup},

		{"GET", tags, resourcesType, "Microsoft.Resources/tags/read", changeTags},
		{"PUT", tags, resourcesType, "Microsoft.Resources/tags/write", changeTags},
		{"PATCH", tags, resourcesType, "Microsoft.Resources/tags/write", changeTags},

		{"GET", inSubscription + "/providers", resourcesType, "Microsoft.Resources/subscriptions/providers/read", listProviders},
		{"GET", inSubscription + "/providers/{namespace}", resourcesType, "Microsoft.Resources/subscriptions/providers/read", getProvider},
		{"POST", inSubscription + "/providers/{namespace}/register", resourcesType, "{namespace}/register/action", registerProvider},
		{"GET", feature, features, "Microsoft.Features/providers/features/read", listFeatures},
		{"GET", feature + "/{name}", features, "Microsoft.Features/providers/features/read", getFeature},
		{"POST", feature + "/{name}/register", features, "Microsoft.Features/providers/features/register/action", registerFeature},

		{"GET", atScope + "roleDefinitions", definitions, "Microsoft.Authorization/roleDefinitions/read", listRoles},
		{"GET", atScope + "roleDefinitions/{name}", definitions, "Microsoft.Authorization/roleDefinitions/read", getRole},
		{"GET", atScope + "roleAssignments", assignments, "Microsoft.Authorization/roleAssignments/read", listAssignments},
		{"GET", atScope + "roleAssignments/{name}", assignments, "Microsoft.Authorization/roleAssignments/read", getAssignment},
		{"PUT", atScope + "roleAssignments/{name}", assignments, "Microsoft.Authorization/roleAssignments/write", putAssignment},
		{"DELETE", atScope + "roleAssignments/{name}", assignments, "Microsoft.Authorization/roleAssignments/delete", deleteAssignment},
	}
	for _, k := range []*kind{identityKind(), credentialKind(), vaultKind(), clusterKind()} {
		all = append(all, k.routes()...)
	}
	return all
}

// routes of a kind are those that all resources have, and its own.
func (k *kind) routes() []route {
	namespace, names, _ := strings.Cut(k.typ, "/")
	collection := inGroup + "/providers/" + namespace
	if parent, child, ok := strings.Cut(names, "/"); ok {
		collection += "/" + parent + "/{parent}/" + child
	} else {
		collection += "/" + names
	}
	handle := func(do func(*call, *kind) reply) func(*call) reply { return func(c *call) reply { return do(c, k) } }
	all := []route{
		{"GET", collection, k.typ, k.typ + "/read", handle(listKind)},
		{"GET", collection + "/{name}", k.typ, k.typ + "/read", handle(getResource)},
		{"PUT", collection + "/{name}", k.typ, k.typ + "/write", handle(putResource)},
		{"DELETE", collection + "/{name}", k.typ, k.typ + "/delete", handle(deleteResource)},
	}
	if !strings.Contains(names, "/") {
		all = append(all, route{"GET", inSubscription + "/providers/" + k.typ, k.typ, k.typ + "/read", handle(listKind)},
			route{"PATCH", collection + "/{name}", k.typ, k.typ + "/write", handle(patchResource)})
	}
	return append(all, k.own...)
}

// match returns the values of a pattern's segments in path.
func match(pattern, path string) (map[string]string, bool) {
	values := map[string]string{}
	if rest, ok := strings.CutPrefix(pattern, "{scope}"); ok {
		anchor := strings.Join(strings.SplitAfter(rest, "/")[:3], "") // "/providers/NAMESPACE/"
		i := strings.LastIndex(strings.ToLower(path), strings.ToLower(anchor))
		if i < 0 {
			return nil, false
		}
		values["scope"], path, pattern = path[:i], path[i:], rest
	}
	want, have := strings.Split(pattern, "/"), strings.Split(strings.TrimSuffix(path, "/"), "/")
	if len(want) != len(have) {
		return nil, false
	}
	for i, segment := range want {
		if name, ok := strings.CutPrefix(segment, "{"); ok && have[i] != "" {
			values[strings.TrimSuffix(name, "}")] = have[i]
		} else if !strings.EqualFold(segment, have[i]) {
			return nil, false
		}
	}
	return values, true
}

// dispatch finds the route and checks what all of them need. Its texts are from
// issues: MissingApiVersionParameter in postmanlabs', NoRegisteredProviderFound in
// azure-cli#19389 and #28496, AuthorizationFailed in microsoft/azure-pipelines-tasks',
// SubscriptionNotFound in azure-cli's recordings.
func (c *call) dispatch() reply {
	if c.version == "" {
		return fail(http.StatusBadRequest, "MissingApiVersionParameter", "The api-version query parameter (?api-version=) is required for all requests.")
	}
	path := c.r.URL.Path
	for _, r := range routes() {
		values, ok := match(r.pattern, path)
		if !ok || r.method != c.r.Method {
			continue
		}
		c.values = values
		subscription := values["subscription"]
		if scope := strings.Split(values["scope"]+"///", "/"); strings.EqualFold(scope[1], "subscriptions") {
			subscription = scope[2]
		}
		if subscription != "" && !strings.EqualFold(subscription, c.cfg.SubscriptionID) {
			return fail(http.StatusNotFound, "SubscriptionNotFound", "The subscription '%s' could not be found.", subscription)
		}
		if rep, ok := c.checkVersion(r.typ); !ok {
			return rep
		}
		if r.action != "" {
			action := strings.ReplaceAll(r.action, "{namespace}", values["namespace"])
			if scope := c.scopeOf(r); !c.allowed(c.caller.ObjectID, action, scope, false) {
				return c.unauthorized(action, scope)
			}
		}
		return r.handle(c)
	}
	return notImplemented("%s %s", c.r.Method, path)
}

func (c *call) unauthorized(action, scope string) reply {
	return fail(http.StatusForbidden, "AuthorizationFailed", "The client '%s' with object id '%s' does not have authorization to perform "+
		"action '%s' over scope '%s' or the scope is invalid. If access was recently granted, please refresh your credentials.",
		c.caller.Name, c.caller.ObjectID, action, scope)
}

// scopeOf is where the caller of a route needs its action: the resource, or what a
// collection is in.
func (c *call) scopeOf(r route) string {
	path := strings.TrimSuffix(c.r.URL.Path, "/")
	switch i := strings.LastIndex(strings.ToLower(path), "/providers/"); {
	case c.values["scope"] != "" && c.r.Method == http.MethodGet:
		return c.values["scope"]
	case r.method == http.MethodPost && c.values["name"] != "" && c.values["group"] != "":
		return path[:strings.LastIndex(path, "/")]
	case i > 0 && !strings.HasSuffix(r.pattern, "/{name}"):
		return path[:i]
	case i < 0 && strings.HasSuffix(r.pattern, "s") && r.pattern != inGroup:
		return path[:strings.LastIndex(path, "/")]
	}
	return path
}

// retirement is when Key Vault rejects versions before 2026-02-01, see
// https://learn.microsoft.com/azure/key-vault/general/migrate-api-version.
var retirement = time.Date(2027, 2, 27, 0, 0, 0, 0, time.UTC)

func (c *call) checkVersion(typ string) (reply, bool) {
	versions := c.data.Versions[typ]
	if strings.HasPrefix(typ, "Microsoft.KeyVault/") && !c.cfg.Now().Add(c.cfg.Ahead).Before(retirement) {
		versions = slices.DeleteFunc(slices.Clone(versions), func(v string) bool { return v < "2026-02-01" })
	}
	if slices.Contains(versions, strings.ToLower(c.version)) {
		return reply{}, true
	}
	if strings.HasPrefix(typ, "Microsoft.Resources/") {
		return fail(http.StatusBadRequest, "InvalidApiVersionParameter", "The api-version '%s' is invalid. The supported versions are '%s'.",
			c.version, strings.Join(versions, ",")), false
	}
	location := text(c.body, "location")
	if found := c.resources[strings.ToLower(c.r.URL.Path)]; found != nil {
		location = text(found.body, "location")
	}
	_, short, _ := strings.Cut(typ, "/")
	return fail(http.StatusBadRequest, "NoRegisteredProviderFound", "No registered resource provider found for location '%s' and API version "+
		"'%s' for type '%s'. The supported api-versions are '%s'. The supported locations are '%s'.",
		location, c.version, short, strings.Join(versions, ", "), strings.Join(c.data.Locations, ", ")), false
}

// notImplemented marks the limits of localazure.
func notImplemented(format string, args ...any) reply {
	return fail(http.StatusNotImplemented, "NotImplemented", "localazure does not implement "+format, args...)
}
