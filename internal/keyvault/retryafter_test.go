package keyvault

import (
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"

	"github.com/workload-identity-quickstart/msal-go/pkg/tokencredential"
)

func throttled(retryAfter string) error {
	return fmt.Errorf("get secret: %w", &azcore.ResponseError{
		StatusCode:  http.StatusTooManyRequests,
		RawResponse: &http.Response{Header: http.Header{"Retry-After": {retryAfter}}},
	})
}

func TestRetryAfter(t *testing.T) {
	tests := []struct {
		name string
		err  error
		want time.Duration
	}{
		{"seconds", throttled("17"), 17 * time.Second},
		{"nothing", throttled(""), limitWindow},
		{"nonsense", throttled("soon"), limitWindow},
		{"negative", throttled("-5"), limitWindow},
		{"date", throttled(time.Now().Add(time.Hour).UTC().Format(http.TimeFormat)), 10 * time.Minute},
		{"past date", throttled("Mon, 02 Jan 2006 15:04:05 GMT"), limitWindow},
		{"not throttled", &azcore.ResponseError{StatusCode: http.StatusServiceUnavailable, RawResponse: &http.Response{}}, 0},
		{"too long", throttled("2147483647"), 10 * time.Minute},
		{"beyond numbers", throttled("99999999999999999999"), limitWindow},
		{"Entra ID", fmt.Errorf("x: %w", &tokencredential.AuthenticationError{RetryAfter: 9 * time.Second}), 9 * time.Second},
		{"without response", &azcore.ResponseError{}, 0},
		{"another error", errors.New("x"), 0},
		{"none", nil, 0},
	}
	for _, test := range tests {
		if got := RetryAfter(test.err); got != test.want {
			t.Errorf("%s: got %s, want %s", test.name, got, test.want)
		}
	}
}
