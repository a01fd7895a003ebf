package tokencredential

import (
	"context"
	"fmt"
	"sync"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
)

type flightKey struct {
	tokenKey
	claims string
}

// flights lets callers that need the same token at the same time share one
// exchange. Unlike x/sync/singleflight it detaches the exchange from the context
// of whoever came first: it ends when it is done or nobody waits any more.
type flights struct {
	mu      sync.Mutex
	running map[flightKey]*flight
}

type flight struct {
	waiting int // guarded by flights.mu
	cancel  context.CancelFunc
	done    chan struct{} // closed once token and err are set
	token   azcore.AccessToken
	err     error
}

// do returns what exchange returns, be it called for this caller or another.
func (f *flights) do(ctx context.Context, key flightKey, exchange func(context.Context) (azcore.AccessToken, error)) (azcore.AccessToken, error) {
	fl := f.join(ctx, key, exchange)
	defer f.leave(key, fl)
	select {
	case <-fl.done:
		return fl.token, fl.err
	case <-ctx.Done():
		return azcore.AccessToken{}, fmt.Errorf("waiting for a token: %w", ctx.Err())
	}
}

func (f *flights) join(ctx context.Context, key flightKey, exchange func(context.Context) (azcore.AccessToken, error)) *flight {
	f.mu.Lock()
	defer f.mu.Unlock()
	fl, ok := f.running[key]
	if !ok {
		detached, cancel := context.WithTimeout(context.WithoutCancel(ctx), exchangeTimeout)
		fl = &flight{cancel: cancel, done: make(chan struct{})}
		if f.running == nil {
			f.running = make(map[flightKey]*flight)
		}
		f.running[key] = fl
		go func() {
			defer close(fl.done)
			fl.token, fl.err = exchange(detached)
			f.forget(key, fl)
		}()
	}
	fl.waiting++
	return fl
}

func (f *flights) leave(key flightKey, fl *flight) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if fl.waiting--; fl.waiting == 0 {
		fl.cancel()
		if f.running[key] == fl { // nobody may join what was cancelled
			delete(f.running, key)
		}
	}
}

// forget lets the next caller start anew; those that wait still get the result.
func (f *flights) forget(key flightKey, fl *flight) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.running[key] == fl {
		delete(f.running, key)
	}
}
