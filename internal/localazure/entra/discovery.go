package entra

import (
	"net/http"
	"net/url"

	"github.com/workload-identity-quickstart/msal-go/internal/localazure/cloud"
)

// instanceMetadata says which hosts are the same Entra ID.
type instanceMetadata struct {
	PreferredNetwork string   `json:"preferred_network"`
	PreferredCache   string   `json:"preferred_cache"`
	Aliases          []string `json:"aliases"`
}

// instanceDiscovery tells a client whether the authority it was configured with
// is one, and all that are. MSAL asks before the first token, unless told not to.
func (d *Directory) instanceDiscovery(r *http.Request, _ cloud.Cloud) (any, *refusal) {
	query := r.URL.Query()
	switch query.Get("api-version") {
	case "1.0", "1.1":
	case "":
		return nil, missingParameter("api-version")
	default:
		return nil, malformedRequest()
	}
	endpoint, err := url.Parse(query.Get("authorization_endpoint"))
	if err != nil || endpoint.Scheme != "https" {
		return nil, invalidInstance()
	}
	of, ok := cloud.ForAuthority(endpoint.Hostname())
	if !ok {
		return nil, invalidInstance()
	}
	var metadata []instanceMetadata
	for _, c := range cloud.All() {
		preferredCache := c.AuthorityHost
		if c.Name == "public" {
			preferredCache = "login.windows.net"
		}
		metadata = append(metadata, instanceMetadata{
			PreferredNetwork: c.AuthorityHost,
			PreferredCache:   preferredCache,
			Aliases:          append([]string{c.AuthorityHost}, c.Aliases...),
		})
	}
	tenant := firstSegment(endpoint.Path)
	return map[string]any{
		"tenant_discovery_endpoint": of.AuthorityURL() + tenant + "/v2.0/.well-known/openid-configuration",
		"api-version":               query.Get("api-version"),
		"metadata":                  metadata,
	}, nil
}

func invalidInstance() *refusal {
	return refuse(http.StatusBadRequest, "invalid_instance", 50049, "Unknown or invalid instance.")
}

// openIDConfiguration is the discovery document of a tenant, see
// https://learn.microsoft.com/entra/identity-platform/v2-protocols-oidc#sample-response.
func (d *Directory) openIDConfiguration(r *http.Request, c cloud.Cloud) (any, *refusal) {
	tenant, refused := d.requestTenant(r, c)
	if refused != nil {
		return nil, refused
	}
	base := c.AuthorityURL() + tenant.ID
	return map[string]any{
		"issuer":                                c.Issuers(tenant.ID)[0],
		"authorization_endpoint":                base + "/oauth2/v2.0/authorize",
		"token_endpoint":                        base + "/oauth2/v2.0/token",
		"jwks_uri":                              base + "/discovery/v2.0/keys",
		"token_endpoint_auth_methods_supported": []string{"client_secret_post", "private_key_jwt", "client_secret_basic"},
		"response_modes_supported":              []string{"query", "fragment", "form_post"},
		"response_types_supported":              []string{"code", "id_token", "code id_token", "id_token token"},
		"subject_types_supported":               []string{"pairwise"},
		"id_token_signing_alg_values_supported": []string{"RS256"},
		"scopes_supported":                      []string{"openid", "profile", "email", "offline_access"},
		"cloud_instance_name":                   c.InstanceName,
	}, nil
}

// keys are the same in every tenant, and at "common".
func (d *Directory) keys(r *http.Request, c cloud.Cloud) (any, *refusal) {
	if r.PathValue("tenant") != "common" {
		if _, refused := d.requestTenant(r, c); refused != nil {
			return nil, refused
		}
	}
	return d.Keys(), nil
}
