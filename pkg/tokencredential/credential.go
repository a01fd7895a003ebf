package tokencredential

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
)

// Credential gets Entra ID access tokens for the service account of the pod it
// runs in. Make one with [New] and share it: it is safe for concurrent use, and
// clients that share it share its tokens.
type Credential struct {
	tenantID          string
	additionalTenants []string
	exchanger         *exchanger
	tokens            tokenCache
	exchanges         flights
}

var _ azcore.TokenCredential = (*Credential)(nil)

// New makes a Credential from options, which may be nil, and the environment.
// It sends nothing and does not read the token file yet, so that it may run
// before the network is up. All its errors are of type [*ConfigError].
func New(options *Options) (*Credential, error) {
	if options == nil {
		options = &Options{}
	}
	resolved, proxy, err := options.resolve()
	if err != nil {
		return nil, err
	}
	if proxy != nil {
		resolved.Transport = proxy
	}
	exchanger, err := newExchanger(resolved)
	if err != nil {
		return nil, &ConfigError{Invalid: []error{err}}
	}
	return &Credential{
		tenantID:          resolved.TenantID,
		additionalTenants: slices.Clone(resolved.AdditionallyAllowedTenants),
		exchanger:         exchanger,
	}, nil
}

// GetToken returns an access token for options.Scopes, of which there must be
// one at least, such as "https://vault.azure.net/.default". Azure SDK clients
// call it by themselves.
//
// A token comes from memory until its RefreshOn time or, if Entra ID gave none,
// until five minutes before it expires. Then, and when options.Claims is set, a
// new one is requested with the token file's content of that moment. However
// many goroutines need the same token at the same time, one request is made;
// when ctx ends, only this call fails. A token that could not be renewed early
// stays in use until it expires, with a new attempt every 30 seconds.
//
// Entra ID now and then refuses what it has accepted for weeks, and what was
// configured minutes ago, because its servers do not all know yet. So a refused
// request is repeated, up to [Options].RefusalRetries times within about two
// seconds and ctx's deadline, each time with the token file read anew. Then the
// last refusal is returned as it is.
//
// options.TenantID selects another tenant than the credential's, if
// [Options].AdditionallyAllowedTenants has it. Tokens for options.EnableCAE
// carry the client capability CP1 and are kept apart from others.
//
// Errors: [*TokenFileError], [*AuthenticationError], ctx.Err(), or one of the
// network, all possibly wrapped.
func (c *Credential) GetToken(ctx context.Context, options policy.TokenRequestOptions) (azcore.AccessToken, error) {
	if len(options.Scopes) == 0 {
		return azcore.AccessToken{}, errors.New("token request without a scope: name one such as https://vault.azure.net/.default")
	}
	tenant, err := c.tenant(options.TenantID)
	if err != nil {
		return azcore.AccessToken{}, err
	}
	key := tokenKey{tenant: tenant, scopes: strings.Join(options.Scopes, " "), cae: options.EnableCAE}
	if options.Claims == "" {
		if token, ok := c.tokens.fresh(key); ok {
			return token, nil
		}
	}
	deadline, _ := ctx.Deadline() // of the first caller; the exchange itself outlives it
	token, err := c.exchanges.do(ctx, flightKey{key, options.Claims}, func(ctx context.Context) (azcore.AccessToken, error) {
		token, err := c.exchanger.exchange(ctx, deadline, tenant, options)
		if err == nil {
			c.tokens.put(key, token)
		}
		return token, err
	})
	if err != nil && options.Claims == "" && ctx.Err() == nil {
		if token, ok := c.tokens.postpone(key); ok {
			return token, nil
		}
	}
	return token, err
}

// tenant returns the tenant to ask: the credential's own or an allowed other.
func (c *Credential) tenant(requested string) (string, error) {
	if requested == "" || strings.EqualFold(requested, c.tenantID) {
		return c.tenantID, nil
	}
	if !validTenantID(requested) {
		return "", fmt.Errorf("tenant id %q is neither a GUID nor a domain name", requested)
	}
	for _, allowed := range c.additionalTenants {
		if allowed == "*" || strings.EqualFold(allowed, requested) {
			return strings.ToLower(requested), nil
		}
	}
	return "", fmt.Errorf("token requested for tenant %s, but this credential is for tenant %s: "+
		"add the other to AdditionallyAllowedTenants if that is meant", requested, c.tenantID)
}
