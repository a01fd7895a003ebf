package entra

import (
	"context"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/workload-identity-quickstart/msal-go/internal/localazure/answer"
	"github.com/workload-identity-quickstart/msal-go/internal/localazure/cloud"
	"github.com/workload-identity-quickstart/msal-go/internal/localazure/guid"
)

// endpoint answers a request to c with something to encode, or refuses it.
type endpoint func(r *http.Request, c cloud.Cloud) (any, *refusal)

func (d *Directory) routes() *http.ServeMux {
	mux := http.NewServeMux()
	for path, method := range map[string]struct {
		verb string
		endpoint
	}{
		"/common/discovery/instance":                      {http.MethodGet, d.instanceDiscovery},
		"/{tenant}/.well-known/openid-configuration":      {http.MethodGet, d.openIDConfigurationV1},
		"/{tenant}/v2.0/.well-known/openid-configuration": {http.MethodGet, d.openIDConfiguration},
		"/{tenant}/discovery/keys":                        {http.MethodGet, d.keys},
		"/{tenant}/discovery/v2.0/keys":                   {http.MethodGet, d.keys},
		"/{tenant}/oauth2/v2.0/token":                     {http.MethodPost, d.token},
		"/{tenant}/oauth2/v2.0/devicecode":                {http.MethodPost, d.deviceCode},
	} {
		mux.Handle(path, d.answer(method.verb, method.endpoint))
	}
	mux.Handle("/", d.answer("", func(r *http.Request, _ cloud.Cloud) (any, *refusal) {
		return nil, notImplemented("%s %s", r.Method, r.URL.Path)
	}))
	return mux
}

// ServeHTTP answers for Entra ID of the cloud that the request's host names.
func (d *Directory) ServeHTTP(w http.ResponseWriter, r *http.Request) { d.mux.ServeHTTP(w, r) }

// tokenProxied marks the context of requests that a token proxy passed on.
type tokenProxied struct{}

// TokenProxy returns Entra ID as it is seen through the token proxy of an AKS
// cluster: assertions are checked against the identity bindings of applications
// rather than their federated identity credentials.
func (d *Directory) TokenProxy() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		d.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), tokenProxied{}, true)))
	})
}

// answer makes a handler of e, with what all of Entra ID's answers have. What
// discovery returns may be cached for a day.
func (d *Directory) answer(verb string, e endpoint) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := hostname(r.Host)
		traceID, correlationID := guid.New()[:34]+"00", r.Header.Get("client-request-id")
		if !guid.Valid(correlationID) {
			correlationID = guid.New()
		}
		header := w.Header()
		if verb == http.MethodGet {
			header.Set("Cache-Control", "max-age=86400, private")
		} else {
			header.Set("Cache-Control", "no-store, no-cache")
			header.Set("Pragma", "no-cache")
			header.Set("Expires", "-1")
		}
		// These and the cookies are what recordings of the SDKs have, besides the
		// name of the server that answered.
		header.Set("P3P", `CP="DSP CUR OTPi IND OTRi ONL FIN"`)
		header.Set("X-Ms-Ests-Server", "2.1.12651.7 - EUS ProdSlices")
		header.Add("Set-Cookie", "fpc="+opaque(16)+"; expires="+d.now().Add(30*24*time.Hour).UTC().Format("Mon, 02-Jan-2006 15:04:05 GMT")+
			"; path=/; secure; HttpOnly; SameSite=None")
		header.Add("Set-Cookie", "x-ms-gateway-slice=estsfd; path=/; secure; samesite=none; httponly")
		header.Add("Set-Cookie", "stsservicecookie=estsfd; path=/; secure; samesite=none; httponly")
		header.Set("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("X-Ms-Request-Id", traceID)

		var body any
		var refused *refusal
		if c, ok := cloud.ForAuthority(host); !ok {
			refused = invalidInstance()
		} else if verb != "" && r.Method != verb && (verb != http.MethodGet || r.Method != http.MethodHead) {
			header.Set("Allow", verb)
			refused = refuse(http.StatusMethodNotAllowed, "invalid_request", 900561,
				"The endpoint only accepts %s requests. Received a %s request.", verb, r.Method)
		} else {
			body, refused = e(r, c)
		}
		status := http.StatusOK
		if refused != nil {
			header.Set("Cache-Control", "no-store, no-cache")
			status, body = refused.status, refused.body(host, d.now(), traceID, correlationID)
		}
		answer.JSON(w, status, body)
	})
}

// requestTenant finds the tenant that the path names.
func (d *Directory) requestTenant(r *http.Request, c cloud.Cloud) (Tenant, *refusal) {
	name := r.PathValue("tenant")
	t, ok := d.tenant(name, c)
	switch {
	case ok:
		return t, nil
	case !guid.Valid(name) && !strings.Contains(name, "."):
		return Tenant{}, badRequest(900023,
			"Specified tenant identifier '%s' is neither a valid DNS name, nor a valid external domain.", name)
	default:
		return Tenant{}, unknownTenant(name)
	}
}

func unknownTenant(name string) *refusal {
	return badRequest(90002, "Tenant '%s' not found. Check to make sure you have the correct tenant ID "+
		"and are signing into the correct cloud. Check with your subscription administrator, this may happen if "+
		"there are no active subscriptions for the tenant.", name)
}

// hostname is host without its port.
func hostname(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	return strings.ToLower(host)
}

// firstSegment of a path, "common" when there is none.
func firstSegment(path string) string {
	segment, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	if segment == "" {
		return "common"
	}
	return segment
}
