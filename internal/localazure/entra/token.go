package entra

import (
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/workload-identity-quickstart/msal-go/internal/localazure/cloud"
	"github.com/workload-identity-quickstart/msal-go/internal/localazure/guid"
)

const (
	// assertionType is the only kind of client assertion, RFC 7523 section 2.2.
	assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
	// defaultScope asks for all that was granted to an application beforehand.
	defaultScope = "/.default"
	// refreshAdvice is the shortest lifetime for which a client is told to ask
	// for the next token early, at half of it.
	refreshAdvice = 2 * time.Hour
	// maxForm bounds a token request.
	maxForm = 64 << 10
)

// tokenResponse is RFC 6749 section 5.1 with Entra ID's additions.
type tokenResponse struct {
	TokenType        string `json:"token_type"`
	ExpiresIn        int64  `json:"expires_in"`
	ExtendedLifetime int64  `json:"ext_expires_in"`
	RefreshIn        int64  `json:"refresh_in,omitempty"`
	AccessToken      string `json:"access_token"`
}

// token is the token endpoint for the client credentials grant with a federated
// credential, see
// https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow#third-case-access-token-request-with-a-federated-credential.
func (d *Directory) token(r *http.Request, c cloud.Cloud) (any, *refusal) {
	form, refused := readForm(r)
	if refused != nil {
		return nil, refused
	}
	tenant, refused := d.requestTenant(r, c)
	if refused != nil {
		return nil, refused
	}
	switch grant := form.Get("grant_type"); grant {
	case "client_credentials":
	case "":
		return nil, missingParameter("grant_type")
	default:
		return nil, refuse(http.StatusBadRequest, "unsupported_grant_type", 70003,
			"The app requested an unsupported grant type '%s'.", grant)
	}
	app, refused := d.requestApplication(form.Get("client_id"), tenant)
	if refused != nil {
		return nil, refused
	}
	capabilities, refused := clientCapabilities(form.Get("claims"))
	if refused != nil {
		return nil, refused
	}
	audience, refused := resource(form.Get("scope"), tenant)
	if refused != nil {
		return nil, refused
	}
	if form.Get("client_assertion") == "" {
		return nil, invalidClient(7000218, "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.")
	}
	switch form.Get("client_assertion_type") {
	case assertionType:
	case "":
		return nil, missingParameter("client_assertion_type")
	default:
		return nil, badRequest(90011, "Unexpected client assertion type.")
	}
	if refused := d.checkAssertion(r.Context(), app, form.Get("client_assertion")); refused != nil {
		return nil, refused
	}
	token, err := d.issue(app, tenant, audience, capabilities)
	if err != nil {
		return nil, refuse(http.StatusInternalServerError, "server_error", 90033, "A transient error has occurred. Please try again.")
	}
	seconds := int64(d.lifetime / time.Second)
	response := tokenResponse{TokenType: "Bearer", ExpiresIn: seconds, ExtendedLifetime: seconds, AccessToken: token}
	if d.lifetime >= refreshAdvice {
		response.RefreshIn = seconds / 2
	}
	return response, nil
}

// readForm reads the parameters from the body alone. A body of another content
// type has none, which Entra ID reports as the first parameter it misses.
func readForm(r *http.Request) (url.Values, *refusal) {
	malformed := badRequest(9002313, "Invalid request. Request is malformed or invalid.")
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/x-www-form-urlencoded" {
		return nil, missingParameter("grant_type")
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxForm+1))
	if err != nil || len(body) > maxForm {
		return nil, malformed
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, malformed
	}
	for _, values := range form {
		if len(values) > 1 { // RFC 6749 section 3.2
			return nil, malformed
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
	if !ok {
		return Application{}, refuse(http.StatusBadRequest, "unauthorized_client", 700016,
			"Application with identifier '%s' was not found in the directory '%s'. This can happen if the application "+
				"has not been installed by the administrator of the tenant or consented to by any user in the tenant. "+
				"You may have sent your authentication request to the wrong tenant.", clientID, t.ID)
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
		return nil, badRequest(9002313, "Invalid request. Request is malformed or invalid. The 'claims' parameter is not valid JSON.")
	}
	if slices.ContainsFunc(request.AccessToken.Capabilities.Values, func(v string) bool { return strings.EqualFold(v, "cp1") }) {
		return []string{"CP1"}, nil
	}
	return nil, nil
}

// resource returns the application id of the resource that scope asks for.
func resource(scope string, t Tenant) (string, *refusal) {
	invalid := func(code int, format string) *refusal {
		return refuse(http.StatusBadRequest, "invalid_scope", code, format, scope)
	}
	fields := strings.Fields(scope)
	if len(fields) == 0 {
		return "", missingParameter("scope")
	}
	// MSAL adds the scopes of OpenID Connect; without a user they mean nothing.
	fields = slices.DeleteFunc(fields, func(s string) bool {
		return slices.Contains([]string{"openid", "profile", "email", "offline_access"}, s)
	})
	if len(fields) > 1 {
		return "", invalid(70011, "The provided request must include a 'scope' input parameter. The provided value for "+
			"the input parameter 'scope' is not valid. The scope %s is not valid.")
	}
	name, ok := strings.CutSuffix(strings.Join(fields, ""), defaultScope)
	if !ok || name == "" {
		return "", invalid(1002012, "The provided value for scope %s is not valid. Client credential flows must have a "+
			"scope value with /.default suffixed to the resource identifier (application ID URI).")
	}
	if appID, ok := t.Cloud.Resource(name); ok {
		return appID, nil
	}
	return "", refuse(http.StatusBadRequest, "invalid_resource", 500011,
		"The resource principal named %s was not found in the tenant named %s. This can happen if the application has "+
			"not been installed by the administrator of the tenant or consented to by any user in the tenant. You might "+
			"have sent your authentication request to the wrong tenant.", name, t.ID)
}
