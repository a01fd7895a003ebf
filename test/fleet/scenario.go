package fleet

import (
	"context"
	"sync"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
)

// Scenario is what happens to a fleet. The zero value of what is optional is a
// restart: all pods start at once, and that is the event they recover from.
type Scenario struct {
	// Pods of the fleet.
	Pods int
	// Program that they run.
	Program Program
	// Duration after the event.
	Duration time.Duration
	// UntilRecovered ends the run as soon as every pod has the secret.
	UntilRecovered bool

	// RetryAfter makes the vault say how long it wants to be left alone.
	RetryAfter bool
	// FreeChallenges makes requests without a token count for nothing.
	FreeChallenges bool
	// TokenLimit is how many tokens Entra ID issues within ten seconds; zero is no limit.
	TokenLimit int
	// Outage is how long the vault is gone. The pods started before it, one after
	// the other; the event is its end.
	Outage time.Duration
}

// beforeOutage is the time in which pods start and settle.
const beforeOutage = 4 * time.Minute

// lastCall is longer than any token request that goes on when its pod has ended.
const lastCall = 10 * time.Minute

// Run simulates s. It must be called in a bubble of testing/synctest. The token
// file is what every pod finds as its service account token.
func (s Scenario) Run(ctx context.Context, tokenFile string) *Record {
	var spread, event time.Duration
	if s.Outage > 0 {
		spread, event = interval, beforeOutage+s.Outage
	}
	ctx, stop := context.WithTimeout(ctx, event+s.Duration)
	defer stop()
	world := s.azure(event)
	if s.UntilRecovered {
		world.recovered = stop
	}
	var running sync.WaitGroup
	for i := range s.Pods {
		running.Go(func() {
			net := newNetwork(world, i)
			p := &pod{
				options:   azcore.ClientOptions{Transport: net},
				tokenFile: tokenFile, random: net.random[forPauses], got: func() { world.got(i) },
			}
			if !sleep(ctx, spread*time.Duration(i)/time.Duration(s.Pods)) {
				return
			}
			kubelet(ctx, func() { _ = s.Program(ctx, p) }, world.ended) // the kubelet does not care why
		})
	}
	running.Wait()
	world.end()
	time.Sleep(lastCall) // a bubble must not be left before everything in it has ended
	return world.record
}

func (s Scenario) azure(event time.Duration) *azure {
	a := &azure{
		pods: s.Pods, start: time.Now(), record: newRecord(s.Pods, event, event+s.Duration),
		vault: vault{
			limit: newLimit(vaultLimit), retryAfter: s.RetryAfter, freeChallenges: s.FreeChallenges,
			goneFrom: event - s.Outage, goneUntil: event,
		},
	}
	if s.TokenLimit > 0 {
		a.entra.limit = newLimit(s.TokenLimit)
	}
	return a
}

// Floor is how long the limits make the last pod wait after a restart, whatever
// the pods do: the windows that their requests fill.
func (s Scenario) Floor() time.Duration {
	requests := 2 // the challenge and the read
	if s.FreeChallenges {
		requests = 1
	}
	windows := (s.Pods*requests + vaultLimit - 1) / vaultLimit
	if s.TokenLimit > 0 {
		windows = max(windows, (s.Pods+s.TokenLimit-1)/s.TokenLimit)
	}
	return time.Duration(windows) * window
}
