package tokencredential

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
)

func TestFlightIsShared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var f flights
		var exchanges atomic.Int32
		var callers sync.WaitGroup
		for range 1000 {
			callers.Go(func() {
				token, err := f.do(t.Context(), flightKey{}, func(context.Context) (azcore.AccessToken, error) {
					exchanges.Add(1)
					time.Sleep(time.Second)
					return azcore.AccessToken{Token: "shared"}, nil
				})
				if err != nil || token.Token != "shared" {
					t.Errorf("got %q and error %v", token.Token, err)
				}
			})
		}
		callers.Wait()
		if got := exchanges.Load(); got != 1 {
			t.Errorf("%d exchanges for 1000 callers, want 1", got)
		}
		if len(f.running) != 0 {
			t.Errorf("%d flights remembered after the last one", len(f.running))
		}
	})
}

func TestFlightsOfDifferentKeys(t *testing.T) {
	keys := []flightKey{
		{tokenKey: tokenKey{tenant: "a", scopes: "s"}},
		{tokenKey: tokenKey{tenant: "b", scopes: "s"}},
		{tokenKey: tokenKey{tenant: "a", scopes: "t"}},
		{tokenKey: tokenKey{tenant: "a", scopes: "s", cae: true}},
		{tokenKey: tokenKey{tenant: "a", scopes: "s"}, claims: "{}"},
	}
	synctest.Test(t, func(t *testing.T) {
		var f flights
		var exchanges atomic.Int32
		for _, key := range keys {
			go func() {
				_, _ = f.do(t.Context(), key, func(context.Context) (azcore.AccessToken, error) {
					exchanges.Add(1)
					time.Sleep(time.Second)
					return azcore.AccessToken{}, nil
				})
			}()
		}
		time.Sleep(time.Minute)
		if got := int(exchanges.Load()); got != len(keys) {
			t.Errorf("%d exchanges for %d keys", got, len(keys))
		}
	})
}

func TestFlightOutlivesItsFirstCaller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var f flights
		exchange := func(ctx context.Context) (azcore.AccessToken, error) {
			select {
			case <-time.After(10 * time.Second):
				return azcore.AccessToken{Token: "late"}, nil
			case <-ctx.Done():
				return azcore.AccessToken{}, ctx.Err()
			}
		}
		first, cancelFirst := context.WithCancel(t.Context())
		firstFailed, secondGot := make(chan error, 1), make(chan azcore.AccessToken, 1)
		go func() {
			_, err := f.do(first, flightKey{}, exchange)
			firstFailed <- err
		}()
		synctest.Wait()
		go func() {
			token, err := f.do(t.Context(), flightKey{}, exchange)
			if err != nil {
				t.Errorf("second caller: %v", err)
			}
			secondGot <- token
		}()
		synctest.Wait()

		start := time.Now()
		cancelFirst()
		if err := <-firstFailed; !errors.Is(err, context.Canceled) {
			t.Errorf("first caller: got %v, want it cancelled", err)
		}
		if waited := time.Since(start); waited != 0 {
			t.Errorf("first caller was held for %s after it was cancelled", waited)
		}
		if token := <-secondGot; token.Token != "late" {
			t.Errorf("second caller got %q", token.Token)
		}
	})
}

func TestFlightEndsWithItsLastCaller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var f flights
		ended := make(chan error, 1)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := f.do(ctx, flightKey{}, func(ctx context.Context) (azcore.AccessToken, error) {
			<-ctx.Done()
			ended <- ctx.Err()
			return azcore.AccessToken{}, ctx.Err()
		})
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("caller: got %v, want its own deadline", err)
		}
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("exchange: got %v, want it cancelled", err)
		}
		token, err := f.do(t.Context(), flightKey{}, func(context.Context) (azcore.AccessToken, error) {
			return azcore.AccessToken{Token: "new"}, nil
		})
		if err != nil || token.Token != "new" {
			t.Errorf("next caller joined the cancelled flight: %q, %v", token.Token, err)
		}
	})
}
