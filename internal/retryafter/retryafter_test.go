package retryafter

import (
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"

	"github.com/workload-identity-quickstart/msal-go/pkg/tokencredential"
)

func answer(retryAfter string) error {
	return fmt.Errorf("get secret: %w", &azcore.ResponseError{
		StatusCode:  http.StatusTooManyRequests,
		RawResponse: &http.Response{Header: http.Header{"Retry-After": {retryAfter}}},
	})
}

func TestOf(t *testing.T) {
	tests := []struct {
		name string
		err  error
		want time.Duration
	}{
		{"seconds", answer("17"), 17 * time.Second},
		{"nothing", answer(""), window},
		{"nonsense", answer("soon"), window},
		{"negative", answer("-5"), window},
		{"past date", answer("Mon, 02 Jan 2006 15:04:05 GMT"), window},
		{"not throttled", &azcore.ResponseError{StatusCode: http.StatusServiceUnavailable, RawResponse: &http.Response{}}, 0},
		{"too long", answer("2147483647"), longest},
		{"beyond numbers", answer("99999999999999999999"), window},
		{"Entra ID", fmt.Errorf("x: %w", &tokencredential.AuthenticationError{RetryAfter: 9 * time.Second}), 9 * time.Second},
		{"without response", &azcore.ResponseError{}, 0},
		{"another error", errors.New("x"), 0},
		{"none", nil, 0},
	}
	for _, test := range tests {
		if got := Of(test.err); got != test.want {
			t.Errorf("%s: got %s, want %s", test.name, got, test.want)
		}
	}
}

func TestParseDate(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	if got := parse("Thu, 01 Jan 2026 00:01:30 GMT", now); got != 90*time.Second {
		t.Errorf("got %s, want 90s", got)
	}
}
