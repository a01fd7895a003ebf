package entra

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/workload-identity-quickstart/msal-go/internal/localazure/issuer"
)

// TestRecordedErrors compares whole errors with what the service sent to others.
func TestRecordedErrors(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	f := newFixture(t, Config{Now: func() time.Time { return now }})
	aad := f.credential()
	aad.Name, aad.Issuer = "aad", "https://login.microsoftonline.com/"+tenantID+"/v2.0"
	unreachable := f.credential()
	unreachable.Name, unreachable.Issuer = "unreachable", "https://127.0.0.1:1"
	for _, c := range []FederatedCredential{aad, unreachable} {
		if err := f.AddFederatedCredential(clientID, c); err != nil {
			t.Fatal(err)
		}
	}
	const bare, unregistered = "66666666-6666-6666-6666-666666666666", "77777777-7777-7777-7777-777777777777"
	for _, app := range []Application{
		{ClientID: bare, Name: "without-credential", ObjectID: objectID, TenantID: tenantID},
		{ClientID: unregistered, ObjectID: objectID, TenantID: tenantID, NoServicePrincipal: true},
	} {
		if err := f.AddApplication(app); err != nil {
			t.Fatal(err)
		}
	}
	claims := func(name string, value any) issuer.TokenOptions {
		return issuer.TokenOptions{NotBefore: now, Claims: map[string]any{name: value}}
	}
	presented := func(o issuer.TokenOptions) string {
		if o.NotBefore.IsZero() {
			o.NotBefore = now
		}
		return f.assertion(t, o)
	}
	for _, test := range []struct {
		name   string
		change map[string]string // of the request's form
		status int
		oauth  string
		want   string // up to the trace id
	}{
		// AADSTS70025 as in GitHub Actions' annotations of 2026, code index 71567973386,
		// and 12843078647 of 2025.
		{"no credential", map[string]string{"client_id": bare, "client_assertion": presented(issuer.TokenOptions{})}, 401, "invalid_client",
			"AADSTS70025: The client '" + bare + "'(without-credential) has no configured federated identity credentials."},
		// azwi's sample of 2025-07-01, code index 7890018554; azure-workload-identity#1200.
		{"issuer", map[string]string{"client_assertion": presented(claims("iss", "https://other.example/"))}, 401, "invalid_client",
			"AADSTS700211: No matching federated identity record found for presented assertion issuer 'https://other.example/'. " +
				"Please check your federated identity credential Subject, Audience and Issuer against the presented assertion. " +
				"https://learn.microsoft.com/entra/workload-id/workload-identity-federation"},
		// A fixture of a Java project of 2024-04, code index 11907691980, whose link is still
		// that of docs.microsoft.com.
		{"audience", map[string]string{"client_assertion": presented(issuer.TokenOptions{Audience: "my.audience"})}, 401, "invalid_client",
			"AADSTS700212: No matching federated identity record found for presented assertion audience 'my.audience'. " +
				"Please check your federated identity credential Subject, Audience and Issuer against the presented assertion. " +
				"https://learn.microsoft.com/entra/workload-id/workload-identity-federation"},
		// Logs of Terraform of 2026-01 and 2026-02.
		{"subject", map[string]string{"client_assertion": presented(issuer.TokenOptions{Subject: "other"})}, 401, "invalid_client",
			"AADSTS700213: No matching federated identity record found for presented assertion subject 'other'. " +
				"Check your federated identity credential Subject, Audience and Issuer against the presented assertion. " +
				"https://learn.microsoft.com/entra/workload-id/workload-identity-federation"},
		// https://github.com/Azure/login/issues/515 of 2025-02.
		{"subject's case", map[string]string{"client_assertion": presented(issuer.TokenOptions{Subject: strings.ToUpper(issuer.DefaultSubject)})}, 401, "invalid_client",
			"AADSTS7002138: No matching federated identity record found for presented assertion subject '" + strings.ToUpper(issuer.DefaultSubject) + "'. " +
				"The subject matches with case-insensitive comparison, but not with case-sensitive comparison. " +
				"Check your federated identity credential Subject, Audience and Issuer against the presented assertion. " +
				"See documentation at: https://learn.microsoft.com/entra/workload-id/workload-identity-federation. " +
				"See breaking change notification and remediation at: " +
				"https://learn.microsoft.com/en-us/entra/identity-platform/reference-breaking-changes#august-2024."},
		// https://github.com/AzureAD/microsoft-identity-web/issues/3467 of 2025-09 quotes the
		// beginning for ES256; the whole, for HS256, is in MSAL.NET's MockHelpers of 2023-12,
		// code index 5250079374.
		{"ES256", map[string]string{"client_assertion": signedWith(t, jose.ES256)}, 401, "invalid_client",
			"AADSTS5002738: Invalid JWT token. 'ES256' is not a supported signature algorithm. Supported signing algorithms are: 'RS256,RS384,RS512'"},
		{"HS256", map[string]string{"client_assertion": signedWith(t, jose.HS256)}, 401, "invalid_client",
			"AADSTS5002738: Invalid JWT token. 'HS256' is not a supported signature algorithm. Supported signing algorithms are: 'RS256,RS384,RS512'"},
		// MSAL.NET's MockHelpers, as above.
		{"no issuer", map[string]string{"client_assertion": presented(claims("iss", nil))}, 400, "invalid_request",
			"AADSTS90014: The required field 'iss' is missing from the credential. Ensure that you have all the necessary parameters for the login request."},
		{"no audience", map[string]string{"client_assertion": presented(claims("aud", nil))}, 400, "invalid_request",
			"AADSTS90014: The required field 'aud' is missing from the credential. Ensure that you have all the necessary parameters for the login request."},
		// The same, with the link of https://github.com/AzureAD/microsoft-authentication-library-for-java/issues/984
		// of 2025-08.
		{"no expiry", map[string]string{"client_assertion": presented(claims("exp", nil))}, 401, "invalid_client",
			"AADSTS700024: Client assertion is not within its valid time range. Current time: 2026-01-02T03:04:05.0000000Z, " +
				"assertion valid from 2026-01-02T03:04:05.0000000Z, expiry time of assertion 1970-01-01T00:00:00.0000000Z. " +
				"Review the documentation at https://learn.microsoft.com/entra/identity-platform/certificate-credentials ."},
		// Code index 25273136012 of 2022-12; oidc-cli#7 of 2025-04.
		{"no scope", map[string]string{"scope": ""}, 400, "invalid_request",
			"AADSTS90014: The required field 'scope' is missing from the credential. Ensure that you have all the necessary parameters for the login request."},
		// https://github.com/Azure/azure-workload-identity/issues/616 has an empty identifier;
		// issue 1232 has the text with one.
		{"no key id", map[string]string{"client_assertion": withoutKeyID(t, f)}, 401, "invalid_client",
			"AADSTS7000272: The certificate with identifier  used to sign the federated credential could not be found in the metadata of identity provider " +
				f.issuer.URL() + ". Please validate that your Identity Provider's metadata exposes the key used to sign the incoming token."},
		// https://azure.github.io/azure-workload-identity/docs/troubleshooting.html has the text with
		// 90061, azure-workload-identity#642 and AKS#4029 with the other codes.
		{"unreachable issuer", map[string]string{"client_assertion": presented(claims("iss", unreachable.Issuer))}, 400, "invalid_request",
			"AADSTS50166: Request to External OIDC endpoint failed."},
		// https://learn.microsoft.com/entra/workload-id/workload-identity-federation-considerations;
		// no record has the status.
		{"token of Entra ID", map[string]string{"client_assertion": presented(claims("iss", aad.Issuer))}, 401, "invalid_client",
			"AADSTS700222: AAD-issued tokens may not be used for federated identity flows."},
		// Samples of MSAL of 2023 name a display name, those until 2021 a GUID.
		{"application", map[string]string{"client_id": otherID}, 400, "unauthorized_client",
			"AADSTS700016: Application with identifier '" + otherID + "' was not found in the directory 'Contoso'. This can happen if the application " +
				"has not been installed by the administrator of the tenant or consented to by any user in the tenant. " +
				"You may have sent your authentication request to the wrong tenant."},
		// Code index 1106944047 of 2025-02.
		{"resource", map[string]string{"scope": "https://security.microsoft.us/.default"}, 400, "invalid_resource",
			"AADSTS500011: The resource principal named https://security.microsoft.us was not found in the tenant named Contoso. This can happen if the " +
				"application has not been installed by the administrator of the tenant or consented to by any user in the tenant. " +
				"You might have sent your authentication request to the wrong tenant."},
		// Microsoft's text of 2025-06, code index 26253166724.
		{"secret", map[string]string{"client_assertion": "", "client_secret": "wrong"}, 401, "invalid_client",
			"AADSTS7000215: Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, " +
				"not the client secret ID, for a secret added to app '" + clientID + "'."},
		// Microsoft Teams' documentation of 2025-09, code index 16326647381.
		{"service principal", map[string]string{"client_id": unregistered}, 401, "invalid_client",
			"AADSTS7000229: The client application " + unregistered + " is missing service principal in the tenant " + tenantID +
				". See instructions here: https://go.microsoft.com/fwlink/?linkid=2225119"},
	} {
		t.Run(test.name, func(t *testing.T) {
			form := f.form(t)
			for name, value := range test.change {
				form.Set(name, value)
			}
			var got errorBody
			resp := f.do(t, newTokenRequest(t, tokenURL, form), &got)
			text, _, _ := strings.Cut(got.Description, " Trace ID: ")
			if resp.StatusCode != test.status || got.Error != test.oauth || text != test.want {
				t.Errorf("got %d %s %s\nwant %d %s %s", resp.StatusCode, got.Error, text, test.status, test.oauth, test.want)
			}
		})
	}

	// Code index 21436174126 of 2023-08 and 10392608016 of 2024-07, without and with a GUID.
	for _, tenant := range []string{"test", otherID} {
		var got errorBody
		refused(t, f.get(t, "https://login.microsoftonline.com/"+tenant+"/v2.0/.well-known/openid-configuration", &got), got, refusal{400, "invalid_tenant", 90002,
			"AADSTS90002: Tenant '" + tenant + "' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud. " +
				"Check with your subscription administrator, this may happen if there are no active subscriptions for the tenant. Trace ID: "})
	}
	// Code index 43692332339 has the text.
	var got errorBody
	refused(t, f.do(t, newTokenRequest(t, strings.Replace(tokenURL, tenantID, "common", 1), f.form(t)), &got), got, refusal{400, "invalid_request", 50059,
		"AADSTS50059: No tenant-identifying information found in either the request or implied by any provided credentials."})
}

// Recorded errors with 1002012 and 70011 have no error_uri; others do.
func TestErrorURI(t *testing.T) {
	f := newFixture(t, Config{})
	for scope, want := range map[string]string{
		"https://vault.azure.net/x": "", "a/.default b/.default": "", "": "https://login.microsoftonline.com/error?code=90014",
	} {
		form := f.form(t)
		form.Set("scope", scope)
		var got errorBody
		if f.do(t, newTokenRequest(t, tokenURL, form), &got); got.URI != want {
			t.Errorf("scope %q: error_uri %q, want %q", scope, got.URI, want)
		}
	}
}

// Recordings of the SDK for JavaScript of 2021 and 2022, such as code index
// 8515170030 and 9053624685.
func TestHeaders(t *testing.T) {
	f := newFixture(t, Config{})
	var got tokenResponse
	resp := f.do(t, newTokenRequest(t, tokenURL, f.form(t)), &got)
	if resp.Header.Get("P3P") != `CP="DSP CUR OTPi IND OTRi ONL FIN"` || !strings.HasSuffix(resp.Header.Get("x-ms-ests-server"), " ProdSlices") ||
		!strings.HasSuffix(resp.Header.Get("x-ms-request-id"), "00") || resp.Header.Get("Cache-Control") != "no-store, no-cache" {
		t.Errorf("headers = %v", resp.Header)
	}
	var cookies []string
	for _, c := range resp.Cookies() {
		cookies = append(cookies, c.Name)
		if !c.Secure || !c.HttpOnly || c.SameSite != http.SameSiteNoneMode {
			t.Errorf("cookie %s", c)
		}
	}
	if strings.Join(cookies, " ") != "fpc x-ms-gateway-slice stsservicecookie" {
		t.Errorf("cookies = %q", cookies)
	}
}

// signedWith is an assertion with another algorithm.
func signedWith(t *testing.T, algorithm jose.SignatureAlgorithm) string {
	t.Helper()
	var key any = make([]byte, 32)
	if algorithm == jose.ES256 {
		var err error
		if key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
			t.Fatal(err)
		}
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: algorithm, Key: key}, nil)
	if err != nil {
		t.Fatal(err)
	}
	token, err := jwt.Signed(signer).Claims(map[string]any{"iss": "i", "sub": "s", "aud": "a"}).Serialize()
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// withoutKeyID is a good assertion but for its header, {"alg":"RS256"}.
func withoutKeyID(t *testing.T, f *fixture) string {
	t.Helper()
	_, rest, _ := strings.Cut(f.assertion(t, issuer.TokenOptions{}), ".")
	return "eyJhbGciOiJSUzI1NiJ9." + rest
}
