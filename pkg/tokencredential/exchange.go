package tokencredential

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/AzureAD/microsoft-authentication-library-for-go/apps/cache"
	"github.com/AzureAD/microsoft-authentication-library-for-go/apps/confidential"
)

// newClient returns an MSAL client that is built when it is first needed.
func (c *Credential) newClient(capabilities ...string) func() (confidential.Client, error) {
	return sync.OnceValues(func() (confidential.Client, error) {
		host := c.options.Cloud.ActiveDirectoryAuthorityHost
		authority := runtime.JoinPaths(host, c.options.TenantID)
		client, err := confidential.New(authority, c.options.ClientID, confidential.NewCredFromAssertionCallback(assertion),
			confidential.WithHTTPClient(httpClient{c.azure.Pipeline()}),
			confidential.WithCache(noCache{}),
			confidential.WithClientCapabilities(capabilities),
			// It asks whether the authority host is genuine, which the well-known ones are.
			confidential.WithInstanceDiscovery(!c.options.DisableInstanceDiscovery && !isWellKnown(host)),
			// MSAL_FORCE_REGION would send the first request to a regional host.
			confidential.WithAzureRegion("DisableMsalForceRegion"))
		if err != nil {
			return client, fmt.Errorf("authority %s: %w", authority, err)
		}
		return client, nil
	})
}

// exchange trades the service account token for an access token. It repeats what
// Entra ID rejects whatever the code: codes change, and two seconds are little.
func (c *Credential) exchange(ctx context.Context, key tokenKey, options policy.TokenRequestOptions, call *sharedCall) (token azcore.AccessToken, err error) {
	if err := c.memory.paused(key.tenant); err != nil {
		return token, err
	}
	ctx, end := runtime.StartSpan(ctx, "Credential.GetToken", c.azure.Tracer(), nil)
	defer func() { end(err) }()
	var response *AuthenticationError
	for attempt := 0; ; attempt++ {
		token, err = c.request(ctx, key.tenant, options)
		if response, _ = errors.AsType[*AuthenticationError](err); response == nil || !response.isRejection() || attempt >= int(c.options.Retry.MaxRetries) {
			break
		}
		call.rejection.Store(response)
		time.Sleep(vary(250*time.Millisecond<<attempt, 0.5))
	}
	if response != nil && response.RetryAfter > 0 {
		c.memory.pauses.Store(key.tenant, pause{time.Now().Add(response.RetryAfter), *response})
	}
	level, message := slog.LevelDebug, "requested a token"
	if err == nil {
		c.memory.put(key, token, call)
	} else if call.renewal {
		level, message = slog.LevelWarn, "failed to renew a token; the old one stays in use until it expires"
	}
	c.options.Logger.Log(ctx, level, message, "scopes", key.scopes, "tenant", key.tenant, "expires", token.ExpiresOn, "error", err)
	return token, err
}

// request requests a token once, see
// https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow#third-case-access-token-request-with-a-federated-credential.
func (c *Credential) request(ctx context.Context, tenant string, options policy.TokenRequestOptions) (none azcore.AccessToken, err error) {
	// Now, not when MSAL asks: a file that cannot be used should cost no discovery.
	token, err := readTokenFile(c.options.TokenFilePath)
	if err != nil {
		return none, err
	}
	newClient := c.plain
	if options.EnableCAE {
		newClient = c.cae
	}
	client, err := newClient()
	if err != nil {
		return none, err
	}
	retry := c.options.Retry
	longest := time.Duration(max(retry.MaxRetries, 0)+1) * (retry.TryTimeout + cmp.Or(max(retry.MaxRetryDelay, 0), time.Minute))
	ctx, cancel := context.WithTimeout(ctx, longest) // MSAL would set 30 seconds
	defer cancel()
	result, err := client.AcquireTokenByCredential(context.WithValue(ctx, assertionKey{}, token), options.Scopes,
		confidential.WithTenantID(tenant), confidential.WithClaims(options.Claims))
	if err != nil {
		return none, fromMSAL(err)
	}
	return azcore.AccessToken{Token: result.AccessToken, ExpiresOn: result.ExpiresOn.UTC(), RefreshOn: result.Metadata.RefreshOn.UTC()}, nil
}

type assertionKey struct{}

func assertion(ctx context.Context, _ confidential.AssertionRequestOptions) (string, error) {
	return ctx.Value(assertionKey{}).(string), nil //nolint:forcetypeassert // set by request
}

// noCache empties MSAL's cache before each use. MSAL would return a token from
// there when its renewal fails, so that the failure could not be seen.
type noCache struct{}

func (noCache) Replace(_ context.Context, c cache.Unmarshaler, _ cache.ReplaceHints) error {
	return c.Unmarshal([]byte("{}"))
}

func (noCache) Export(context.Context, cache.Marshaler, cache.ExportHints) error { return nil }
