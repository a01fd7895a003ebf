package fleet

import (
	"fmt"
	"net/http"
	"strings"
	"time"
)

const (
	tenantID     = "11111111-1111-1111-1111-111111111111"
	clientID     = "22222222-2222-2222-2222-222222222222"
	authorityURL = "https://" + authorityHost + "/"
)

// throttledFor is what Entra ID asks of applications that request too many tokens,
// see https://learn.microsoft.com/entra/msal/dotnet/advanced/client-and-server-throttling.
const throttledFor = 60 * time.Second

// entra answers as Entra ID does for an application whose assertion is right.
type entra struct {
	limit *limit // of token requests; nil for none
}

// answer takes a number from 0 to 1 for the token's lifetime: 60 to 90 minutes, see
// https://learn.microsoft.com/entra/identity-platform/access-tokens#token-lifetime.
func (e *entra) answer(req *http.Request, now time.Time, random float64) *http.Response {
	switch {
	case strings.HasSuffix(req.URL.Path, "/discovery/instance"):
		return respond(http.StatusOK, `{"tenant_discovery_endpoint":"`+authorityURL+tenantID+`/v2.0/.well-known/openid-configuration",`+
			`"metadata":[{"preferred_network":"`+authorityHost+`","preferred_cache":"`+authorityHost+`","aliases":["`+authorityHost+`"]}]}`)
	case strings.HasSuffix(req.URL.Path, "/openid-configuration"):
		return respond(http.StatusOK, `{"issuer":"`+authorityURL+tenantID+`/v2.0",`+
			`"authorization_endpoint":"`+authorityURL+tenantID+`/oauth2/v2.0/authorize",`+
			`"token_endpoint":"`+authorityURL+tenantID+`/oauth2/v2.0/token"}`)
	}
	if e.limit != nil {
		if _, ok := e.limit.admit(now); !ok {
			resp := respond(http.StatusTooManyRequests, `{"error":"temporarily_unavailable",`+
				`"error_description":"AADSTS90055: There are too many incoming requests.","error_codes":[90055]}`)
			resp.Header.Set("Retry-After", seconds(throttledFor))
			return resp
		}
	}
	lifetime := time.Hour + time.Duration(random*float64(30*time.Minute))
	return respond(http.StatusOK, fmt.Sprintf(`{"token_type":"Bearer","expires_in":%d,"ext_expires_in":%[1]d,"access_token":"e30.e30.c2ln"}`,
		int(lifetime.Seconds())))
}
