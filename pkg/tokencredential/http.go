package tokencredential

import (
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
)

const ( // in the User-Agent
	module  = "tokencredential"
	version = "v0.1.0"
)

func newAzureClient(o azcore.ClientOptions) (*azcore.Client, error) {
	o.Logging.IncludeBody = false // bodies hold the assertion and the access token
	return azcore.NewClient(module, version, runtime.PipelineOptions{
		PerRetry: []policy.Policy{freshBody{}},
		Tracing:  runtime.TracingOptions{Namespace: "Microsoft.Entra"},
	}, &o)
}

// freshBody gives each attempt its own body. The retry policy would rewind the
// previous one, which HTTP/2 may still be reading if the server responded early.
type freshBody struct{}

func (freshBody) Do(req *policy.Request) (*http.Response, error) {
	if raw := req.Raw(); raw.GetBody != nil {
		raw.Body, _ = raw.GetBody() // MSAL's are in memory
	}
	return req.Next()
}

// httpClient sends MSAL's requests through an azcore pipeline, except for the OpenID
// configuration of a tenant at a well-known host, which is documented.
type httpClient struct{ pipeline runtime.Pipeline }

func (c httpClient) Do(req *http.Request) (*http.Response, error) {
	tenant, ok := strings.CutSuffix(req.URL.Path, "/v2.0/.well-known/openid-configuration")
	if ok && strings.Count(tenant, "/") == 1 && isWellKnown(req.URL.String()) {
		body := fmt.Sprintf(`{"authorization_endpoint":"%[1]s/oauth2/v2.0/authorize","token_endpoint":"%[1]s/oauth2/v2.0/token","issuer":"%[1]s/v2.0"}`,
			"https://"+req.URL.Host+tenant) // neither has a character that JSON escapes
		return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)), Request: req}, nil
	}
	getBody := req.GetBody
	r, err := runtime.NewRequestFromRequest(req)
	if err != nil {
		return nil, err
	}
	r.Raw().GetBody = getBody
	resp, err := c.pipeline.Do(r)
	if err != nil {
		return nil, &networkError{err}
	}
	return resp, nil
}

// CloseIdleConnections is required by MSAL; the transport takes care of itself.
func (httpClient) CloseIdleConnections() {}

// isWellKnown reports whether a URL's host is an authority host of the public or
// a sovereign cloud. Microsoft documents those and the paths of their endpoints:
// https://learn.microsoft.com/entra/identity-platform/authentication-national-cloud#microsoft-entra-authentication-endpoints.
var isWellKnown = regexp.MustCompile(
	`(?i)^https://login\.(microsoftonline\.com|microsoftonline\.us|partner\.microsoftonline\.cn|chinacloudapi\.cn)(/|$)`).MatchString

// RetryAfter returns how long the sender of these headers wants no request: from
// retry-after-ms or x-ms-retry-after-ms, which are Azure's, or from Retry-After, in
// seconds or as a date (RFC 9110, section 10.2.3). It is zero if they do not say,
// and ten minutes at most: Azure asks for seconds.
func RetryAfter(header http.Header) time.Duration {
	const longest = 10 * time.Minute
	unit := time.Millisecond
	for _, name := range []string{"Retry-After-Ms", "X-Ms-Retry-After-Ms", "Retry-After"} {
		if name == "Retry-After" {
			unit = time.Second
		}
		if n, err := strconv.ParseUint(header.Get(name), 10, 64); err == nil {
			return time.Duration(min(n, uint64(longest/unit))) * unit //nolint:gosec // bounded
		}
	}
	if date, err := http.ParseTime(header.Get("Retry-After")); err == nil {
		return min(max(time.Until(date), 0), longest)
	}
	return 0
}
