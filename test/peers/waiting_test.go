package peers

import (
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"
)

// gate is an Entra ID that lets the first token request wait until it is opened.
type gate struct{ arrived, open chan struct{} }

func newGate() gate { return gate{make(chan struct{}), make(chan struct{})} }

func (g gate) respond(n int, _ *http.Request) response {
	if n == 1 {
		close(g.arrived)
		<-g.open
	}
	return response{}
}

func TestCompareGoroutines(t *testing.T) {
	theirs, ours := bothInRealTime(t, func(t *testing.T, create constructor) int {
		t.Helper()
		g := newGate()
		credential, entra := newScripted(t, create, g.respond)
		var callers, started sync.WaitGroup
		started.Add(1000)
		for range 1000 {
			callers.Go(func() {
				started.Done()
				if _, err := credential.GetToken(t.Context(), someScope); err != nil {
					t.Error(err)
				}
			})
		}
		started.Wait()
		<-g.arrived
		close(g.open)
		callers.Wait()
		return entra.tokens()
	})
	report(t, plural(theirs, "exchange"), plural(ours, "exchange"), ours > theirs || ours < 1)
}

// Entra ID responds after two seconds to the first caller. The second one's context
// ends after 100 milliseconds.
func TestCompareLeaving(t *testing.T) {
	theirs, ours := bothInRealTime(t, func(t *testing.T, create constructor) time.Duration {
		t.Helper()
		g := newGate()
		credential, _ := newScripted(t, create, g.respond)
		var first sync.WaitGroup
		first.Go(func() {
			if _, err := credential.GetToken(t.Context(), someScope); err != nil {
				t.Errorf("first caller: %v", err)
			}
		})
		<-g.arrived
		time.AfterFunc(2*time.Second, func() { close(g.open) })
		start := time.Now()
		_, _ = getWithin(t, credential, 100*time.Millisecond)
		held := time.Since(start)
		first.Wait()
		return held
	})
	text := func(d time.Duration) string { return fmt.Sprintf("held for about %.1f s", d.Seconds()) }
	report(t, text(theirs), text(ours), ours > theirs/2 && ours > time.Second)
}

// A request that began before a revocation ends after the one with the claims.
func TestCompareOlderOverNewer(t *testing.T) {
	theirs, ours := bothInRealTime(t, func(t *testing.T, create constructor) bool {
		t.Helper()
		g := newGate()
		credential, entra := newScripted(t, create, g.respond)
		var old sync.WaitGroup
		old.Go(func() { mustGetToken(t, credential, someScope) })
		<-g.arrived
		newest := make(chan string, 1)
		old.Go(func() {
			withClaims := someScope
			withClaims.Claims = "{}"
			newest <- mustGetToken(t, credential, withClaims)
		})
		var newer string
		select {
		case newer = <-newest:
			close(g.open)
		case <-time.After(time.Second): // azidentity makes one request after the other
			close(g.open)
			newer = <-newest
		}
		old.Wait()
		if entra.tokens() != 2 {
			t.Errorf("%d requests, want 2", entra.tokens())
		}
		return mustGetToken(t, credential, someScope) == newer
	})
	text := func(newer bool) string {
		if newer {
			return "the newer token stays"
		}
		return "the older token comes back"
	}
	report(t, text(theirs), text(ours), !ours)
}
