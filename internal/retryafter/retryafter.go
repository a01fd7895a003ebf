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

// Of returns how long the service that answered with err wants no request, or zero
// if it did not say. It knows the errors of Azure SDK clients and of the
// credential.
func Of(err error) time.Duration {
	if refusal, ok := errors.AsType[*tokencredential.AuthenticationError](err); ok {
		return min(refusal.RetryAfter, longest)
	}
	if answer, ok := errors.AsType[*azcore.ResponseError](err); ok && answer.RawResponse != nil {
		return min(parse(answer.RawResponse.Header.Get("Retry-After"), time.Now()), longest)
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
