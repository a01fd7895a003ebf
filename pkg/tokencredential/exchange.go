package tokencredential

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
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

	// documented goes to the token endpoint that Microsoft documents, discovered to
	// the one that Entra ID names. Once discover is set, only the latter is used.
	documented, discovered msalClients
	discover               atomic.Bool
}

// msalClients are two, since MSAL fixes capabilities per client and caches its
// tokens regardless of them.
type msalClients struct{ plain, cae confidential.Client }

func newExchanger(o Options) (*exchanger, error) {
	azure, err := newAzureClient(o.ClientOptions)
	if err != nil {
		return nil, err
	}
	e := &exchanger{azure: azure, tokenFile: o.TokenFilePath, refusals: newRefusalPolicy(o.RefusalRetries)}
	client := httpClient{azure.Pipeline()}
	if e.documented, err = e.newClients(o, confidential.WithHTTPClient(documentedEndpoints{client})); err != nil {
		return nil, err
	}
	if e.discovered, err = e.newClients(o, confidential.WithHTTPClient(client)); err != nil {
		return nil, err
	}
	e.discover.Store(!isDocumented(o.Cloud.ActiveDirectoryAuthorityHost))
	return e, nil
}

func (e *exchanger) newClients(o Options, http confidential.Option) (msalClients, error) {
	authority := runtime.JoinPaths(o.Cloud.ActiveDirectoryAuthorityHost, o.TenantID)
	assertion := confidential.NewCredFromAssertionCallback(
		func(context.Context, confidential.AssertionRequestOptions) (string, error) {
			return readTokenFile(e.tokenFile)
		})
	settings := []confidential.Option{
		http,
		// It tells genuine authority hosts from others, and the documented ones are.
		confidential.WithInstanceDiscovery(!o.DisableInstanceDiscovery && !isDocumented(o.Cloud.ActiveDirectoryAuthorityHost)),
	}
	plain, err := confidential.New(authority, o.ClientID, assertion, settings...)
	if err != nil {
		return msalClients{}, fmt.Errorf("authority %s: %w", authority, err)
	}
	settings = append(settings, confidential.WithClientCapabilities([]string{"CP1"}))
	cae, err := confidential.New(authority, o.ClientID, assertion, settings...)
	if err != nil {
		return msalClients{}, fmt.Errorf("authority %s: %w", authority, err)
	}
	return msalClients{plain, cae}, nil
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
	if !e.discover.Load() {
		token, err := e.documented.acquire(ctx, tenant, options)
		if !noTokenEndpoint(err) {
			return token, err
		}
		e.discover.Store(true)
	}
	return e.discovered.acquire(ctx, tenant, options)
}

func (c *msalClients) acquire(ctx context.Context, tenant string, options policy.TokenRequestOptions) (azcore.AccessToken, error) {
	client := c.plain
	if options.EnableCAE {
		client = c.cae
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
