package poll

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"
)

const (
	// attemptTimeout ends a single run of the task.
	attemptTimeout = 15 * time.Second

	// jitter is the largest deviation from the interval, as a part of it. Pods
	// that were started together drift apart instead of calling a service all at
	// once.
	jitter = 0.1

	// firstPause and longestPause bound the pauses after failures, which double
	// from one to the other.
	firstPause   = 2 * time.Second
	longestPause = 60 * time.Second
)

// ErrStopped is returned by [Run] when its context ends before the one success that
// was wanted.
var ErrStopped = errors.New("stopped before the first success")

// Options configures [Run]. Failed and Recovered must be set.
type Options struct {
	// Interval is the mean time between two successes. Zero means that one is
	// enough.
	Interval time.Duration

	// StartupTimeout is how long the first success may take. Less than 15 seconds
	// means a single attempt, which may take that long.
	StartupTimeout time.Duration

	// Permanent reports whether an error before the first success would only come
	// again. Default: none would.
	Permanent func(error) bool

	// RetryAfter returns the backoff that the service which failed requested, or
	// zero. Default: none.
	RetryAfter func(error) time.Duration

	// Failed is called after each failure, with the pause before the next attempt,
	// or with zero when there will be none.
	Failed func(err error, retryIn time.Duration)

	// Recovered is called when a success follows failures that followed a success.
	Recovered func(failures int, after time.Duration)

	// Random returns numbers from 0 up to but not including 1, by which pauses are
	// varied; 0.5 leaves them as they are. Default: [rand.Float64].
	Random func() float64
}

// Run calls task until ctx ends, with a context that ends after 15 seconds. Between
// successes lies the interval, varied by ±10 %. After a failure the pause is two
// seconds and doubles to a minute or the interval, if that is shorter, varied by
// half. Where the service requested a pause, it is that, and up to as long again or
// four seconds, whichever is more.
//
// Run returns nil when ctx ends, or [ErrStopped] if it was to succeed once and has
// not. It returns the task's error when there was no success within the startup
// timeout. After the first success no error ends it.
func Run(ctx context.Context, o Options, task func(context.Context) error) error {
	start := time.Now()
	var failures int
	var failing time.Time // since when
	succeeded := false
	for {
		began := time.Now()
		deadline := began.Add(attemptTimeout)
		if last := start.Add(max(o.StartupTimeout, attemptTimeout)); !succeeded && last.Before(deadline) {
			deadline = last
		}
		err := attempt(ctx, deadline, task)
		if err != nil && ctx.Err() != nil { // what an interrupted task returns means nothing
			return o.stopped()
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
			if !succeeded && (o.permanent(err) || time.Since(start)+pause > o.StartupTimeout) {
				o.Failed(err, 0)
				return err
			}
			o.Failed(err, pause)
		}
		if !wait(ctx, pause) {
			return o.stopped()
		}
	}
}

func attempt(ctx context.Context, deadline time.Time, task func(context.Context) error) error {
	ctx, cancel := context.WithDeadline(ctx, deadline)
	defer cancel()
	return task(ctx)
}

func (o Options) stopped() error {
	if o.Interval == 0 {
		return ErrStopped
	}
	return nil
}

func (o Options) permanent(err error) bool { return o.Permanent != nil && o.Permanent(err) }

// pause returns how long to wait after the nth failure in a row.
func (o Options) pause(n int, err error) time.Duration {
	if o.RetryAfter != nil {
		if asked := o.RetryAfter(err); asked > 0 {
			// Up to twice that, so that the pods do not all come back at the same
			// moment. Not longer after each failure: where many wait for room, those
			// whose turn has not come yet would fall ever further behind.
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
