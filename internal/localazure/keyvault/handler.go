package keyvault

import (
	"math"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/workload-identity-quickstart/msal-go/internal/localazure/answer"
	"github.com/workload-identity-quickstart/msal-go/internal/localazure/guid"
)

// serviceVersion is a version the service reported in 2024.
const serviceVersion = "1.9.1895.1"

// apiVersions are those of the data plane, oldest first, see
// https://learn.microsoft.com/rest/api/keyvault/keyvault-versions.
func apiVersions() []string {
	return []string{"2015-06-01", "2016-10-01", "7.0", "7.1", "7.2", "7.3", "7.4", "7.5", "7.6", "2025-07-01", "2026-04-01"}
}

// serve answers one request to v.
func (v *Vault) serve(w http.ResponseWriter, r *http.Request, keys jose.JSONWebKeySet) {
	header := w.Header()
	header.Set("Cache-Control", "no-cache")
	header.Set("Pragma", "no-cache")
	header.Set("Expires", "-1")
	header.Set("Strict-Transport-Security", "max-age=31536000;includeSubDomains")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("X-Ms-Keyvault-Region", v.options.Location)
	header.Set("X-Ms-Keyvault-Service-Version", serviceVersion)
	header.Set("X-Ms-Request-Id", guid.New())
	if id := r.Header.Get("X-Ms-Client-Request-Id"); guid.Valid(id) {
		header.Set("X-Ms-Client-Request-Id", id)
	}
	address, _, _ := net.SplitHostPort(r.RemoteAddr)
	header.Set("X-Ms-Keyvault-Network-Info", "conn_type=Ipv4;addr="+address+";act_addr_fam=InterNetwork;")
	header.Set("X-Powered-By", "ASP.NET")
	switch body, refused := v.answer(header, r, address, keys); {
	case refused != nil:
		answer.JSON(w, refused.status, refused.body())
	case body == nil:
		w.WriteHeader(http.StatusNoContent)
	default:
		answer.JSON(w, http.StatusOK, body)
	}
}

// answer does what r asks for, if its caller may. Requests without a usable
// token count for nothing, so that whoever has none cannot throttle a vault.
func (v *Vault) answer(header http.Header, r *http.Request, address string, keys jose.JSONWebKeySet) (any, *refusal) {
	c, refused := v.authenticate(r.Header.Get("Authorization"), keys)
	if refused != nil {
		header.Set("WWW-Authenticate", v.challenge())
		return nil, refused
	}
	if wait, ok := v.admit(); !ok {
		header.Set("Retry-After", strconv.Itoa(int(math.Ceil(wait.Seconds()))))
		return nil, throttled()
	}
	if refused := checkAPIVersion(r.URL.Query().Get("api-version")); refused != nil {
		return nil, refused
	}
	if refused := v.closed(c, address); refused != nil {
		return nil, refused
	}
	segments := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	methods := v.resource(segments)
	if methods == nil {
		return nil, notImplemented(r.Method, r.URL.Path)
	}
	if len(segments) > 1 && !validSecretName(segments[1]) {
		return nil, badParameter("The request URI contains an invalid name: %s", segments[1])
	}
	method, ok := methods[r.Method]
	if !ok {
		return nil, &refusal{status: http.StatusMethodNotAllowed, code: "MethodNotAllowed",
			text: "The requested resource does not support http method '" + r.Method + "'."}
	}
	name := ""
	if len(segments) > 1 {
		name = segments[1]
	}
	if refused := v.authorize(c, method.operation, name); refused != nil {
		return nil, refused
	}
	return method.do(r)
}

// method is what a resource does on a request with one of HTTP's methods. It
// returns nothing to encode for 204.
type method struct {
	operation
	do func(r *http.Request) (any, *refusal)
}

// resource finds the methods of a path, see
// https://learn.microsoft.com/rest/api/keyvault/secrets/operation-groups.
func (v *Vault) resource(path []string) map[string]method {
	path = append(path, "", "")
	name, last, n := path[1], path[2], len(path)-2
	switch {
	case path[0] == "secrets" && n == 1:
		return map[string]method{"GET": {opList, func(r *http.Request) (any, *refusal) { return v.page(r, v.items(false)) }}}
	case path[0] == "secrets" && n == 3 && last == "versions":
		return map[string]method{"GET": {opList, func(r *http.Request) (any, *refusal) { return v.page(r, v.listVersions(name)) }}}
	case path[0] == "secrets" && n == 3 && last == "backup", path[0] == "secrets" && n == 2 && name == "restore":
		return nil
	case path[0] == "secrets" && n == 3:
		return map[string]method{
			"GET":   {opGet, func(*http.Request) (any, *refusal) { return v.get(name, last) }},
			"PATCH": {opUpdate, func(r *http.Request) (any, *refusal) { return v.patch(r, name, last) }},
		}
	case path[0] == "secrets" && n == 2:
		return map[string]method{
			"GET":    {opGet, func(*http.Request) (any, *refusal) { return v.get(name, "") }},
			"PUT":    {opSet, func(r *http.Request) (any, *refusal) { return v.put(r, name) }},
			"PATCH":  {opUpdate, func(r *http.Request) (any, *refusal) { return v.patch(r, name, "") }},
			"DELETE": {opDelete, func(*http.Request) (any, *refusal) { return v.delete(name) }},
		}
	case path[0] == "deletedsecrets" && n == 1:
		return map[string]method{"GET": {opList, func(r *http.Request) (any, *refusal) { return v.page(r, v.items(true)) }}}
	case path[0] == "deletedsecrets" && n == 2:
		return map[string]method{
			"GET":    {opGet, func(*http.Request) (any, *refusal) { return v.getDeleted(name) }},
			"DELETE": {opPurge, func(*http.Request) (any, *refusal) { return v.purge(name) }},
		}
	case path[0] == "deletedsecrets" && n == 3 && last == "recover":
		return map[string]method{"POST": {opRecover, func(*http.Request) (any, *refusal) { return v.restore(name) }}}
	}
	return nil
}

// checkAPIVersion accepts the known versions and their previews.
func checkAPIVersion(version string) *refusal {
	known := apiVersions()
	base, _, _ := strings.Cut(version, "-preview")
	switch {
	case version == "":
		return badParameter("api-version must be specified")
	case !slices.Contains(known, base):
		return badParameter("The specified version (%s) is not recognized. Consider using the latest supported version (%s).",
			version, known[len(known)-1])
	}
	return nil
}

// unix is a time as Key Vault writes it, nil when not set.
func unix(t time.Time) *int64 {
	if t.IsZero() {
		return nil
	}
	seconds := t.Unix()
	return &seconds
}
