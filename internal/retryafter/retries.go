package retryafter

import (
	"net/http"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
)

// Retries are for SDK clients whose caller waits as [Of] says: they try again by
// themselves what failed for a moment, at most three times within about nine
// seconds. Where a service asks for more than five seconds, or says 429, they
// return the error at once. Their own wait would have no jitter, and might not fit
// into what the caller's timeout leaves.
func Retries() policy.RetryOptions {
	return policy.RetryOptions{
		MaxRetryDelay: 5 * time.Second,
		StatusCodes: []int{
			http.StatusRequestTimeout, http.StatusInternalServerError, http.StatusBadGateway,
			http.StatusServiceUnavailable, http.StatusGatewayTimeout,
		},
	}
}
