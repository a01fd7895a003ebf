package tokencredential

import (
	"cmp"
	"errors"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
)

const (
	expiryMargin      = 5 * time.Minute  // MSAL and azcore have the same
	renewalPause      = 30 * time.Second // between attempts
	invalidationPause = time.Minute      // between tokens that Invalidate takes back
)

type tokenKey struct {
	tenant, scopes string
	cae            bool
	claims         string // of calls only: a token with claims serves everybody
}

// memory holds the latest token for each key, the exchanges under way and the
// pauses that Entra ID asked for.
type memory struct {
	mu     sync.RWMutex // guards the next three
	tokens map[tokenKey]*rememberedToken
	calls  map[tokenKey]*sharedCall
	begun  uint64   // calls so far
	pauses sync.Map // a pause for a tenant
}

type rememberedToken struct {
	azcore.AccessToken
	renewAt     time.Time
	call        uint64    // the number of the call that brought it
	invalidated time.Time // when it, or one before it, was
	rejected    bool
}

// sharedCall is one exchange for everybody who needs its token. It has its own
// context and runs to its end, even if all leave.
type sharedCall struct {
	number    uint64
	renewal   bool                                // nobody waited when it began
	rejection atomic.Pointer[AuthenticationError] // that of its last attempt
	done      chan struct{}                       // closed once those below are set
	token     azcore.AccessToken
	err       error
	panicked  any
}

type pause struct {
	until time.Time
	err   AuthenticationError
}

// get returns a token that need not be renewed yet, without an allocation.
func (m *memory) get(tenant string, scopes []string, cae bool) (azcore.AccessToken, bool) {
	var buffer [256]byte
	joined := buffer[:0]
	for i, scope := range scopes {
		if i > 0 {
			joined = append(joined, ' ')
		}
		joined = append(joined, scope...)
	}
	m.mu.RLock()
	defer m.mu.RUnlock()
	r, now := m.tokens[tokenKey{tenant, string(joined), cae, ""}], time.Now()
	if r == nil || r.rejected || !now.Before(r.renewAt) || !now.Before(r.ExpiresOn) {
		return azcore.AccessToken{}, false
	}
	return r.AccessToken, true
}

// join returns the token for key, after beginning its renewal if that is due, or
// else the call that will bring one. A call that has to begin runs exchange.
func (m *memory) join(key tokenKey, exchange func(*sharedCall) (azcore.AccessToken, error)) (azcore.AccessToken, *sharedCall) {
	m.mu.Lock()
	defer m.mu.Unlock()
	call, now := m.calls[key], time.Now()
	r := m.tokens[key]
	usable := r != nil && !r.rejected && now.Before(r.ExpiresOn)
	due := usable && !now.Before(r.renewAt)
	if due {
		r.renewAt = now.Add(vary(renewalPause, 0.5))
	}
	if call == nil && (due || !usable) {
		m.begun++
		call = &sharedCall{number: m.begun, renewal: due, done: make(chan struct{}),
			err: errors.New("token request ended without a result: its policy or transport called runtime.Goexit")}
		m.calls[key] = call
		go func() {
			defer func() {
				call.panicked = recover()
				m.mu.Lock()
				defer m.mu.Unlock()
				delete(m.calls, key)
				close(call.done)
			}()
			call.token, call.err = exchange(call)
		}()
	}
	if usable {
		return r.AccessToken, nil
	}
	return azcore.AccessToken{}, call
}

// put keeps the token that call brought, unless a later one has brought another: a
// call with claims may overtake one that began before the old tokens were revoked.
func (m *memory) put(key tokenKey, token azcore.AccessToken, call *sharedCall) {
	m.mu.Lock()
	defer m.mu.Unlock()
	key.claims = ""
	if old := cmp.Or(m.tokens[key], new(rememberedToken)); old.call < call.number {
		m.tokens[key] = &rememberedToken{AccessToken: token, renewAt: renewalTime(token, time.Now()), call: call.number, invalidated: old.invalidated}
	}
}

// restore returns a token that was invalidated but has not expired.
func (m *memory) restore(key tokenKey) (azcore.AccessToken, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r := m.tokens[key]
	if r == nil || !time.Now().Before(r.ExpiresOn) {
		return azcore.AccessToken{}, false
	}
	r.rejected = false
	return r.AccessToken, true
}

func (m *memory) invalidate(token string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, r := range m.tokens {
		if now := time.Now(); r.Token == token && now.Sub(r.invalidated) >= invalidationPause {
			r.rejected, r.invalidated = true, now
		}
	}
}

// paused returns the error of a tenant whose pause is not over, or nil.
func (m *memory) paused(tenant string) error {
	found, _ := m.pauses.Load(tenant)
	p, _ := found.(pause)
	if p.err.RetryAfter = time.Until(p.until); p.err.RetryAfter <= 0 {
		return nil
	}
	return &p.err
}

// renewalTime returns when to renew the token, varied so that pods do not do it all
// at once.
func renewalTime(token azcore.AccessToken, now time.Time) time.Time {
	renewal := token.ExpiresOn.Add(-expiryMargin)
	if !token.RefreshOn.IsZero() && token.RefreshOn.Before(renewal) {
		renewal = token.RefreshOn
	}
	return now.Add(vary(max(renewal.Sub(now), renewalPause), -0.1)) // it may live for less than the margin
}

// vary returns d and up to the given part of it more, at random.
func vary(d time.Duration, part float64) time.Duration {
	return d + time.Duration(rand.Float64()*part*float64(d)) //nolint:gosec // nothing depends on its being secret
}
