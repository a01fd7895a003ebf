package tokencredential

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
)

// clockwork answers like Entra ID without a network, so that the days in which a
// token is renewed can pass in no time. Its tokens live for a day and are to be
// renewed after twelve hours.
type clockwork struct {
	issued int
	broken bool
}

func (c *clockwork) Do(req *http.Request) (*http.Response, error) {
	const base = "https://login.microsoftonline.com/"
	status, body := http.StatusOK, ""
	switch {
	case strings.HasSuffix(req.URL.Path, "/discovery/instance"):
		body = `{"tenant_discovery_endpoint":"` + base + `t/v2.0/.well-known/openid-configuration","metadata":[]}`
	case strings.HasSuffix(req.URL.Path, "/openid-configuration"):
		body = `{"authorization_endpoint":"` + base + `t/a","token_endpoint":"` + base + `t/token","issuer":"` + base + `t/v2.0"}`
	case c.broken:
		status, body = http.StatusBadRequest, `{"error":"invalid_client"}`
	default:
		c.issued++
		body = fmt.Sprintf(`{"token_type":"Bearer","expires_in":86400,"refresh_in":43200,"access_token":"token %d"}`, c.issued)
	}
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)), Request: req}, nil
}

func TestRenewal(t *testing.T) {
	file := filepath.Join(t.TempDir(), "token")
	writeToken := func(content string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	writeToken(sampleJWT)
	synctest.Test(t, func(t *testing.T) {
		entra := new(clockwork)
		options := Options{ClientID: "c", TenantID: "t", TokenFilePath: file, DisableTokenProxy: true}
		options.Transport = entra
		credential, err := New(&options)
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		expect := func(after time.Duration, what, want string) {
			t.Helper()
			time.Sleep(after - time.Since(start))
			token, err := credential.GetToken(t.Context(), policy.TokenRequestOptions{Scopes: []string{"s/.default"}})
			got := token.Token
			if err != nil {
				got = "error"
			}
			if got != want {
				t.Errorf("%s, after %s: got %s (%v), want %s", what, after, got, err, want)
			}
		}
		const halfDay, second = 12 * time.Hour, time.Second
		expect(0, "first", "token 1")
		expect(halfDay-second, "before RefreshOn", "token 1")
		expect(halfDay+second, "after RefreshOn", "token 2")

		entra.broken = true
		due := 2*halfDay + 2*second // token 2 is to be renewed
		expect(due, "Entra ID refuses the renewal", "token 2")
		entra.broken = false
		expect(due+29*second, "too early for another attempt", "token 2")
		expect(due+35*second, "the next attempt", "token 3")

		due += halfDay + 36*second // so is token 3
		writeToken("torn")
		expect(due, "the token file cannot be used", "token 3")
		writeToken(sampleJWT)
		expect(due+31*second, "the token file is whole again", "token 4")

		entra.broken = true
		expires := due + 31*second + 2*halfDay // of token 4
		expect(expires-expiryMargin-second, "five minutes left", "token 4")
		expect(expires-10*second, "ten seconds left", "token 4")
		expect(expires+second, "expired", "error")
		entra.broken = false
		expect(expires+5*second, "Entra ID is back", "token 5")
		if entra.issued != 5 {
			t.Errorf("%d tokens were issued, want 5", entra.issued)
		}
	})
}
