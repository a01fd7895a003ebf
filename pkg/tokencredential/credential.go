package tokencredential

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/AzureAD/microsoft-authentication-library-for-go/apps/confidential"
)

// Credential gets Entra ID access tokens for the service account of the pod it
// runs in. Create one with [New] and share it: it is safe for concurrent use, and
// clients that share it share its tokens. Printing it shows no token.
type Credential struct {
	options    Options // complete
	azure      *azcore.Client
	plain, cae func() (confidential.Client, error) // MSAL fixes capabilities per client
	memory     memory
}

// New creates a Credential from options, which may be nil, and the environment.
// It sends nothing and does not read the token file yet, so that it may run
// before the network is up. All its errors are of type [*ConfigError].
func New(options *Options) (*Credential, error) {
	resolved, err := cmp.Or(options, &Options{}).resolve()
	if err != nil {
		return nil, err
	}
	azure, err := newAzureClient(resolved.ClientOptions)
	if err != nil {
		return nil, &ConfigError{Invalid: []error{err}}
	}
	c := &Credential{options: resolved, azure: azure}
	c.memory.tokens, c.memory.calls = make(map[tokenKey]*rememberedToken), make(map[tokenKey]*sharedCall)
	c.plain, c.cae = c.newClient(), c.newClient("CP1")
	return c, nil
}

// GetToken returns an access token for options.Scopes, of which there must be
// one at least, such as "https://vault.azure.net/.default". Azure SDK clients
// call it by themselves.
//
// A token comes from memory until it expires. It is renewed in the background from
// its RefreshOn time on or, without one, five minutes before it expires, or up to a
// tenth of that time earlier, with 30 to 45 seconds between attempts. Nobody waits
// for a renewal. Without a token in memory, and always if options.Claims is set, one
// is requested with the token file's content of that moment. Callers that need the
// same token at the same time share one request. When ctx ends, this call returns its
// error; the request goes on, and the next caller finds its token in memory.
//
// Now and then Entra ID rejects what it has accepted for weeks, and what was
// configured minutes ago, because not all its servers know yet. So a rejected
// request is repeated, Options.Retry.MaxRetries times, within about two seconds and
// with the token file read anew. If Entra ID asks for a pause, the credential
// requests nothing of that tenant until it is over, and returns the same error.
//
// options.TenantID may be any of [Options].AdditionallyAllowedTenants. Tokens for
// options.EnableCAE carry the client capability CP1 and are kept apart from others.
//
// Errors: [*TokenFileError], [*AuthenticationError], ctx.Err(), or one of the
// network, all possibly wrapped and on one line. Except for the last two they have
// a method NonRetriable, so that azcore does not repeat the call. A panic of a
// custom policy or transport reaches all callers that wait.
func (c *Credential) GetToken(ctx context.Context, options policy.TokenRequestOptions) (none azcore.AccessToken, err error) {
	defer func() {
		if _, network := errors.AsType[*networkError](err); err != nil && !network && ctx.Err() == nil {
			err = permanentError{err}
		}
	}()
	if c == nil || c.azure == nil {
		return none, errors.New("this Credential was not created with tokencredential.New")
	}
	if len(options.Scopes) == 0 {
		return none, errors.New("token request without a scope: name one such as https://vault.azure.net/.default")
	}
	tenant, err := c.tenant(options.TenantID)
	if err != nil {
		return none, err
	}
	if options.Claims == "" {
		if token, ok := c.memory.get(tenant, options.Scopes, options.EnableCAE); ok {
			return token, nil
		}
	}
	options.Scopes = slices.Clone(options.Scopes) // an exchange may outlive this call
	key := tokenKey{tenant: tenant, scopes: strings.Join(options.Scopes, " "), cae: options.EnableCAE, claims: options.Claims}
	token, call := c.memory.join(key, func(call *sharedCall) (azcore.AccessToken, error) {
		return c.exchange(context.WithoutCancel(ctx), key, options, call)
	})
	if call == nil {
		return token, nil
	}
	select {
	case <-call.done:
	case <-ctx.Done():
		err = fmt.Errorf("waiting for a token from %s: %w", c.options.Cloud.ActiveDirectoryAuthorityHost, ctx.Err())
		if rejection := call.rejection.Load(); rejection != nil {
			err = fmt.Errorf("%w; so far: %w", err, rejection)
		}
		return none, err
	}
	if call.panicked != nil {
		panic(call.panicked)
	}
	if call.err != nil && options.Claims == "" {
		if token, ok := c.memory.restore(key); ok {
			return token, nil
		}
	}
	return call.token, call.err
}

// Invalidate reports that a service rejected an access token from GetToken: with
// 401, for example after a signing key was revoked, or with 403, to which a token
// that is older than a group membership leads. The next GetToken waits for a new
// one; if none can be had, it returns the old one, which other services may accept.
//
// It does nothing within a minute of the last token for the same scopes that it took
// back: a service that rejects every token costs one exchange a minute. Azure SDK
// clients keep a token after a 403: create a new client, too.
func (c *Credential) Invalidate(token string) { c.memory.invalidate(token) }

// Format prints whose tokens the credential gets, whatever the verb.
func (c *Credential) Format(s fmt.State, _ rune) {
	_, _ = fmt.Fprintf(s, "tokencredential.Credential(client ID %s, tenant %s)", c.options.ClientID, c.options.TenantID)
}

// tenant returns the tenant to ask: the credential's own or an allowed other.
func (c *Credential) tenant(requested string) (string, error) {
	if requested == "" || strings.EqualFold(requested, c.options.TenantID) {
		return c.options.TenantID, nil
	}
	if !validTenantID(requested) {
		return "", fmt.Errorf("tenant ID %q is neither a GUID nor a domain name", requested)
	}
	for _, allowed := range c.options.AdditionallyAllowedTenants {
		if allowed == "*" || strings.EqualFold(allowed, requested) {
			return strings.ToLower(requested), nil
		}
	}
	return "", fmt.Errorf("token requested for tenant %s, but this credential is for tenant %s: "+
		"add the other to AdditionallyAllowedTenants if that is meant", requested, c.options.TenantID)
}
