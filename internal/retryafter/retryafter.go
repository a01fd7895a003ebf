package retryafter

import (
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"

	"github.com/workload-identity-quickstart/msal-go/pkg/tokencredential"
)

// longest is the most that is believed. Azure asks for seconds.
const longest = 10 * time.Minute

// window is over what time a Key Vault counts requests, see
// https://learn.microsoft.com/azure/key-vault/general/service-limits.
const window = 10 * time.Second

// Of returns how long the service that answered with err wants no request, or zero
// if it did not say. Key Vault's 429 says so without a header: ten seconds. Of knows
// the errors of Azure SDK clients and of the credential.
func Of(err error) time.Duration {
	if refusal, ok := errors.AsType[*tokencredential.AuthenticationError](err); ok {
		return min(refusal.RetryAfter, longest)
	}
	if answer, ok := errors.AsType[*azcore.ResponseError](err); ok && answer.RawResponse != nil {
		asked := parse(answer.RawResponse.Header.Get("Retry-After"), time.Now())
		if asked == 0 && answer.StatusCode == http.StatusTooManyRequests {
			return window // Key Vault itself does not say
		}
		return min(asked, longest)
	}
	return 0
}

// parse reads a Retry-After header, RFC 9110 section 10.2.3.
func parse(value string, now time.Time) time.Duration {
	if seconds, err := strconv.ParseUint(value, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second
	}
	if date, err := http.ParseTime(value); err == nil {
		return max(date.Sub(now), 0)
	}
	return 0
}
