package entra

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/workload-identity-quickstart/msal-go/internal/localazure/cloud"
	"github.com/workload-identity-quickstart/msal-go/internal/localazure/issuer"
	"github.com/workload-identity-quickstart/msal-go/internal/localazure/pki"
)

const (
	tenantID = "11111111-1111-1111-1111-111111111111"
	clientID = "22222222-2222-2222-2222-222222222222"
	objectID = "33333333-3333-3333-3333-333333333333"
	otherID  = "99999999-9999-9999-9999-999999999999"
)

// fixture is a directory behind TLS, and an issuer that its application trusts.
type fixture struct {
	*Directory
	authority *pki.Authority
	issuer    *issuer.Issuer
	client    *http.Client // reaches the directory under any host name
}

func newFixture(t *testing.T, cfg Config) *fixture {
	t.Helper()
	f := new(fixture)
	var err error
	if f.authority, err = pki.New(); err != nil {
		t.Fatal(err)
	}
	if f.issuer, err = issuer.Start(t.Context(), f.authority); err != nil {
		t.Fatal(err)
	}
	cfg.IssuerRoots = f.authority.Pool()
	if f.Directory, err = New(cfg); err != nil {
		t.Fatal(err)
	}
	if err := f.AddTenant(Tenant{ID: tenantID, Cloud: cloud.Public(), Name: "Contoso"}); err != nil {
		t.Fatal(err)
	}
	if err := f.AddApplication(Application{ClientID: clientID, Name: "my-app", ObjectID: objectID, TenantID: tenantID,
		FederatedCredentials: []FederatedCredential{f.credential()}}); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(f.Directory)
	server.TLS = &tls.Config{GetCertificate: func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
		return f.authority.Certificate(hello.ServerName)
	}}
	server.StartTLS()
	f.client = &http.Client{Transport: &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: f.authority.Pool()},
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, server.Listener.Addr().String())
		},
	}}
	t.Cleanup(func() {
		f.client.CloseIdleConnections()
		server.Close()
		f.Close()
		if err := f.issuer.Close(); err != nil {
			t.Errorf("close issuer: %v", err)
		}
	})
	return f
}

func (f *fixture) credential() FederatedCredential {
	return FederatedCredential{Name: "fic", Issuer: f.issuer.URL(), Subject: issuer.DefaultSubject, Audience: issuer.DefaultAudience}
}

func (f *fixture) assertion(t *testing.T, o issuer.TokenOptions) string {
	t.Helper()
	token, err := f.issuer.Token(o)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// form is a good token request.
func (f *fixture) form(t *testing.T) url.Values {
	return url.Values{
		"grant_type":            {"client_credentials"},
		"client_id":             {clientID},
		"scope":                 {"https://vault.azure.net/.default"},
		"client_assertion_type": {assertionType},
		"client_assertion":      {f.assertion(t, issuer.TokenOptions{})},
	}
}

const tokenURL = "https://login.microsoftonline.com/" + tenantID + "/oauth2/v2.0/token"

func newTokenRequest(t *testing.T, url string, form url.Values) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
	return req
}

// do sends req and decodes the JSON of the answer into body.
func (f *fixture) do(t *testing.T, req *http.Request, body any) *http.Response {
	t.Helper()
	resp, err := f.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if kind := resp.Header.Get("Content-Type"); kind != "application/json; charset=utf-8" {
		t.Errorf("content type = %q", kind)
	}
	if err := json.Unmarshal(raw, body); err != nil {
		t.Fatalf("answer is not JSON: %v", err)
	}
	return resp
}

// get fetches url.
func (f *fixture) get(t *testing.T, url string, body any) *http.Response {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	return f.do(t, req, body)
}

// refused checks an answer against the refusal it should be.
func refused(t *testing.T, resp *http.Response, got errorBody, want refusal) {
	t.Helper()
	if resp.StatusCode != want.status || got.Error != want.oauth || want.code != 0 && (len(got.Codes) != 1 || got.Codes[0] != want.code) {
		t.Errorf("got %d %s %v: %s\nwant %d %s [%d]", resp.StatusCode, got.Error, got.Codes, got.Description,
			want.status, want.oauth, want.code)
	}
	if !strings.Contains(got.Description, want.text) {
		t.Errorf("error_description = %q, want %q in it", got.Description, want.text)
	}
}
