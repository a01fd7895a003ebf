package tokencredential

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
)

const (
	refusedBody   = `{"error":"invalid_client","error_description":"AADSTS700213: No match.","error_codes":[700213]}`
	throttledBody = `{"error":"temporarily_unavailable","error_description":"AADSTS90055: Too many requests."}`
)

// moody answers token requests as its func says, and the rest like clockwork.
type moody struct {
	clockwork
	answer     func(n int) (status int, body string) // of the nth token request, from 1; 0 for a token
	assertions []string
}

func (m *moody) Do(req *http.Request) (*http.Response, error) {
	if !strings.HasSuffix(req.URL.Path, "/token") {
		return m.clockwork.Do(req)
	}
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, err
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, err
	}
	m.assertions = append(m.assertions, form.Get("client_assertion"))
	status, answer := m.answer(len(m.assertions))
	if status == 0 {
		return m.clockwork.Do(req)
	}
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(answer)), Request: req}, nil
}

func newMoodyCredential(t *testing.T, retries int, answer func(n int) (int, string)) (*Credential, *moody, string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte(sampleJWT), 0o600); err != nil {
		t.Fatal(err)
	}
	entra := &moody{answer: answer}
	options := Options{ClientID: "c", TenantID: "t", TokenFilePath: file, DisableTokenProxy: true, RefusalRetries: retries}
	options.Transport = entra
	options.Retry.MaxRetries = -1
	credential, err := New(&options)
	if err != nil {
		t.Fatal(err)
	}
	return credential, entra, file
}

func TestRefusalsAreRetried(t *testing.T) {
	refuse := func(times int) func(int) (int, string) {
		return func(n int) (int, string) {
			if n <= times {
				return http.StatusUnauthorized, refusedBody
			}
			return 0, ""
		}
	}
	always := refuse(1 << 30)
	tests := []struct {
		name     string
		retries  int
		timeout  time.Duration // of the caller; 0 for none
		answer   func(int) (int, string)
		requests int
		code     int // of the error; 0 for a token
		within   time.Duration
	}{
		{name: "once", answer: refuse(1), requests: 2, within: 400 * time.Millisecond},
		{name: "three times", answer: refuse(3), requests: 4, within: 3 * time.Second},
		{name: "always", answer: always, requests: 4, code: 700213, within: 3 * time.Second},
		{name: "more retries", retries: 4, answer: refuse(4), requests: 5, within: 6 * time.Second},
		{name: "no retries", retries: -1, answer: always, requests: 1, code: 700213},
		{name: "no time left", timeout: 100 * time.Millisecond, answer: always, requests: 1, code: 700213},
		{name: "throttled is not refused", answer: func(int) (int, string) { return http.StatusTooManyRequests, throttledBody }, requests: 1, code: 90055},
		{name: "a proxy's page is not Entra's refusal", answer: func(int) (int, string) { return http.StatusForbidden, "<html>" }, requests: 1, code: -1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				credential, entra, _ := newMoodyCredential(t, test.retries, test.answer)
				ctx := t.Context()
				if test.timeout > 0 {
					var cancel context.CancelFunc
					ctx, cancel = context.WithTimeout(ctx, test.timeout)
					defer cancel()
				}
				start := time.Now()
				_, err := credential.GetToken(ctx, policy.TokenRequestOptions{Scopes: []string{"s/.default"}})
				if took := time.Since(start); took > test.within {
					t.Errorf("it took %s, more than %s", took, test.within)
				}
				if len(entra.assertions) != test.requests {
					t.Errorf("%d requests, want %d", len(entra.assertions), test.requests)
				}
				refusal, refused := errors.AsType[*AuthenticationError](err)
				switch {
				case test.code == 0 && err != nil, test.code != 0 && !refused:
					t.Errorf("got %v", err)
				case test.code > 0 && refusal.ErrorCodes[0] != test.code:
					t.Errorf("code %d, want %d", refusal.ErrorCodes[0], test.code)
				}
			})
		})
	}
}

func TestRetryReadsTokenFileAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const rotated = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJyb3RhdGVkIn0.c2lnbmF0dXJl"
		var file string
		credential, entra, path := newMoodyCredential(t, 0, func(n int) (int, string) {
			if n > 1 {
				return 0, ""
			}
			if err := os.WriteFile(file, []byte(rotated), 0o600); err != nil {
				t.Error(err)
			}
			return http.StatusUnauthorized, refusedBody
		})
		file = path
		if _, err := credential.GetToken(t.Context(), policy.TokenRequestOptions{Scopes: []string{"s/.default"}}); err != nil {
			t.Fatal(err)
		}
		if len(entra.assertions) != 2 || entra.assertions[0] != sampleJWT || entra.assertions[1] != rotated {
			t.Error("the second request did not send what the file held by then")
		}
	})
}

// An operator measured that 2.2 % of the exchanges of a credential that was right
// were refused.
func TestRandomRefusals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		random := rand.New(rand.NewPCG(1, 2))
		refused := 0
		credential, _, _ := newMoodyCredential(t, 0, func(int) (int, string) {
			if random.Float64() < 0.022 {
				refused++
				return http.StatusUnauthorized, refusedBody
			}
			return 0, ""
		})
		failed := 0
		for range 10_000 {
			// A request with claims never comes from memory.
			if _, err := credential.GetToken(t.Context(), policy.TokenRequestOptions{Scopes: []string{"s/.default"}, Claims: "{}"}); err != nil {
				failed++
			}
		}
		if failed > 0 || refused < 100 {
			t.Errorf("%d of 10,000 exchanges failed; %d requests were refused", failed, refused)
		}
	})
}
