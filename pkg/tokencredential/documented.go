package tokencredential

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// isDocumented reports whether a URL's host is an authority host of the public or
// a sovereign cloud. Microsoft documents those, and the path of their token
// endpoint, so that nothing need be asked about them before a token is requested:
// https://learn.microsoft.com/entra/identity-platform/authentication-national-cloud#microsoft-entra-authentication-endpoints.
// Any other host, such as that of a private cloud, is asked.
func isDocumented(authority string) bool {
	u, err := url.Parse(authority)
	if err != nil {
		return false
	}
	switch strings.ToLower(u.Host) {
	case "login.microsoftonline.com",
		"login.microsoftonline.us",
		"login.partner.microsoftonline.cn", "login.chinacloudapi.cn":
		return true
	default:
		return false
	}
}

// documentedEndpoints saves the round trip for a tenant's OpenID configuration: it
// answers with what is documented, and sends everything else. MSAL checks that
// answer as it does a real one.
type documentedEndpoints struct{ httpClient }

func (d documentedEndpoints) Do(req *http.Request) (*http.Response, error) {
	tenant, ok := strings.CutSuffix(req.URL.Path, "/v2.0/.well-known/openid-configuration")
	if !ok || req.Method != http.MethodGet || strings.Count(tenant, "/") != 1 || !isDocumented(req.URL.String()) {
		return d.httpClient.Do(req)
	}
	base := url.URL{Scheme: "https", Host: req.URL.Host, Path: tenant}
	body, err := json.Marshal(map[string]string{
		"authorization_endpoint": base.String() + "/oauth2/v2.0/authorize",
		"issuer":                 base.String() + "/v2.0",
		"token_endpoint":         base.String() + "/oauth2/v2.0/token",
	})
	if err != nil {
		return nil, err
	}
	return &http.Response{
		Status: "200 OK", StatusCode: http.StatusOK, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header:  http.Header{"Content-Type": {"application/json"}},
		Body:    io.NopCloser(strings.NewReader(string(body))),
		Request: req,
	}, nil
}

// noTokenEndpoint reports whether there turned out to be none at the documented
// address. Entra ID's own refusals have an OAuth error, whatever their status.
func noTokenEndpoint(err error) bool {
	answer, ok := errors.AsType[*AuthenticationError](err)
	if !ok || answer.Code != "" {
		return false
	}
	switch answer.StatusCode {
	case http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusGone:
		return true
	default:
		return false
	}
}
