package keyvault

import (
	"cmp"
	"context"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/workload-identity-quickstart/msal-go/internal/azurecloud"
)

// tokens is the credential that the SDK's client uses.
type tokens struct {
	azcore.TokenCredential
	scope string    // empty if the vault's challenge has to be awaited
	once  sync.Once // for prefetch
}

// GetToken keeps the SDK's client from caching the token: it would present one that
// the vault rejects until it expires. The credential has a cache of its own.
func (t *tokens) GetToken(ctx context.Context, options policy.TokenRequestOptions) (azcore.AccessToken, error) {
	token, err := t.TokenCredential.GetToken(ctx, options)
	if err != nil {
		return azcore.AccessToken{}, err
	}
	return azcore.AccessToken{Token: token.Token, ExpiresOn: time.Now()}, nil
}

// prefetch requests the token that the vault's challenge is going to ask for, so
// that both are under way at the same time. Only what the challenge names is sent to
// the vault. The credential shares the request with the reader who needs the token
// then, or has the token in memory; a failure is reported by the reader's own call.
// The request has a context of its own, since it is not for one reader alone.
func (t *tokens) prefetch() {
	if t.scope == "" {
		return
	}
	t.once.Do(func() {
		ctx, cancel := context.WithTimeout(context.Background(), tryTimeout)
		go func() {
			defer cancel()
			_, _ = t.TokenCredential.GetToken(ctx, TokenOptions(t.scope))
		}()
	})
}

// TokenOptions is how the SDK's client requests a token for scope. What differs from
// it is another token.
func TokenOptions(scope string) policy.TokenRequestOptions {
	return policy.TokenRequestOptions{Scopes: []string{scope}, EnableCAE: true}
}

// Scope returns the scope of the vaults in the domain of vaultURL, and whether that
// is a domain of the public or a sovereign cloud; elsewhere the vault's challenge may
// name another. See
// https://learn.microsoft.com/azure/key-vault/general/about-keys-secrets-certificates#dns-suffixes-for-object-identifiers.
func Scope(vaultURL string) (scope string, wellKnown bool) {
	u, err := url.Parse(vaultURL)
	if err != nil {
		return "", false
	}
	host := strings.ToLower(u.Hostname())
	_, domain, _ := strings.Cut(host, ".")
	cloud, _ := azurecloud.OfVault(host)
	// The SDK rejects the challenge of any other port or domain.
	wellKnown = domain != "" && domain == cloud.VaultDomain && u.Port() == ""
	return "https://" + cmp.Or(domain, azurecloud.Public.VaultDomain) + "/.default", wellKnown
}
