package fleet

import (
	"context"
	"time"
)

// How the kubelet restarts a container that ends, see
// https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#container-restarts:
// at once, then after pauses that double, until it has run for ten minutes.
const (
	firstBackoff   = 10 * time.Second
	longestBackoff = 5 * time.Minute
	forgiveness    = 10 * time.Minute
)

// kubelet runs a container until ctx ends.
func kubelet(ctx context.Context, container, ended func()) {
	var backoff time.Duration
	for {
		began := time.Now()
		container()
		if ctx.Err() != nil {
			return
		}
		ended()
		if time.Since(began) >= forgiveness {
			backoff = 0
		}
		if !sleep(ctx, backoff) {
			return
		}
		backoff = min(max(2*backoff, firstBackoff), longestBackoff)
	}
}

// sleep reports whether d passed before ctx ended.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
