package tokencredential

import (
	"sync"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
)

const (
	// expiryMargin covers clock skew and the way of a request to the service.
	// MSAL's own cache uses the same.
	expiryMargin = 5 * time.Minute

	// refreshPause lies between two attempts to renew a token that is still good.
	refreshPause = 30 * time.Second
)

type tokenKey struct {
	tenant, scopes string
	cae            bool
}

type cachedToken struct {
	azcore.AccessToken
	renewAt time.Time
}

// tokenCache holds the latest token for each key. It stands before MSAL's cache
// because it neither locks readers out nor allocates.
type tokenCache struct {
	mu     sync.RWMutex
	tokens map[tokenKey]cachedToken
}

// fresh returns a token that need not be renewed yet.
func (c *tokenCache) fresh(key tokenKey) (azcore.AccessToken, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	cached, ok := c.tokens[key]
	if !ok || !time.Now().Before(cached.renewAt) {
		return azcore.AccessToken{}, false
	}
	return cached.AccessToken, true
}

func (c *tokenCache) put(key tokenKey, token azcore.AccessToken) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.tokens == nil {
		c.tokens = make(map[tokenKey]cachedToken)
	}
	c.tokens[key] = cachedToken{token, renewalTime(token)}
}

// postpone returns a token that should have been renewed but has not expired, and
// puts off the next attempt.
func (c *tokenCache) postpone(key tokenKey) (azcore.AccessToken, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	cached, ok := c.tokens[key]
	if !ok || !time.Now().Before(cached.ExpiresOn) {
		return azcore.AccessToken{}, false
	}
	cached.renewAt = renewalTime(cached.AccessToken)
	c.tokens[key] = cached
	return cached.AccessToken, true
}

// renewalTime is when to ask for the next token. If that should have been by now,
// an attempt has just failed, and the next one is due after a pause.
func renewalTime(token azcore.AccessToken) time.Time {
	renewal := token.ExpiresOn.Add(-expiryMargin)
	if !token.RefreshOn.IsZero() && token.RefreshOn.Before(renewal) {
		renewal = token.RefreshOn
	}
	if now := time.Now(); !now.Before(renewal) {
		renewal = now.Add(refreshPause)
	}
	if renewal.After(token.ExpiresOn) {
		return token.ExpiresOn
	}
	return renewal
}
