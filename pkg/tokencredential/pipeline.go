package tokencredential

import (
	"net/http"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
)

// What requests to Entra ID say in their User-Agent.
const (
	module  = "tokencredential"
	version = "v0.1.0"
)

// tryTimeout ends a single request, so that a silent peer is tried again.
const tryTimeout = 30 * time.Second

func newAzureClient(o azcore.ClientOptions) (*azcore.Client, error) {
	o.Logging.IncludeBody = false // bodies hold the assertion and the access token
	if o.Retry.TryTimeout == 0 {
		o.Retry.TryTimeout = tryTimeout
	}
	return azcore.NewClient(module, version, runtime.PipelineOptions{
		PerRetry: []policy.Policy{freshBody{}},
		Tracing:  runtime.TracingOptions{Namespace: "Microsoft.Entra"},
	}, &o)
}

// httpClient lets MSAL send its requests through an azcore pipeline.
type httpClient struct{ pipeline runtime.Pipeline }

func (c httpClient) Do(req *http.Request) (*http.Response, error) {
	getBody := req.GetBody
	r, err := runtime.NewRequestFromRequest(req)
	if err != nil {
		return nil, err
	}
	r.Raw().GetBody = getBody
	return c.pipeline.Do(r)
}

// CloseIdleConnections is what MSAL asks for; the transport looks after itself.
func (httpClient) CloseIdleConnections() {}

// freshBody gives every try a body of its own. The retry policy would rewind the
// one of the try before, which HTTP/2 may still be reading when the answer came
// early.
type freshBody struct{}

func (freshBody) Do(req *policy.Request) (*http.Response, error) {
	if raw := req.Raw(); raw.GetBody != nil {
		body, err := raw.GetBody()
		if err != nil {
			return nil, err
		}
		raw.Body = body
	}
	return req.Next()
}
