package keyvault

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azsecrets"
)

// tryTimeout ends a single attempt, which includes getting a token.
const tryTimeout = 30 * time.Second

// Vault is a Key Vault. It is safe for concurrent use.
type Vault struct {
	url    string
	tokens *tokens
	client *azsecrets.Client
}

// Secret is one version of a secret.
type Secret struct {
	// Value is the secret itself.
	Value string
	// Version is Key Vault's identifier of the version: 32 hexadecimal digits.
	Version string
}

// New returns the vault at url, such as https://my-vault.vault.azure.net/. Options
// may be nil; their Retry.TryTimeout defaults to 30 seconds. It sends nothing.
//
// The credential is asked for a token at every read, and has to cache it. If it has
// a method Invalidate(token string), that is called with each token that the vault
// rejects: after a 401 the credential may return another one to the same read,
// after a 403 to the next.
func New(url string, credential azcore.TokenCredential, options *azcore.ClientOptions) (*Vault, error) {
	var o azsecrets.ClientOptions
	if options != nil {
		o.ClientOptions = *options
	}
	if o.Retry.TryTimeout == 0 {
		o.Retry.TryTimeout = tryTimeout
	}
	invalidator, _ := credential.(invalidator)
	o.PerRetryPolicies = append(slices.Clone(o.PerRetryPolicies), guard{invalidator})
	tokens := &tokens{TokenCredential: credential}
	if scope, wellKnown := Scope(url); wellKnown {
		tokens.scope = scope
	}
	client, err := azsecrets.NewClient(url, tokens, &o)
	if err != nil {
		return nil, fmt.Errorf("client for vault %s: %w", url, err)
	}
	return &Vault{url: url, tokens: tokens, client: client}, nil
}

// Secret returns the current version of the named secret. Errors of the service
// are of type *azcore.ResponseError. The first call requests a token before the
// vault asks for one, if the vault is in the public or a sovereign cloud; that
// request may go on when Secret has returned, for at most 30 seconds.
func (v *Vault) Secret(ctx context.Context, name string) (Secret, error) {
	v.tokens.prefetch() //nolint:contextcheck // it is not for this reader alone
	secret, err := v.secret(ctx, name)
	if err != nil {
		return Secret{}, fmt.Errorf("get secret %q from vault %s: %w", name, v.url, inOneLine(err))
	}
	return secret, nil
}

func (v *Vault) secret(ctx context.Context, name string) (Secret, error) {
	resp, err := v.client.GetSecret(ctx, name, "", nil)
	if err != nil {
		return Secret{}, err
	}
	if resp.Value == nil || resp.ID == nil {
		return Secret{}, errors.New("the response holds no secret: is this the address of a Key Vault?")
	}
	return Secret{Value: *resp.Value, Version: resp.ID.Version()}, nil
}
