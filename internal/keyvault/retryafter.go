package keyvault

import (
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"

	"github.com/workload-identity-quickstart/msal-go/pkg/tokencredential"
)

const (
	// longestBackoff is the most that is believed. Azure asks for seconds.
	longestBackoff = 10 * time.Minute

	// limitWindow is over what time a Key Vault counts requests, see
	// https://learn.microsoft.com/azure/key-vault/general/service-limits.
	limitWindow = 10 * time.Second
)

// RetryAfter returns the backoff that the service requested which failed with err,
// the vault or Entra ID, or zero. A vault's 429 requests one without a header: ten
// seconds.
func RetryAfter(err error) time.Duration {
	if rejection, ok := errors.AsType[*tokencredential.AuthenticationError](err); ok {
		return min(rejection.RetryAfter, longestBackoff)
	}
	response, ok := errors.AsType[*azcore.ResponseError](err)
	if !ok || response.RawResponse == nil {
		return 0
	}
	requested := retryAfter(response.RawResponse.Header)
	if requested == 0 && response.StatusCode == http.StatusTooManyRequests {
		return limitWindow
	}
	return min(requested, longestBackoff)
}

// retryAfter reads a Retry-After header, RFC 9110 section 10.2.3.
func retryAfter(h http.Header) time.Duration {
	value := h.Get("Retry-After")
	if seconds, err := strconv.ParseUint(value, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second
	}
	if date, err := http.ParseTime(value); err == nil {
		return max(time.Until(date), 0)
	}
	return 0
}
