package keyvault

import (
	"errors"
	"net/http"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"

	"github.com/workload-identity-quickstart/msal-go/pkg/tokencredential"
)

// limitWindow is over what time a Key Vault counts requests, see
// https://learn.microsoft.com/azure/key-vault/general/service-limits.
const limitWindow = 10 * time.Second

// RetryAfter returns the backoff that the service requested which failed with err,
// the vault or Entra ID, or zero. A vault's 429 requests one without a header: ten
// seconds.
func RetryAfter(err error) time.Duration {
	if rejection, ok := errors.AsType[*tokencredential.AuthenticationError](err); ok {
		return rejection.RetryAfter
	}
	response, ok := errors.AsType[*azcore.ResponseError](err)
	if !ok || response.RawResponse == nil {
		return 0
	}
	requested := tokencredential.RetryAfter(response.RawResponse.Header)
	if requested == 0 && response.StatusCode == http.StatusTooManyRequests {
		return limitWindow
	}
	return requested
}
