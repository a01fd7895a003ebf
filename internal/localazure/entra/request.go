package entra

import (
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/workload-identity-quickstart/msal-go/internal/localazure/guid"
)

const (
	// defaultScope asks for all that was granted to an application beforehand.
	defaultScope = "/.default"
	// maxForm bounds a token request.
	maxForm = 64 << 10
)

// readForm reads the parameters from the body alone. A body of another content
// type has none, which Entra ID reports as the first parameter it misses.
func readForm(r *http.Request) (url.Values, *refusal) {
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/x-www-form-urlencoded" {
		return nil, missingParameter("grant_type")
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxForm+1))
	if err != nil || len(body) > maxForm {
		return nil, malformedRequest()
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, malformedRequest()
	}
	for _, values := range form {
		if len(values) > 1 { // RFC 6749 section 3.2
			return nil, malformedRequest()
		}
	}
	return form, nil
}

func (d *Directory) requestApplication(clientID string, t Tenant) (Application, *refusal) {
	switch {
	case clientID == "":
		return Application{}, missingParameter("client_id")
	case !guid.Valid(clientID), strings.Trim(clientID, "0-") == "":
		return Application{}, badRequest(700038, "%s is not a valid application identifier.", clientID)
	}
	app, ok := d.application(clientID, t)
	if ok && app.NoServicePrincipal {
		return Application{}, invalidClient(7000229, "The client application %s is missing service principal in the tenant %s. "+
			"See instructions here: https://go.microsoft.com/fwlink/?linkid=2225119", app.ClientID, t.ID)
	}
	if !ok {
		return Application{}, refuse(http.StatusBadRequest, "unauthorized_client", 700016,
			"Application with identifier '%s' was not found in the directory '%s'. This can happen if the application "+
				"has not been installed by the administrator of the tenant or consented to by any user in the tenant. "+
				"You may have sent your authentication request to the wrong tenant.", clientID, t.Name)
	}
	return app, nil
}

// clientCapabilities reads what a client declares in its claims request, see
// https://learn.microsoft.com/entra/identity-platform/claims-challenge#client-capabilities.
func clientCapabilities(claims string) ([]string, *refusal) {
	if claims == "" {
		return nil, nil
	}
	var request struct {
		AccessToken struct {
			Capabilities struct {
				Values []string `json:"values"`
			} `json:"xms_cc"`
		} `json:"access_token"`
	}
	if err := json.Unmarshal([]byte(claims), &request); err != nil {
		return nil, malformedRequest()
	}
	if slices.ContainsFunc(request.AccessToken.Capabilities.Values, func(v string) bool { return strings.EqualFold(v, "cp1") }) {
		return []string{"CP1"}, nil
	}
	return nil, nil
}

// resource is what a token is for, and what its bearer may do there.
type resource struct {
	audience string // of the token
	version  int    // of the token
	roles    []string
}

// requestResource finds the resource that scope asks for on client's behalf.
func (d *Directory) requestResource(scope string, t Tenant, client Application) (resource, *refusal) {
	invalid := func(code int, format string) (resource, *refusal) {
		return resource{}, refuse(http.StatusBadRequest, "invalid_scope", code, format, scope)
	}
	fields := strings.Fields(scope)
	if len(fields) == 0 {
		return resource{}, missingField("scope")
	}
	// MSAL adds the scopes of OpenID Connect; without a user they mean nothing.
	fields = slices.DeleteFunc(fields, func(s string) bool {
		return slices.Contains([]string{"openid", "profile", "email", "offline_access"}, s)
	})
	if len(fields) > 1 {
		return invalid(70011, "The provided request must include a 'scope' input parameter. The provided value for "+
			"the input parameter 'scope' is not valid. The scope %s is not valid.")
	}
	name, ok := strings.CutSuffix(strings.Join(fields, ""), defaultScope)
	if !ok || name == "" {
		return invalid(1002012, "The provided value for scope %s is not valid. Client credential flows must have a "+
			"scope value with /.default suffixed to the resource identifier (application ID URI).")
	}
	if found, ok := d.resource(name, t, client); ok {
		return found, nil
	}
	return resource{}, refuse(http.StatusBadRequest, "invalid_resource", 500011,
		"The resource principal named %s was not found in the tenant named %s. This can happen if the application has "+
			"not been installed by the administrator of the tenant or consented to by any user in the tenant. You might "+
			"have sent your authentication request to the wrong tenant.", name, t.Name)
}
