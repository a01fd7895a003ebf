package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/workload-identity-quickstart/msal-go/internal/localazure"
)

const (
	latency = 25 * time.Millisecond
	// The more runs, the likelier is one that nothing disturbs. Without latency a
	// run is shorter, and a disturbance a larger part of it.
	farRuns, nearRuns = 20, 60
)

// measureStart takes the time from the start of a process to the logged secret,
// with and without latency.
func measureStart(ctx context.Context, p programs) ([]row, error) {
	far, err := fastest(ctx, farRuns, latency, p.quickstart, p.sequential, p.azidentity, p.floor)
	if err != nil {
		return nil, err
	}
	near, err := fastest(ctx, nearRuns, 0, p.quickstart, p.sequential, p.azidentity)
	if err != nil {
		return nil, err
	}
	roundTrips := func(p program) figure { return figure{math.Round(float64(far[p]-near[p]) / float64(latency)), ""} }
	name := fmt.Sprintf("start to secret, %s a round trip", latency)
	return []row{
		compared(name+", to MSAL in sequence", milliseconds(far[p.quickstart]), milliseconds(far[p.sequential]), 0.60, 0.70),
		compared(name+", to azidentity", milliseconds(far[p.quickstart]), milliseconds(far[p.azidentity]), 0.60, 0.70),
		compared(name+", to the floor", milliseconds(far[p.quickstart]), milliseconds(far[p.floor]), 1.25, 1.50),
		counted("round trips one after the other", roundTrips(p.quickstart), roundTrips(p.sequential), 4),
		compared("start to secret, no latency, to MSAL in sequence", milliseconds(near[p.quickstart]), milliseconds(near[p.sequential]), 1.00, 1.20),
	}, nil
}

// fastest runs the programs in turns and returns the shortest time of each, which
// is the one that the rest of the machine disturbed least.
func fastest(ctx context.Context, runs int, latency time.Duration, programs ...program) (map[program]time.Duration, error) {
	sandbox, err := localazure.StartSandbox(ctx, localazure.SandboxConfig{Latency: latency, ThrottleLimit: noLimit})
	if err != nil {
		return nil, err
	}
	times := make(map[program]time.Duration)
	for run := range runs + 1 {
		for _, p := range programs {
			took, err := startToSecret(ctx, sandbox, p)
			if err != nil {
				return nil, errors.Join(err, sandbox.Close())
			}
			// The first run warms up the sandbox, too.
			if best, ok := times[p]; run > 0 && (!ok || took < best) {
				times[p] = took
			}
		}
	}
	return times, sandbox.Close()
}

func startToSecret(ctx context.Context, sandbox *localazure.Sandbox, p program) (time.Duration, error) {
	process, err := start(ctx, sandbox, p, 1)
	if err != nil {
		return 0, err
	}
	err = process.awaitReads(1)
	took := time.Since(process.started)
	_, endErr := process.end()
	return took, errors.Join(err, endErr)
}

func milliseconds(d time.Duration) figure {
	return figure{float64(d) / float64(time.Millisecond), "ms"}
}
