package entra

import (
	"crypto/tls"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/workload-identity-quickstart/msal-go/internal/localazure/cloud"
	"github.com/workload-identity-quickstart/msal-go/internal/localazure/issuer"
)

func testTLS(cert *tls.Certificate) *tls.Config {
	return &tls.Config{Certificates: []tls.Certificate{*cert}}
}

func TestInstanceDiscovery(t *testing.T) {
	f := newFixture(t, Config{})
	const path = "/common/discovery/instance?api-version=1.1&authorization_endpoint="
	for host, preferred := range map[string]string{
		"login.microsoftonline.com":        "login.microsoftonline.com",
		"sts.windows.net":                  "login.microsoftonline.com",
		"login.microsoftonline.us":         "login.microsoftonline.us",
		"login.partner.microsoftonline.cn": "login.partner.microsoftonline.cn",
	} {
		var got struct {
			Endpoint string             `json:"tenant_discovery_endpoint"`
			Metadata []instanceMetadata `json:"metadata"`
		}
		f.get(t, "https://login.microsoftonline.com"+path+"https://"+host+"/"+tenantID+"/oauth2/v2.0/authorize", &got)
		if want := "https://" + preferred + "/" + tenantID + "/v2.0/.well-known/openid-configuration"; got.Endpoint != want {
			t.Errorf("%s: endpoint = %q, want %q", host, got.Endpoint, want)
		}
		found := false
		for _, m := range got.Metadata {
			for _, alias := range m.Aliases {
				found = found || alias == host && m.PreferredNetwork == preferred
			}
		}
		if !found || len(got.Metadata) != len(cloud.All()) {
			t.Errorf("%s: metadata = %+v", host, got.Metadata)
		}
	}
	for url, want := range map[string]refusal{
		"https://login.microsoftonline.com" + path + "https://login.example/x/oauth2/v2.0/authorize": {400, "invalid_instance", 50049, "Unknown or invalid instance."},
		"https://login.microsoftonline.com" + path + "http://login.microsoftonline.com/x":            {400, "invalid_instance", 50049, "instance"},
		"https://login.microsoftonline.com" + path:                                                   {400, "invalid_instance", 50049, "instance"},
		"https://login.microsoftonline.com/common/discovery/instance":                                {400, "invalid_request", 900144, "api-version"},
		"https://login.microsoftonline.com/common/discovery/instance?api-version=9":                  {400, "invalid_request", 9002313, "malformed"},
		"https://login.example/common/discovery/instance?api-version=1.1":                            {400, "invalid_instance", 50049, "instance"},
		"https://login.microsoftonline.com/nothing/here":                                             {501, "not_implemented", 0, "localazure does not implement GET /nothing/here"},
	} {
		var got errorBody
		refused(t, f.get(t, url, &got), got, want)
	}
}

func TestOpenIDConfigurationAndKeys(t *testing.T) {
	f := newFixture(t, Config{})
	var document struct {
		Issuer        string `json:"issuer"`
		TokenEndpoint string `json:"token_endpoint"`
		KeysURL       string `json:"jwks_uri"`
	}
	f.get(t, "https://sts.windows.net/"+strings.ToUpper(tenantID)+"/v2.0/.well-known/openid-configuration", &document)
	if document.Issuer != "https://login.microsoftonline.com/"+tenantID+"/v2.0" || document.TokenEndpoint != tokenURL {
		t.Errorf("document = %+v", document)
	}
	for _, url := range []string{document.KeysURL, "https://login.microsoftonline.com/common/discovery/v2.0/keys"} {
		var keys jose.JSONWebKeySet
		f.get(t, url, &keys)
		if len(keys.Keys) != 1 || keys.Keys[0].KeyID == "" || !keys.Keys[0].IsPublic() || len(keys.Keys[0].Certificates) != 1 {
			t.Errorf("%s: want one public key with a certificate", url)
		}
	}
	for path, issuer := range map[string]string{
		"common/v2.0/":        "https://login.microsoftonline.com/{tenantid}/v2.0",
		"organizations/v2.0/": "https://login.microsoftonline.com/{tenantid}/v2.0",
		"organizations/":      "https://sts.windows.net/{tenantid}/",
		tenantID + "/":        "https://sts.windows.net/" + tenantID + "/",
	} {
		resp := f.get(t, "https://login.microsoftonline.com/"+path+".well-known/openid-configuration", &document)
		if document.Issuer != issuer || resp.Header.Get("Cache-Control") != "max-age=86400, private" {
			t.Errorf("%s: issuer %q, %q", path, document.Issuer, resp.Header)
		}
		var keys jose.JSONWebKeySet
		if f.get(t, document.KeysURL, &keys); len(keys.Keys) != 1 {
			t.Errorf("%s: no key at %s", path, document.KeysURL)
		}
	}
	var got errorBody
	refused(t, f.get(t, "https://login.microsoftonline.com/"+otherID+"/discovery/v2.0/keys", &got), got, refusal{400, "invalid_request", 90002, otherID})
}

func TestModelRefuses(t *testing.T) {
	f := newFixture(t, Config{})
	good := f.credential()
	change := func(edit func(*FederatedCredential)) error {
		c := good
		c.Name, c.Subject = "new", "new"
		edit(&c)
		return f.AddFederatedCredential(clientID, c)
	}
	many := Application{ClientID: otherID, ObjectID: objectID, TenantID: tenantID}
	for i := range maxFederatedCredentials + 1 {
		c := good
		c.Name = strings.Repeat("n", i+1)
		c.Subject = c.Name
		many.FederatedCredentials = append(many.FederatedCredentials, c)
	}
	for want, err := range map[string]error{
		"is not a GUID":                 f.AddTenant(Tenant{ID: "contoso", Cloud: cloud.Public()}),
		"version 3 is neither 1 nor 2":  f.AddApplication(Application{ClientID: otherID, ObjectID: objectID, TenantID: tenantID, AccessTokenVersion: 3}),
		"has no cloud":                  f.AddTenant(Tenant{ID: otherID}),
		"tenant " + tenantID:            f.AddTenant(Tenant{ID: tenantID, Cloud: cloud.China()}),
		`client id "a" is not a GUID`:   f.AddApplication(Application{ClientID: "a", ObjectID: objectID, TenantID: tenantID}),
		`object id "b" is not a GUID`:   f.AddApplication(Application{ClientID: otherID, ObjectID: "b", TenantID: tenantID}),
		"does not exist":                f.AddApplication(Application{ClientID: otherID, ObjectID: objectID, TenantID: otherID}),
		"exists already":                f.AddApplication(Application{ClientID: clientID, ObjectID: objectID, TenantID: tenantID}),
		"already has 20":                f.AddApplication(many),
		"not an https URL":              change(func(c *FederatedCredential) { c.Issuer = "http://issuer.example" }),
		"must not be empty":             change(func(c *FederatedCredential) { c.Audience = "" }),
		"the name is taken":             change(func(c *FederatedCredential) { c.Name = "fic" }),
		"has the same issuer and":       change(func(c *FederatedCredential) { c.Subject = good.Subject }),
		"no federated identity cred":    f.RemoveFederatedCredential(clientID, "none"),
		"application \"x\" does not":    f.RemoveFederatedCredential("x", "fic"),
		"application \"y\" does not ex": f.AddFederatedCredential("y", good),
		`URI "orders" is not a URI`:     f.AddApplication(Application{ClientID: otherID, ObjectID: objectID, TenantID: tenantID, IdentifierURIs: []string{"orders"}}),
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error = %v, want %q in it", err, want)
		}
	}
	if _, err := New(Config{TokenLifetime: -time.Second}); err == nil {
		t.Error("no error for a negative token lifetime")
	}
	if resp, _ := f.present(t, f.assertion(t, issuer.TokenOptions{})); resp.StatusCode != http.StatusOK {
		t.Errorf("after what was refused: status %d", resp.StatusCode)
	}
}
