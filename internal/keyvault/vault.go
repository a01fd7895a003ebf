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

// tryTimeout ends a single request that nobody answers, so that it is tried
// again. It includes getting a token.
const tryTimeout = 30 * time.Second

// Vault is a Key Vault. It is safe for concurrent use.
type Vault struct {
	url    string
	token  *headStart
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
func New(url string, credential azcore.TokenCredential, options *azcore.ClientOptions) (*Vault, error) {
	var o azsecrets.ClientOptions
	if options != nil {
		o.ClientOptions = *options
	}
	if o.Retry.TryTimeout == 0 {
		o.Retry.TryTimeout = tryTimeout
	}
	o.PerRetryPolicies = append(slices.Clone(o.PerRetryPolicies), checkChallenge{})
	token := &headStart{TokenCredential: credential, scope: documentedScope(url)}
	client, err := azsecrets.NewClient(url, token, &o)
	if err != nil {
		return nil, fmt.Errorf("client for vault %s: %w", url, err)
	}
	return &Vault{url: url, token: token, client: client}, nil
}

// Secret returns the current version of the named secret. Errors of the service
// are of type *azcore.ResponseError. The first call requests a token before the
// vault asks for one, if the vault is in the public or a sovereign cloud.
func (v *Vault) Secret(ctx context.Context, name string) (Secret, error) {
	secret, err := v.secret(ctx, name)
	if err != nil {
		return Secret{}, fmt.Errorf("get secret %q from vault %s: %w", name, v.url, inOneLine(err))
	}
	return secret, nil
}

func (v *Vault) secret(ctx context.Context, name string) (Secret, error) {
	defer v.token.begin(ctx)()
	resp, err := v.client.GetSecret(ctx, name, "", nil)
	if err != nil {
		return Secret{}, err
	}
	if resp.Value == nil || resp.ID == nil {
		return Secret{}, errors.New("the answer holds no secret: is this the address of a Key Vault?")
	}
	return Secret{Value: *resp.Value, Version: resp.ID.Version()}, nil
}
