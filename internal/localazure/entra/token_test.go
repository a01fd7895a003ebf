package entra

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/workload-identity-quickstart/msal-go/internal/localazure/cloud"
	"github.com/workload-identity-quickstart/msal-go/internal/localazure/guid"
)

// verified verifies a token for audience with an independent implementation, which
// finds the keys through a discovery document of the directory.
func (f *fixture) verified(t *testing.T, token, issuer, audience string) tokenClaims {
	t.Helper()
	ctx := oidc.ClientContext(t.Context(), f.client)
	provider, err := oidc.NewProvider(ctx, issuer)
	if err != nil {
		t.Fatal(err)
	}
	verified, err := provider.Verifier(&oidc.Config{ClientID: audience}).Verify(ctx, token)
	if err != nil {
		t.Fatal(err)
	}
	var claims tokenClaims
	if err := verified.Claims(&claims); err != nil {
		t.Fatal(err)
	}
	return claims
}

const (
	issuerV1 = "https://sts.windows.net/" + tenantID + "/"
	issuerV2 = "https://login.microsoftonline.com/" + tenantID + "/v2.0"
)

// Two access tokens for Key Vault, of 2022 and 2025, that users published decoded
// have these claims: 3900 seconds from iat to exp among them.
func TestTokenForAMatchingAssertion(t *testing.T) {
	f := newFixture(t, Config{})
	var got tokenResponse
	resp := f.do(t, newTokenRequest(t, tokenURL, f.form(t)), &got)
	if resp.StatusCode != http.StatusOK || got.TokenType != "Bearer" || got.ExpiresIn != 3600 || got.ExtendedLifetime != 3600 || got.RefreshIn != 0 {
		t.Fatalf("status %d, %s, expires_in %d, ext_expires_in %d, refresh_in %d",
			resp.StatusCode, got.TokenType, got.ExpiresIn, got.ExtendedLifetime, got.RefreshIn)
	}
	parsed, err := jwt.ParseSigned(got.AccessToken, []jose.SignatureAlgorithm{jose.RS256})
	if err != nil {
		t.Fatal(err)
	}
	header := parsed.Headers[0]
	if header.ExtraHeaders["typ"] != "JWT" || header.KeyID == "" || header.ExtraHeaders["x5t"] != header.KeyID {
		t.Errorf("header: kid %q, %v", header.KeyID, header.ExtraHeaders)
	}
	claims := f.verified(t, got.AccessToken, issuerV1, "https://vault.azure.net")
	want := tokenClaims{
		Audience: "https://vault.azure.net", Issuer: issuerV1, IdentityProvider: issuerV1,
		ClientID: clientID, ClientAuth: "2", IDType: "app", ObjectID: objectID, Subject: objectID, TenantID: tenantID, Version: "1.0",
		IssuedAt: claims.IssuedAt, NotBefore: claims.IssuedAt, Expiry: claims.IssuedAt + 3900,
		Opaque: claims.Opaque, History: claims.History, UniqueID: claims.UniqueID,
	}
	if claims.Opaque == "" || claims.History == "" || claims.UniqueID == "" {
		t.Errorf("claims = %+v", claims)
	}
	if !reflect.DeepEqual(claims, want) {
		t.Errorf("claims = %+v\nwant %+v", claims, want)
	}
}

// The registration of an API decides about the version of its tokens, see
// https://learn.microsoft.com/entra/identity-platform/access-tokens#token-formats.
func TestTokenVersionIsThatOfTheResource(t *testing.T) {
	const apiID = "44444444-4444-4444-4444-444444444444"
	for version, test := range map[int]struct{ issuer, audience string }{
		0: {issuerV1, "api://orders"}, 1: {issuerV1, "api://orders"}, 2: {issuerV2, apiID},
	} {
		f := newFixture(t, Config{})
		if err := f.AddApplication(Application{ClientID: apiID, ObjectID: apiID, TenantID: tenantID,
			IdentifierURIs: []string{"api://orders"}, AccessTokenVersion: version}); err != nil {
			t.Fatal(err)
		}
		form := f.form(t)
		form.Set("scope", "api://orders/.default")
		var got tokenResponse
		f.do(t, newTokenRequest(t, tokenURL, form), &got)
		claims := f.verified(t, got.AccessToken, test.issuer, test.audience)
		if v1 := claims.Version == "1.0"; v1 == (version == 2) || v1 != (claims.ClientID == clientID) || v1 == (claims.ClientIDV2 == clientID) {
			t.Errorf("version %d: claims = %+v", version, claims)
		}
	}
}

// 86399 or 86400 seconds and xms_mirid are in recordings of tokens of managed
// identities; refresh_in is described at
// https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/managed-identity-best-practice-recommendations.
func TestTokenOfAManagedIdentity(t *testing.T) {
	const id = "/subscriptions/s/resourcegroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/i"
	f := newFixture(t, Config{})
	if err := f.AddApplication(Application{ClientID: otherID, ObjectID: objectID, TenantID: tenantID, ManagedIdentity: id,
		FederatedCredentials: []FederatedCredential{f.credential()}}); err != nil {
		t.Fatal(err)
	}
	form := f.form(t)
	form.Set("client_id", otherID)
	var got tokenResponse
	f.do(t, newTokenRequest(t, tokenURL, form), &got)
	claims := f.verified(t, got.AccessToken, issuerV1, "https://vault.azure.net")
	if got.ExpiresIn != 86400 || got.RefreshIn != 43200 || claims.ManagedIdentity != id || claims.Expiry-claims.IssuedAt != 86700 {
		t.Errorf("%d, %d, claims = %+v", got.ExpiresIn, got.RefreshIn, claims)
	}
}

func TestTokenRequestVariants(t *testing.T) {
	f := newFixture(t, Config{})
	for name, change := range map[string]func(url.Values){
		"scopes of OpenID Connect":   func(v url.Values) { v.Set("scope", v.Get("scope")+" openid offline_access profile") },
		"resource with a slash":      func(v url.Values) { v.Set("scope", "https://vault.azure.net//.default") },
		"resource by application id": func(v url.Values) { v.Set("scope", cloud.KeyVaultAppID+"/.default") },
		"client id in upper case":    func(v url.Values) { v.Set("client_id", strings.ToUpper(clientID)) },
		"unknown parameter":          func(v url.Values) { v.Set("client_info", "1") },
		"claims without capability":  func(v url.Values) { v.Set("claims", `{"access_token":{"nbf":{"value":"1"}}}`) },
	} {
		t.Run(name, func(t *testing.T) {
			form := f.form(t)
			change(form)
			var got tokenResponse
			if resp := f.do(t, newTokenRequest(t, tokenURL, form), &got); resp.StatusCode != http.StatusOK {
				t.Fatalf("status = %d", resp.StatusCode)
			}
			audience := strings.TrimSuffix(strings.Fields(form.Get("scope"))[0], "/.default")
			if claims := f.verified(t, got.AccessToken, issuerV1, audience); claims.ClientID != clientID || claims.Capabilities != nil {
				t.Errorf("claims = %+v", claims)
			}
		})
	}
}

func TestCapabilityIsReflected(t *testing.T) {
	f := newFixture(t, Config{})
	form := f.form(t)
	form.Set("claims", `{"access_token":{"xms_cc":{"values":["cp1"]}}}`)
	var got tokenResponse
	f.do(t, newTokenRequest(t, tokenURL, form), &got)
	if claims := f.verified(t, got.AccessToken, issuerV1, "https://vault.azure.net"); !slices.Equal(claims.Capabilities, []string{"CP1"}) {
		t.Errorf("xms_cc = %q, want CP1", claims.Capabilities)
	}
}

func TestRefreshIsAdvisedForLongLivedTokens(t *testing.T) {
	for lifetime, want := range map[time.Duration]int64{
		2*time.Hour - time.Second: 0,
		2 * time.Hour:             3600,
		24 * time.Hour:            43200,
	} {
		f := newFixture(t, Config{TokenLifetime: lifetime})
		var got tokenResponse
		f.do(t, newTokenRequest(t, tokenURL, f.form(t)), &got)
		if got.ExpiresIn != int64(lifetime.Seconds()) || got.RefreshIn != want {
			t.Errorf("%s: expires_in %d, refresh_in %d, want %d", lifetime, got.ExpiresIn, got.RefreshIn, want)
		}
	}
}

func TestTokenRequestRefusals(t *testing.T) {
	f := newFixture(t, Config{})
	const host = "https://login.microsoftonline.com/"
	set := func(key, value string) func(url.Values) { return func(v url.Values) { v.Set(key, value) } }
	for _, test := range []struct {
		name   string
		url    string // tokenURL unless set
		change func(url.Values)
		want   refusal
	}{
		{"no grant type", "", set("grant_type", ""), refusal{400, "invalid_request", 900144, "'grant_type'"}},
		{"other grant type", "", set("grant_type", "mine"), refusal{400, "unsupported_grant_type", 70003, "'mine'"}},
		{"grant type of users", "", set("grant_type", "password"), refusal{501, "not_implemented", 0, "localazure does not implement the grant type 'password'"}},
		{"no client id", "", set("client_id", ""), refusal{400, "invalid_request", 900144, "'client_id'"}},
		{"malformed client id", "", set("client_id", "me"), refusal{400, "invalid_request", 700038, "me is not a valid application identifier"}},
		{"empty client id", "", set("client_id", "00000000-0000-0000-0000-000000000000"), refusal{400, "invalid_request", 700038, "not a valid application"}},
		{"unknown client id", "", set("client_id", otherID),
			refusal{400, "unauthorized_client", 700016, "Application with identifier '" + otherID + "' was not found in the directory 'Contoso'"}},
		{"unknown tenant", host + otherID + "/oauth2/v2.0/token", nil, refusal{400, "invalid_request", 90002, "Tenant '" + otherID + "' not found"}},
		{"unknown domain", host + "contoso.com/oauth2/v2.0/token", nil, refusal{400, "invalid_request", 90002, "Tenant 'contoso.com' not found"}},
		{"malformed tenant", host + "contoso/oauth2/v2.0/token", nil, refusal{400, "invalid_request", 900023, "'contoso' is neither a valid DNS name"}},
		{"tenant of another cloud", "https://login.microsoftonline.us/" + tenantID + "/oauth2/v2.0/token", nil,
			refusal{400, "invalid_request", 90002, "signing into the correct cloud"}},
		{"no scope", "", set("scope", ""), refusal{400, "invalid_request", 90014, "'scope'"}},
		{"scope without .default", "", set("scope", "https://vault.azure.net/user_impersonation"),
			refusal{400, "invalid_scope", 1002012, "scope https://vault.azure.net/user_impersonation is not valid"}},
		{"only .default", "", set("scope", "/.default"), refusal{400, "invalid_scope", 1002012, "/.default suffixed"}},
		{"only openid", "", set("scope", "openid"), refusal{400, "invalid_scope", 1002012, "scope openid is not valid"}},
		{"two resources", "", set("scope", "https://vault.azure.net/.default https://graph.microsoft.com/.default"),
			refusal{400, "invalid_scope", 70011, "is not valid"}},
		{"unknown resource", "", set("scope", "https://vault.example/.default"),
			refusal{400, "invalid_resource", 500011, "resource principal named https://vault.example was not found in the tenant named Contoso"}},
		{"resource of another cloud", "", set("scope", "https://vault.azure.cn/.default"), refusal{400, "invalid_resource", 500011, "https://vault.azure.cn"}},
		{"no assertion", "", set("client_assertion", ""), refusal{401, "invalid_client", 7000218, "'client_assertion' or 'client_secret'"}},
		{"no assertion type", "", set("client_assertion_type", ""), refusal{400, "invalid_request", 900144, "'client_assertion_type'"}},
		{"other assertion type", "", set("client_assertion_type", strings.ToUpper(assertionType)),
			refusal{400, "invalid_request", 90011, "Unexpected client assertion type."}},
		{"claims that are not JSON", "", set("claims", "{"), refusal{400, "invalid_request", 9002313, "malformed or invalid"}},
		{"a parameter twice", "", func(v url.Values) { v.Add("scope", "x") }, refusal{400, "invalid_request", 9002313, "malformed or invalid"}},
		{"too long", "", set("x", strings.Repeat("x", maxForm)), refusal{400, "invalid_request", 9002313, "malformed or invalid"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			form := f.form(t)
			if test.change != nil {
				test.change(form)
			}
			target := test.url
			if target == "" {
				target = tokenURL
			}
			var got errorBody
			resp := f.do(t, newTokenRequest(t, target, form), &got)
			refused(t, resp, got, test.want)
			for _, secret := range form["client_assertion"] {
				if secret != "" && strings.Contains(got.Description, secret) {
					t.Error("the error repeats the assertion")
				}
			}
		})
	}
}

func TestTokenEndpointTakesFormsByPostOnly(t *testing.T) {
	f := newFixture(t, Config{})
	req := newTokenRequest(t, tokenURL, f.form(t))
	req.Header.Set("Content-Type", "application/json")
	var got errorBody
	refused(t, f.do(t, req, &got), got, refusal{400, "invalid_request", 900144, "'grant_type'"})

	got = errorBody{}
	refused(t, f.get(t, tokenURL, &got), got, refusal{405, "invalid_request", 900561, "only accepts POST requests. Received a GET request."})

	req = newTokenRequest(t, tokenURL, nil)
	req.Body = http.NoBody
	req.URL.RawQuery = f.form(t).Encode() // parameters do not belong into the URL
	got = errorBody{}
	refused(t, f.do(t, req, &got), got, refusal{400, "invalid_request", 900144, "'grant_type'"})
}

func TestErrorsCarryTheirIdentifiers(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	f := newFixture(t, Config{Now: func() time.Time { return at }})
	const correlationID = "12345678-1234-1234-1234-123456789abc"
	req := newTokenRequest(t, tokenURL, nil)
	req.Header.Set("client-request-id", correlationID)
	var got errorBody
	resp := f.do(t, req, &got)
	if !guid.Valid(got.TraceID) || resp.Header.Get("x-ms-request-id") != got.TraceID {
		t.Errorf("trace_id %q, x-ms-request-id %q", got.TraceID, resp.Header.Get("x-ms-request-id"))
	}
	want := errorBody{
		Error: "invalid_request", Codes: got.Codes, TraceID: got.TraceID, CorrelationID: correlationID,
		Description: "AADSTS900144: The request body must contain the following parameter: 'grant_type'. Trace ID: " + got.TraceID +
			" Correlation ID: " + correlationID + " Timestamp: 2026-01-02 03:04:05Z",
		Timestamp: "2026-01-02 03:04:05Z", URI: "https://login.microsoftonline.com/error?code=900144",
	}
	if got.Error != want.Error || got.Description != want.Description || got.Timestamp != want.Timestamp ||
		got.CorrelationID != want.CorrelationID || got.URI != want.URI {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
	req = newTokenRequest(t, tokenURL, nil)
	req.Header.Set("client-request-id", "<script>")
	f.do(t, req, &got)
	if !guid.Valid(got.CorrelationID) {
		t.Errorf("correlation_id = %q, want a GUID", got.CorrelationID)
	}
}

func FuzzTokenRequest(f *testing.F) {
	directory, err := New(Config{})
	if err != nil {
		f.Fatal(err)
	}
	if err := directory.AddTenant(Tenant{ID: tenantID, Cloud: cloud.Public()}); err != nil {
		f.Fatal(err)
	}
	if err := directory.AddApplication(Application{ClientID: clientID, ObjectID: objectID, TenantID: tenantID}); err != nil {
		f.Fatal(err)
	}
	const good = "grant_type=client_credentials&client_id=" + clientID + "&scope=https%3A%2F%2Fvault.azure.net%2F.default&client_assertion_type=" +
		"urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer&client_assertion="
	// Header and claims are {"alg":"RS256","kid":"k"} and iss, sub, aud and exp.
	f.Add(tenantID, "application/x-www-form-urlencoded", good+"eyJhbGciOiJSUzI1NiIsImtpZCI6ImsifQ.eyJpc3MiOiJpIiwic3ViIjoicyIsImF1ZCI6ImEiLCJleHAiOjF9.AA")
	f.Add(tenantID, "application/x-www-form-urlencoded", good+"a.b.c")
	f.Add("common", "application/x-www-form-urlencoded;charset=x", "%zz")
	f.Add("", "", "")
	f.Fuzz(func(t *testing.T, tenant, contentType, body string) {
		target := (&url.URL{Scheme: "https", Host: "login.microsoftonline.com"}).JoinPath(url.PathEscape(tenant), "oauth2/v2.0/token")
		req := httptest.NewRequestWithContext(context.Background(), http.MethodPost, target.String(), strings.NewReader(body))
		req.Header.Set("Content-Type", contentType)
		answer := httptest.NewRecorder()
		directory.ServeHTTP(answer, req)
		if answer.Code == http.StatusTemporaryRedirect || answer.Code == http.StatusMovedPermanently {
			return // the path was cleaned
		}
		var got errorBody
		decode(t, answer.Body.Bytes(), &got)
		if answer.Code < 400 || got.Error == "" || (answer.Code == http.StatusNotImplemented) != (len(got.Codes) == 0) {
			t.Errorf("status %d, %+v", answer.Code, got)
		}
	})
}
