package keyvault

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"encoding/json"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azsecrets"
	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/workload-identity-quickstart/msal-go/internal/localazure/cloud"
	"github.com/workload-identity-quickstart/msal-go/internal/localazure/pki"
)

const (
	tenantID = "11111111-1111-1111-1111-111111111111"
	clientID = "22222222-2222-2222-2222-222222222222"
	objectID = "33333333-3333-3333-3333-333333333333"
	otherID  = "99999999-9999-9999-9999-999999999999"
)

// newKeys are Entra ID's key and one that it does not have, made once.
var newKeys = sync.OnceValues(func() (signing, foreign *rsa.PrivateKey) {
	var err error
	if signing, err = rsa.GenerateKey(rand.Reader, 2048); err == nil {
		foreign, err = rsa.GenerateKey(rand.Reader, 2048)
	}
	if err != nil {
		panic(err)
	}
	return signing, foreign
})

// clock is a settable clock.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// fixture is a service behind TLS.
type fixture struct {
	*Service
	clock  *clock
	client *http.Client // reaches the service under any host name
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	signing, _ := newKeys()
	f := &fixture{clock: &clock{now: time.Now().Truncate(time.Second)}}
	var err error
	f.Service, err = New(Config{Now: f.clock.Now, Keys: func() jose.JSONWebKeySet {
		return jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: &signing.PublicKey, KeyID: "entra", Use: "sig"}}}
	}})
	if err != nil {
		t.Fatal(err)
	}
	authority, err := pki.New()
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(f.Service)
	server.TLS = &tls.Config{GetCertificate: func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
		return authority.Certificate(hello.ServerName)
	}}
	server.StartTLS()
	f.client = &http.Client{Transport: &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: authority.Pool()},
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, server.Listener.Addr().String())
		},
	}}
	t.Cleanup(func() {
		f.client.CloseIdleConnections()
		server.Close()
	})
	return f
}

// vault adds a vault whose reader and writer is the bearer of token.
func (f *fixture) vault(t *testing.T, change func(*Options)) *Vault {
	t.Helper()
	o := Options{Name: "kv-test", Cloud: cloud.Public(), TenantID: tenantID, Readers: []string{objectID}, Writers: []string{clientID}}
	if change != nil {
		change(&o)
	}
	v, err := f.Add(o)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// token signs an access token; change may be nil.
func (f *fixture) token(t *testing.T, keyID string, foreign bool, change map[string]any) string {
	t.Helper()
	key, other := newKeys()
	if foreign {
		key = other
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: jose.JSONWebKey{Key: key, KeyID: keyID}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	now := f.clock.Now()
	claims := map[string]any{
		"iss": cloud.Public().IssuerV1(tenantID), "aud": "https://vault.azure.net", "tid": tenantID, "appid": clientID, "oid": objectID,
		"nbf": now.Unix(), "exp": now.Add(time.Hour).Unix(),
	}
	maps.Copy(claims, change)
	maps.DeleteFunc(claims, func(_ string, v any) bool { return v == nil })
	token, err := jwt.Signed(signer).Claims(claims).Serialize()
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// send makes a request, with an Authorization header unless that is empty, and
// decodes the JSON of the answer into body.
func (f *fixture) send(t *testing.T, method, url, authorization, content string, body any) *http.Response {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	if authorization != "" {
		req.Header.Set("Authorization", authorization)
	}
	if content != "" {
		req.Header.Set("Content-Type", "application/json")
	}
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

// refused checks an answer against the refusal it should be.
func refused(t *testing.T, resp *http.Response, got errorBody, want refusal) {
	t.Helper()
	inner := ""
	if got.Error.Inner != nil {
		inner = got.Error.Inner.Code
	}
	if resp.StatusCode != want.status || got.Error.Code != want.code || inner != want.inner || !strings.Contains(got.Error.Message, want.text) {
		t.Errorf("got %d %s/%s: %s\nwant %d %s/%s: %s", resp.StatusCode, got.Error.Code, inner, got.Error.Message,
			want.status, want.code, want.inner, want.text)
	}
}

// staticToken is a credential that has a token already.
type staticToken string

func (s staticToken) GetToken(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error) {
	return azcore.AccessToken{Token: string(s), ExpiresOn: time.Now().Add(time.Hour)}, nil
}

// secrets is the SDK's client of v, without retries.
func (f *fixture) secrets(t *testing.T, v *Vault) *azsecrets.Client {
	t.Helper()
	client, err := azsecrets.NewClient(v.URL(), staticToken(f.token(t, "entra", false, map[string]any{
		"iss": v.options.Cloud.IssuerV1(tenantID), "aud": v.options.Cloud.VaultResource(),
	})), &azsecrets.ClientOptions{
		ClientOptions: policy.ClientOptions{Transport: f.client, Retry: policy.RetryOptions{MaxRetries: -1}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return client
}
