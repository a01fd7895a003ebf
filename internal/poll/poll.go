package poll

import (
	"context"
	"math/rand/v2"
	"time"
)

// jitter is the largest deviation from the interval, as a part of it. Pods that
// were started together drift apart instead of calling a service all at once.
const jitter = 0.1

// Run calls task at once and then after every interval, varied by ±10 %, until
// ctx ends; then it returns nil. If the first call fails, Run returns its error.
// Later errors do not end it: task reports them itself. An interval of zero means
// a single call.
func Run(ctx context.Context, interval time.Duration, task func(context.Context) error) error {
	err := task(ctx)
	if ctx.Err() != nil {
		return nil //nolint:nilerr // the task was interrupted: what it returns says nothing
	}
	if err != nil || interval == 0 {
		return err
	}
	for wait(ctx, vary(interval)) {
		_ = task(ctx) // reported by the task
	}
	return nil
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

func vary(interval time.Duration) time.Duration {
	deviation := jitter * (2*rand.Float64() - 1) //nolint:gosec // nothing depends on its being secret
	return time.Duration(float64(interval) * (1 + deviation))
}
