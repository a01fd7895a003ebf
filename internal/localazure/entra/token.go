package entra

import (
	"cmp"
	"net/http"
	"slices"
	"time"

	"github.com/workload-identity-quickstart/msal-go/internal/localazure/cloud"
)

const (
	// assertionType is the only kind of client assertion, RFC 7523 section 2.2.
	assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
	// refreshAdvice is the shortest lifetime for which a client is told to ask
	// for the next token early, at half of it.
	refreshAdvice = 2 * time.Hour
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
	switch form.Get("grant_type") {
	case "refresh_token", "device_code", "urn:ietf:params:oauth:grant-type:device_code":
		return d.userToken(r, c, form)
	}
	if slices.Contains([]string{"common", "organizations", "consumers"}, r.PathValue("tenant")) {
		return nil, badRequest(50059, "No tenant-identifying information found in either the request or implied by any provided credentials.")
	}
	tenant, refused := d.requestTenant(r, c)
	if refused != nil {
		return nil, refused
	}
	switch grant := form.Get("grant_type"); grant {
	case "client_credentials":
	case "authorization_code", "password", "urn:ietf:params:oauth:grant-type:jwt-bearer":
		return nil, notImplemented("the grant type '%s'", grant)
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
	audience, refused := d.requestResource(form.Get("scope"), tenant, app)
	if refused != nil {
		return nil, refused
	}
	if form.Get("client_assertion") == "" && form.Get("client_secret") != "" {
		return nil, invalidClient(7000215, "Invalid client secret provided. Ensure the secret being sent in the request is the "+
			"client secret value, not the client secret ID, for a secret added to app '%s'.", app.ClientID)
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
	lifetime := cmp.Or(d.lifetime, DefaultTokenLifetime)
	if d.lifetime == 0 && app.ManagedIdentity != "" {
		lifetime = ManagedIdentityTokenLifetime
	}
	token, err := d.issue(app, tenant, audience, lifetime, capabilities)
	if err != nil {
		return nil, serverError()
	}
	seconds := int64(lifetime / time.Second)
	response := tokenResponse{TokenType: "Bearer", ExpiresIn: seconds, ExtendedLifetime: seconds, AccessToken: token}
	if lifetime >= refreshAdvice {
		response.RefreshIn = seconds / 2
	}
	return response, nil
}
