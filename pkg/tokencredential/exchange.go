package tokencredential

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/AzureAD/microsoft-authentication-library-for-go/apps/confidential"
)

// exchangeTimeout ends an exchange whose callers set no deadline. It leaves room
// for a few tries and a Retry-After within them.
const exchangeTimeout = 2 * time.Minute

// exchanger trades the service account token for access tokens through MSAL.
type exchanger struct {
	azure     *azcore.Client
	tokenFile string
	refusals  refusalPolicy
	// Clients with and without the capability CP1, since MSAL fixes capabilities
	// per client and caches its tokens regardless of them.
	plain, cae confidential.Client
}

func newExchanger(o Options) (*exchanger, error) {
	azure, err := newAzureClient(o.ClientOptions)
	if err != nil {
		return nil, err
	}
	e := &exchanger{azure: azure, tokenFile: o.TokenFilePath, refusals: newRefusalPolicy(o.RefusalRetries)}

	authority := runtime.JoinPaths(o.Cloud.ActiveDirectoryAuthorityHost, o.TenantID)
	assertion := confidential.NewCredFromAssertionCallback(
		func(context.Context, confidential.AssertionRequestOptions) (string, error) {
			return readTokenFile(e.tokenFile)
		})
	settings := []confidential.Option{
		confidential.WithHTTPClient(httpClient{azure.Pipeline()}),
		confidential.WithInstanceDiscovery(!o.DisableInstanceDiscovery),
	}
	if e.plain, err = confidential.New(authority, o.ClientID, assertion, settings...); err != nil {
		return nil, fmt.Errorf("authority %s: %w", authority, err)
	}
	settings = append(settings, confidential.WithClientCapabilities([]string{"CP1"}))
	if e.cae, err = confidential.New(authority, o.ClientID, assertion, settings...); err != nil {
		return nil, fmt.Errorf("authority %s: %w", authority, err)
	}
	return e, nil
}

// exchange requests a token and, if Entra ID refuses, tries again a few times
// before the deadline, of which zero means none.
func (e *exchanger) exchange(ctx context.Context, deadline time.Time, tenant string, options policy.TokenRequestOptions) (token azcore.AccessToken, err error) {
	ctx, end := runtime.StartSpan(ctx, "Credential.GetToken", e.azure.Tracer(), nil)
	defer func() { end(err) }()
	return e.refusals.retry(ctx, deadline, func() (azcore.AccessToken, error) {
		return e.request(ctx, tenant, options)
	})
}

// request requests a token once, see
// https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow#third-case-access-token-request-with-a-federated-credential.
func (e *exchanger) request(ctx context.Context, tenant string, options policy.TokenRequestOptions) (azcore.AccessToken, error) {
	// MSAL asks for the assertion only after it discovered the authority. A file
	// that cannot be used should not cost a request.
	if _, err := readTokenFile(e.tokenFile); err != nil {
		return azcore.AccessToken{}, err
	}
	client := e.plain
	if options.EnableCAE {
		client = e.cae
	}
	var result confidential.AuthResult
	var err error
	for range 3 {
		result, err = client.AcquireTokenByCredential(ctx, options.Scopes,
			confidential.WithTenantID(tenant), confidential.WithClaims(options.Claims))
		// MSAL makes simultaneous exchanges share the discovery of the authority:
		// another exchange that was cancelled meanwhile fails this one too.
		if !errors.Is(err, context.Canceled) || ctx.Err() != nil {
			break
		}
	}
	if err != nil {
		return azcore.AccessToken{}, fromMSAL(err)
	}
	return azcore.AccessToken{
		Token:     result.AccessToken,
		ExpiresOn: result.ExpiresOn.UTC(),
		RefreshOn: result.Metadata.RefreshOn.UTC(),
	}, nil
}
