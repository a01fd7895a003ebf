package poll

import (
	"context"
	"math/rand/v2"
	"time"
)

const (
	// jitter is the largest deviation from the interval, as a part of it. Pods
	// that were started together drift apart instead of calling a service all at
	// once.
	jitter = 0.1

	// firstPause and longestPause bound the pauses after failures, which double
	// from one to the other.
	firstPause   = 2 * time.Second
	longestPause = 60 * time.Second
)

// Options say how a task is repeated.
type Options struct {
	// Interval is the mean time between two successes. Zero means that one is
	// enough.
	Interval time.Duration

	// StartupTimeout is how long the task may go on failing before its first
	// success. Zero means that it is tried once.
	StartupTimeout time.Duration

	// Lasting reports whether an error before the first success would only come
	// again. Default: none would.
	Lasting func(error) bool

	// RetryAfter returns how long the service that failed asked to be left alone,
	// or zero. Default: it never asks.
	RetryAfter func(error) time.Duration

	// Failed is called after each failure, with the pause before the next try, or
	// with zero when there will be none.
	Failed func(err error, retryIn time.Duration)

	// Recovered is called when a success follows failures that followed a success.
	Recovered func(failures int, after time.Duration)

	// Random returns numbers from 0 up to but not including 1, by which pauses are
	// varied; 0.5 leaves them as they are. Default: [rand.Float64].
	Random func() float64
}

// Run calls task until ctx ends; then it returns nil. Between successes lies the
// interval, varied by ±10 %. After a failure the pause is two seconds and doubles
// to a minute or the interval, if that is shorter, varied by half. Where the
// service asked for a pause, it is that, and up to as long again or four seconds,
// whichever is more.
//
// Run returns the task's error when it has failed for the startup timeout. After
// the first success no error ends it.
func Run(ctx context.Context, o Options, task func(context.Context) error) error {
	start := time.Now()
	var failures int
	var failing time.Time // since when
	succeeded := false
	for {
		began := time.Now()
		err := task(ctx)
		if ctx.Err() != nil {
			return nil //nolint:nilerr // the task was interrupted: what it returns says nothing
		}
		var pause time.Duration
		if err == nil {
			if succeeded && failures > 0 {
				o.Recovered(failures, time.Since(failing))
			}
			succeeded, failures = true, 0
			if o.Interval == 0 {
				return nil
			}
			pause = o.vary(o.Interval, jitter)
		} else {
			if failures == 0 {
				failing = began
			}
			failures++
			pause = o.pause(failures, err)
			if !succeeded && (o.lasting(err) || time.Since(start)+pause > o.StartupTimeout) {
				o.Failed(err, 0)
				return err
			}
			o.Failed(err, pause)
		}
		if !wait(ctx, pause) {
			return nil
		}
	}
}

func (o Options) lasting(err error) bool { return o.Lasting != nil && o.Lasting(err) }

// pause returns how long to wait after the nth failure in a row.
func (o Options) pause(n int, err error) time.Duration {
	if o.RetryAfter != nil {
		if asked := o.RetryAfter(err); asked > 0 {
			// Up to twice what was asked, lest all come back in the same moment. Not
			// longer after each failure: where many wait for room, those whose turn
			// has not come yet would fall ever further behind.
			return asked + o.vary(max(asked/2, firstPause), 1)
		}
	}
	pause := longestPause
	if doublings := n - 1; doublings < 5 { // 2 s × 2^5 is more than a minute
		pause = firstPause << doublings
	}
	if o.Interval > 0 && pause > o.Interval {
		pause = o.Interval
	}
	return min(o.vary(pause, 0.5), longestPause)
}

// wait reports whether d passed before ctx ended.
func wait(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// vary returns d, more or less by up to the given part of it.
func (o Options) vary(d time.Duration, part float64) time.Duration {
	random := o.Random
	if random == nil {
		random = rand.Float64
	}
	deviation := part * (2*random() - 1)
	return time.Duration(float64(d) * (1 + deviation))
}
