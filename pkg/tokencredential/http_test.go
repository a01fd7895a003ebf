package tokencredential

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
)

const form = "grant_type=client_credentials"

// slowReader is a transport that answers the first attempt before it has read its
// body, and goes on reading it during the second, as HTTP/2 may.
type slowReader struct {
	bodies []io.Reader
	second string // body of the second attempt
}

func (s *slowReader) Do(req *http.Request) (*http.Response, error) {
	s.bodies = append(s.bodies, req.Body)
	status := http.StatusServiceUnavailable
	if len(s.bodies) == 2 {
		status = http.StatusOK
		half := make([]byte, len(form)/2)
		_, _ = io.ReadFull(s.bodies[1], half)
		_, _ = io.ReadAll(s.bodies[0])
		rest, _ := io.ReadAll(s.bodies[1])
		s.second = string(half) + string(rest)
	}
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: http.NoBody, Request: req}, nil
}

func TestEachAttemptHasItsOwnBody(t *testing.T) {
	transport := new(slowReader)
	client, err := newAzureClient(azcore.ClientOptions{
		Transport: transport,
		Retry:     policy.RetryOptions{RetryDelay: time.Millisecond},
	})
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://login.microsoftonline.com/t", strings.NewReader(form))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := httpClient{client.Pipeline()}.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if transport.second != form {
		t.Errorf("the second attempt sent %q, want %q", transport.second, form)
	}
}
