package entra

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/workload-identity-quickstart/msal-go/internal/localazure/issuer"
)

func decode(t *testing.T, raw []byte, body any) {
	t.Helper()
	if err := json.Unmarshal(raw, body); err != nil {
		t.Fatalf("answer is not JSON: %v", err)
	}
}

// present asks for a token with assertion and returns the refusal.
func (f *fixture) present(t *testing.T, assertion string) (*http.Response, errorBody) {
	t.Helper()
	form := f.form(t)
	form.Set("client_assertion", assertion)
	var got errorBody
	resp := f.do(t, newTokenRequest(t, tokenURL, form), &got)
	return resp, got
}

func TestAssertionRefusals(t *testing.T) {
	f := newFixture(t, Config{})
	const checkCredential = "heck your federated identity credential Subject, Audience and Issuer against the presented assertion."
	claims := func(kv ...any) issuer.TokenOptions {
		o := issuer.TokenOptions{Claims: map[string]any{}}
		for i := 0; i < len(kv); i += 2 {
			o.Claims[kv[i].(string)] = kv[i+1]
		}
		return o
	}
	for _, test := range []struct {
		name    string
		options issuer.TokenOptions
		want    refusal
	}{
		{"other issuer", claims("iss", "https://other.example/"), refusal{401, "invalid_client", 700211, "assertion issuer 'https://other.example/'. Please c" + checkCredential}},
		{"issuer without its slash", claims("iss", strings.TrimSuffix(f.issuer.URL(), "/")), refusal{401, "invalid_client", 700211, "issuer"}},
		{"other subject", issuer.TokenOptions{Subject: "system:serviceaccount:default:other"},
			refusal{401, "invalid_client", 700213, "assertion subject 'system:serviceaccount:default:other'. C" + checkCredential}},
		{"subject in another case", issuer.TokenOptions{Subject: "system:serviceaccount:default:Workload-Identity-SA"},
			refusal{401, "invalid_client", 7002138, "matches with case-insensitive comparison, but not with case-sensitive comparison"}},
		{"other audience", issuer.TokenOptions{Audience: "api://other"}, refusal{401, "invalid_client", 700212, "assertion audience 'api://other'. Please c" + checkCredential}},
		{"audience in another case", issuer.TokenOptions{Audience: "api://azureadtokenexchange"}, refusal{401, "invalid_client", 700212, "audience"}},
		{"two audiences", claims("aud", []string{issuer.DefaultAudience, "other"}), refusal{401, "invalid_client", 700212, "audience"}},
		{"issuer before subject", issuer.TokenOptions{Subject: "x", Audience: "y", Claims: map[string]any{"iss": "https://z"}}, refusal{401, "invalid_client", 700211, "issuer"}},
		{"subject before audience", issuer.TokenOptions{Subject: "x", Audience: "y"}, refusal{401, "invalid_client", 700213, "subject"}},
		{"unknown key", issuer.TokenOptions{KeyID: "unknown"},
			refusal{401, "invalid_client", 7000272, "certificate with identifier unknown used to sign the federated credential could not be found in the metadata of identity provider " + f.issuer.URL()}},
		{"wrong signature", issuer.TokenOptions{ForeignKey: true}, refusal{401, "invalid_client", 700027, "failed signature validation"}},
		{"expired", issuer.TokenOptions{NotBefore: time.Now().Add(-2 * time.Hour)}, refusal{401, "invalid_client", 700024, "not within its valid time range"}},
		{"not yet valid", issuer.TokenOptions{NotBefore: time.Now().Add(time.Hour)}, refusal{401, "invalid_client", 700024, "not within its valid time range"}},
		{"issued in the future", claims("iat", time.Now().Add(time.Hour).Unix()), refusal{401, "invalid_client", 700024, "not within its valid time range"}},
		{"no subject", claims("sub", nil), refusal{400, "invalid_request", 90014, "'sub'"}},
		{"signed with a certificate", claims("iss", clientID, "sub", clientID), refusal{501, "not_implemented", 0, "localazure does not implement client assertions that are signed with a certificate"}},
		{"claim of another type", claims("exp", "soon"), refusal{400, "invalid_request", 50027, "invalid or malformed"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			resp, got := f.present(t, f.assertion(t, test.options))
			refused(t, resp, got, test.want)
		})
	}
}

func TestMalformedAssertions(t *testing.T) {
	f := newFixture(t, Config{})
	header, rest, _ := strings.Cut(f.assertion(t, issuer.TokenOptions{}), ".")
	for name, test := range map[string]struct {
		assertion string
		want      refusal
	}{
		"not a JWT":         {"token", refusal{400, "invalid_request", 50027, "JWT token is invalid or malformed."}},
		"two parts":         {header + ".e30", refusal{400, "invalid_request", 50027, "malformed"}},
		"trailing newline":  {header + "." + rest + "\n.", refusal{400, "invalid_request", 50027, "malformed"}},
		"not signed":        {"eyJhbGciOiJub25lIn0." + rest, refusal{400, "invalid_request", 50027, "malformed"}},                    // {"alg":"none"}
		"payload exchanged": {header + ".e30." + rest[strings.Index(rest, ".")+1:], refusal{400, "invalid_request", 90014, "'iss'"}}, // {}
	} {
		t.Run(name, func(t *testing.T) {
			resp, got := f.present(t, test.assertion)
			refused(t, resp, got, test.want)
		})
	}
}

func TestTimeWindow(t *testing.T) {
	now := time.Now().Truncate(time.Second)
	f := newFixture(t, Config{Now: func() time.Time { return now }})
	for _, test := range []struct {
		name      string
		notBefore time.Time
		lifetime  time.Duration
		ok        bool
	}{
		{"within", now.Add(-time.Minute), time.Hour, true},
		{"last second", now.Add(-time.Hour + time.Second), time.Hour, true},
		{"at its end", now.Add(-time.Hour), time.Hour, false},
		{"start within the skew", now.Add(clockSkew), time.Hour, true},
		{"start beyond the skew", now.Add(clockSkew + time.Second), time.Hour, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			resp, got := f.present(t, f.assertion(t, issuer.TokenOptions{NotBefore: test.notBefore, Lifetime: test.lifetime}))
			if test.ok {
				if resp.StatusCode != http.StatusOK {
					t.Errorf("status %d: %s", resp.StatusCode, got.Description)
				}
				return
			}
			const layout = "2006-01-02T15:04:05.0000000Z"
			refused(t, resp, got, refusal{401, "invalid_client", 700024, fmt.Sprintf(
				"Current time: %s, assertion valid from %s, expiry time of assertion %s.", now.UTC().Format(layout),
				test.notBefore.UTC().Format(layout), test.notBefore.Add(test.lifetime).UTC().Format(layout))})
		})
	}
}

func TestRotatedKeysAreFetched(t *testing.T) {
	f := newFixture(t, Config{})
	for range 2 {
		if resp, got := f.present(t, f.assertion(t, issuer.TokenOptions{})); resp.StatusCode != http.StatusOK {
			t.Fatalf("status %d: %s", resp.StatusCode, got.Description)
		}
		if err := f.issuer.RotateKey(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestCredentialsChangeAtRunTime(t *testing.T) {
	now := time.Now()
	f := newFixture(t, Config{Now: func() time.Time { return now }})
	status := func() int {
		resp, _ := f.present(t, f.assertion(t, issuer.TokenOptions{}))
		return resp.StatusCode
	}
	if err := f.RemoveFederatedCredential(clientID, "fic"); err != nil {
		t.Fatal(err)
	}
	resp, got := f.present(t, f.assertion(t, issuer.TokenOptions{}))
	refused(t, resp, got, refusal{401, "invalid_client", 70025, "no configured"})
	c := f.credential()
	c.AvailableAt = now.Add(time.Second)
	if err := f.AddFederatedCredential(clientID, c); err != nil {
		t.Fatal(err)
	}
	resp, got = f.present(t, f.assertion(t, issuer.TokenOptions{}))
	refused(t, resp, got, refusal{401, "invalid_client", 70025, "no configured"}) // it is not in effect yet
	now = now.Add(time.Second)
	if got := status(); got != http.StatusOK {
		t.Errorf("once the credential is available: status %d", got)
	}
}

// brokenIssuer serves a discovery document and keys, and an application that
// trusts it.
func (f *fixture) brokenIssuer(t *testing.T, discovery func(base string) string, keys string) string {
	t.Helper()
	mux := http.NewServeMux()
	server := httptest.NewUnstartedServer(mux)
	cert, err := f.authority.Certificate("127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	server.TLS = testTLS(cert)
	server.StartTLS()
	t.Cleanup(server.Close)
	serve := func(path, body string) {
		mux.HandleFunc(path, func(w http.ResponseWriter, _ *http.Request) {
			if body == "" {
				http.Error(w, "broken", http.StatusInternalServerError)
				return
			}
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write([]byte(body))
		})
	}
	serve("/.well-known/openid-configuration", discovery(server.URL))
	serve("/keys", keys)
	if err := f.AddFederatedCredential(clientID, FederatedCredential{
		Name: t.Name(), Issuer: server.URL, Subject: issuer.DefaultSubject, Audience: issuer.DefaultAudience,
	}); err != nil {
		t.Fatal(err)
	}
	return server.URL
}

func TestIssuersThatFail(t *testing.T) {
	f := newFixture(t, Config{})
	document := func(issuer, keys string) func(string) string {
		return func(base string) string {
			return fmt.Sprintf(`{"issuer":%q,"jwks_uri":%q}`, strings.ReplaceAll(issuer, "BASE", base), strings.ReplaceAll(keys, "BASE", base))
		}
	}
	for name, test := range map[string]struct {
		discovery func(string) string
		keys      string
		want      refusal
	}{
		"no discovery document": {func(string) string { return "" }, `{"keys":[]}`, refusal{400, "invalid_request", 501661, "Request to External OIDC endpoint failed."}},
		"not JSON":              {func(string) string { return "<html>" }, `{"keys":[]}`, refusal{400, "invalid_request", 501661, "OIDC endpoint"}},
		"other issuer":          {document("https://other.example", "BASE/keys"), `{"keys":[]}`, refusal{400, "invalid_request", 501661, "OIDC endpoint"}},
		"issuer with a slash":   {document("BASE/", "BASE/keys"), `{"keys":[]}`, refusal{400, "invalid_request", 501661, "OIDC endpoint"}},
		"no keys":               {document("BASE", "BASE/keys"), "", refusal{400, "invalid_request", 90061, "OIDC endpoint"}},
		"unreachable keys":      {document("BASE", "https://127.0.0.1:1/keys"), "", refusal{400, "invalid_request", 90061, "OIDC endpoint"}},
		"keys that are none":    {document("BASE", "BASE/keys"), "[1]", refusal{400, "invalid_request", 900612, "Failed to parse provider signing keys."}},
		"empty keys":            {document("BASE", "BASE/keys"), `{"keys":[]}`, refusal{401, "invalid_client", 7000272, "metadata of identity provider"}},
	} {
		t.Run(name, func(t *testing.T) {
			url := f.brokenIssuer(t, test.discovery, test.keys)
			resp, got := f.present(t, f.assertion(t, issuer.TokenOptions{Claims: map[string]any{"iss": url}}))
			refused(t, resp, got, test.want)
		})
	}
}

func TestIssuerNeedsATrustedCertificate(t *testing.T) {
	f, stranger := newFixture(t, Config{}), newFixture(t, Config{})
	c := stranger.credential()
	c.Name = "stranger"
	if err := f.AddFederatedCredential(clientID, c); err != nil {
		t.Fatal(err)
	}
	resp, got := f.present(t, stranger.assertion(t, issuer.TokenOptions{}))
	refused(t, resp, got, refusal{400, "invalid_request", 50166, "OIDC endpoint"})
}
