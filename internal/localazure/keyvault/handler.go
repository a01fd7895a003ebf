package keyvault

import (
	"math"
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
	body, refused := v.answer(header, r, keys)
	status := http.StatusOK
	if refused != nil {
		status, body = refused.status, refused.body()
	}
	answer.JSON(w, status, body)
}

// answer does what r asks for, if its caller may. Requests without a usable
// token count for nothing, so that whoever has none cannot throttle a vault.
func (v *Vault) answer(header http.Header, r *http.Request, keys jose.JSONWebKeySet) (any, *refusal) {
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
	segments := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	if segments[0] != "secrets" || len(segments) < 2 || len(segments) > 3 {
		return nil, &refusal{status: http.StatusNotFound, code: "NotFound", text: "The requested resource was not found."}
	}
	name, version := segments[1], ""
	if len(segments) == 3 {
		version = segments[2]
	}
	switch {
	case !validSecretName(name):
		return nil, badParameter("The request URI contains an invalid name: %s", name)
	case r.Method == http.MethodGet && version == "versions":
		return v.list(c, name)
	case r.Method == http.MethodGet:
		return v.get(c, name, version)
	case r.Method == http.MethodPut && version == "":
		return v.put(c, name, r)
	}
	return nil, &refusal{status: http.StatusMethodNotAllowed, code: "MethodNotAllowed",
		text: "The requested resource does not support http method '" + r.Method + "'."}
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
