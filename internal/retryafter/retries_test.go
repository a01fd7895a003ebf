package retryafter

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
)

// service answers every request in the same way, and counts them.
type service struct {
	status     int
	retryAfter string
	requests   int
}

func (s *service) Do(*http.Request) (*http.Response, error) {
	s.requests++
	return &http.Response{StatusCode: s.status, Header: http.Header{"Retry-After": {s.retryAfter}}, Body: http.NoBody}, nil
}

func TestRetries(t *testing.T) {
	tests := []struct {
		name         string
		service      service
		wantRequests int
		wantMost     time.Duration
	}{
		{"out for a moment", service{status: 503}, 4, 10 * time.Second},
		{"asks for a moment", service{status: 503, retryAfter: "3"}, 4, 9 * time.Second},
		{"asks for a while", service{status: 503, retryAfter: "30"}, 1, 0},
		{"throttled", service{status: 429}, 1, 0},
		{"throttled for a moment", service{status: 429, retryAfter: "1"}, 1, 0},
		{"refused", service{status: 403}, 1, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				options := policy.ClientOptions{Transport: &test.service, Retry: Retries()}
				client, err := azcore.NewClient("test", "v0.0.1", runtime.PipelineOptions{}, &options)
				if err != nil {
					t.Fatal(err)
				}
				req, err := runtime.NewRequest(t.Context(), http.MethodGet, "https://example.com")
				if err != nil {
					t.Fatal(err)
				}
				start := time.Now()
				resp, err := client.Pipeline().Do(req)
				if err != nil || resp.StatusCode != test.service.status {
					t.Fatalf("got %v and error %v", resp, err)
				}
				if took := time.Since(start); test.service.requests != test.wantRequests || took > test.wantMost {
					t.Errorf("%d requests within %s, want %d within %s", test.service.requests, took, test.wantRequests, test.wantMost)
				}
			})
		})
	}
}
