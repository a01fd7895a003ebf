package fleet

import (
	"math/rand/v2"
	"sync"
)

// What a pod has random numbers for. They are separate, since what happens at the
// same time must not take numbers from each other.
const (
	forPauses = iota
	forVault
	forEntra
	uses
)

// random is a source of random numbers. It is safe for concurrent use.
type random struct {
	mu     sync.Mutex
	source *rand.Rand
}

// newRandom returns a pod's numbers for one use.
func newRandom(pod, use int) *random {
	return &random{source: rand.New(rand.NewPCG(uint64(use), uint64(pod)))} //nolint:gosec // the same numbers every time are the point
}

// Float64 returns a number from 0 up to but not including 1.
func (r *random) Float64() float64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.source.Float64()
}
