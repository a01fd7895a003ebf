package keyvault

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
)

// headStart is a credential that requests the first token while Key Vault's
// challenge, which says what token it wants, is still under way. That is a guess:
// only what the challenge names is sent to the vault.
type headStart struct {
	azcore.TokenCredential
	scope string // empty where there is nothing to guess from
	begun atomic.Bool
	guess atomic.Pointer[guess] // nil unless it may be of use
}

type guess struct {
	done chan struct{} // closed once err is set
	err  error
}

// begin requests a token if it is called for the first time. The caller calls end
// when it needs no token any more.
func (h *headStart) begin(ctx context.Context) (end func()) {
	if h.scope == "" || !h.begun.CompareAndSwap(false, true) {
		return func() {}
	}
	ctx, cancel := context.WithTimeout(ctx, tryTimeout) // as a request for the challenge's token has
	g := &guess{done: make(chan struct{})}
	h.guess.Store(g)
	go func() {
		defer close(g.done)
		// The credential remembers the token.
		_, g.err = h.TokenCredential.GetToken(ctx, policy.TokenRequestOptions{Scopes: []string{h.scope}, EnableCAE: true})
	}()
	return func() {
		h.guess.Store(nil)
		cancel()
		<-g.done
	}
}

// GetToken waits for the guess if options are what was guessed, and returns its
// error, rather than to request the same once more. An error is for one caller.
func (h *headStart) GetToken(ctx context.Context, options policy.TokenRequestOptions) (azcore.AccessToken, error) {
	if g := h.guess.Load(); g != nil && options.Claims == "" && slices.Equal(options.Scopes, []string{h.scope}) {
		select {
		case <-g.done:
		case <-ctx.Done():
			return azcore.AccessToken{}, fmt.Errorf("waiting for a token: %w", ctx.Err())
		}
		if g.err != nil && h.guess.CompareAndSwap(g, nil) {
			return azcore.AccessToken{}, g.err
		}
	}
	return h.TokenCredential.GetToken(ctx, options)
}

// documentedScope is what a vault of the public or a sovereign cloud asks for, and
// empty for any other address, see
// https://learn.microsoft.com/azure/key-vault/general/about-keys-secrets-certificates#dns-suffixes-for-object-identifiers.
func documentedScope(vaultURL string) string {
	u, err := url.Parse(vaultURL)
	if err != nil {
		return ""
	}
	_, domain, _ := strings.Cut(strings.ToLower(u.Host), ".")
	switch domain {
	case "vault.azure.net", "vault.usgovcloudapi.net", "vault.azure.cn":
		return "https://" + domain + "/.default"
	default:
		return ""
	}
}
