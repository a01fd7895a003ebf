package tokencredential

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
)

const (
	rejectedBody  = `{"error":"invalid_client","error_description":"AADSTS700213: No match.","error_codes":[700213]}`
	throttledBody = `{"error":"temporarily_unavailable","error_description":"AADSTS90055: Too many requests."}`
)

// response is what a scripted Entra ID sends for a token request. Its zero value is
// a token that is named after the number of the request and lives for a day, with
// twelve hours until its RefreshOn.
type response struct {
	status int
	body   string
	header http.Header
	err    error
}

// scripted is an Entra ID without a network, so that days can pass in no time.
type scripted struct {
	respond func(n int, r *http.Request) response // to the nth token request, from 1; nil for tokens

	mu                 sync.Mutex
	assertions, scopes []string // of each token request
}

func (s *scripted) Do(req *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, err
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	s.assertions = append(s.assertions, form.Get("client_assertion"))
	s.scopes = append(s.scopes, form.Get("scope"))
	n := len(s.assertions)
	s.mu.Unlock()
	var r response
	if s.respond != nil {
		r = s.respond(n, req)
	}
	switch {
	case r.err != nil:
		return nil, r.err
	case r.status == 0:
		r.status, r.body = http.StatusOK, fmt.Sprintf(`{"token_type":"Bearer","expires_in":86400,"refresh_in":43200,"access_token":"token %d"}`, n)
	}
	if r.header == nil {
		r.header = http.Header{}
	}
	return &http.Response{StatusCode: r.status, Header: r.header, Body: io.NopCloser(strings.NewReader(r.body)), Request: req}, nil
}

// requests returns how many token requests there were.
func (s *scripted) requests() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.assertions)
}

// newScripted returns a credential and its Entra ID. Options may be nil.
func newScripted(t *testing.T, options *Options, respond func(n int, r *http.Request) response) (*Credential, *scripted) {
	t.Helper()
	if options == nil {
		options = &Options{}
	}
	if options.TokenFilePath == "" {
		options.TokenFilePath = filepath.Join(t.TempDir(), "token")
		if err := os.WriteFile(options.TokenFilePath, []byte(sampleJWT), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	entra := &scripted{respond: respond}
	options.ClientID, options.TenantID, options.Transport = "c", "t", entra
	options.Getenv = func(string) string { return "" }
	credential, err := New(options)
	if err != nil {
		t.Fatal(err)
	}
	return credential, entra
}

var someScope = policy.TokenRequestOptions{Scopes: []string{"s/.default"}}
