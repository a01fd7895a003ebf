package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/workload-identity-quickstart/msal-go/internal/localazure"
)

const (
	latency, farther = 25 * time.Millisecond, 75 * time.Millisecond
	// The shorter a run is, the larger a part of it is what the machine does besides.
	farRuns, fartherRuns, nearRuns = 20, 5, 60
)

// measureStart takes the time from the start of a process to the logged secret,
// with and without latency.
func measureStart(ctx context.Context, p programs) ([]row, error) {
	far, err := typical(ctx, farRuns, latency, p.quickstart, p.sequential, p.azidentity, p.floor)
	if err != nil {
		return nil, err
	}
	further, err := typical(ctx, fartherRuns, farther, p.quickstart, p.sequential)
	if err != nil {
		return nil, err
	}
	near, err := typical(ctx, nearRuns, 0, p.quickstart, p.sequential)
	if err != nil {
		return nil, err
	}
	// What longer round trips add is their number, whatever else takes its time.
	roundTrips := func(p program) figure {
		return figure{math.Round(float64(further[p]-far[p]) / float64(farther-latency)), ""}
	}
	name := fmt.Sprintf("start to secret, %s a round trip", latency)
	return []row{
		compared(name+", to MSAL in sequence", milliseconds(far[p.quickstart]), milliseconds(far[p.sequential]), 0.60, 0.70),
		compared(name+", to azidentity", milliseconds(far[p.quickstart]), milliseconds(far[p.azidentity]), 0.60, 0.70),
		compared(name+", to the floor", milliseconds(far[p.quickstart]), milliseconds(far[p.floor]), 1.25, 1.50),
		limited("round trips one after the other", roundTrips(p.quickstart), roundTrips(p.sequential), 4, 5),
		compared("start to secret, no latency, to MSAL in sequence", milliseconds(near[p.quickstart]), milliseconds(near[p.sequential]), 1.00, 1.20),
	}, nil
}

// typical runs the programs in turns and returns the lower quartile of each one's
// times. A busy machine makes some runs slow, and now and then one is lucky.
func typical(ctx context.Context, runs int, latency time.Duration, programs ...program) (map[program]time.Duration, error) {
	sandbox, err := localazure.StartSandbox(ctx, localazure.SandboxConfig{Latency: latency, ThrottleLimit: noLimit})
	if err != nil {
		return nil, err
	}
	times := make(map[program][]time.Duration)
	for run := range runs + 1 {
		for _, p := range programs {
			took, err := startToSecret(ctx, sandbox, p)
			if err != nil {
				return nil, errors.Join(err, sandbox.Close())
			}
			if run > 0 { // the first run warms up the sandbox, too
				times[p] = append(times[p], took)
			}
		}
	}
	quartiles := make(map[program]time.Duration)
	for p, all := range times {
		slices.Sort(all)
		quartiles[p] = all[len(all)/4]
	}
	return quartiles, sandbox.Close()
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
