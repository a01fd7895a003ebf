package entra

import (
	"net/http"
	"net/url"
	"slices"

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
	return d.configuration(r, c, c.IssuerV2, "/v2.0")
}

// openIDConfigurationV1 is the one for v1.0 tokens.
func (d *Directory) openIDConfigurationV1(r *http.Request, c cloud.Cloud) (any, *refusal) {
	return d.configuration(r, c, c.IssuerV1, "")
}

// configuration is a discovery document. Those of all tenants together name a
// placeholder for the tenant in the issuer.
func (d *Directory) configuration(r *http.Request, c cloud.Cloud, issuer func(string) string, version string) (any, *refusal) {
	name := r.PathValue("tenant")
	inIssuer := "{tenantid}"
	if !slices.Contains([]string{"common", "organizations"}, name) {
		tenant, ok := d.tenant(name, c)
		if !ok {
			refused := unknownTenant(name)
			refused.oauth = "invalid_tenant"
			return nil, refused
		}
		name, inIssuer = tenant.ID, tenant.ID
	}
	base := c.AuthorityURL() + name
	return map[string]any{
		"issuer":                                issuer(inIssuer),
		"authorization_endpoint":                base + "/oauth2" + version + "/authorize",
		"token_endpoint":                        base + "/oauth2" + version + "/token",
		"device_authorization_endpoint":         base + "/oauth2" + version + "/devicecode",
		"jwks_uri":                              base + "/discovery" + version + "/keys",
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
	if !slices.Contains([]string{"common", "organizations"}, r.PathValue("tenant")) {
		if _, refused := d.requestTenant(r, c); refused != nil {
			return nil, refused
		}
	}
	return d.Keys(), nil
}
