package fleet

import (
	"math/rand/v2"
	"sync"
)

// random is a pod's source of random numbers. It is safe for concurrent use.
type random struct {
	mu     sync.Mutex
	source *rand.Rand
}

func newRandom(pod int) *random {
	return &random{source: rand.New(rand.NewPCG(1, uint64(pod)))} //nolint:gosec // the same numbers every time are the point
}

// Float64 returns a number from 0 up to but not including 1.
func (r *random) Float64() float64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.source.Float64()
}
