package fleet

import "time"

// window is the time over which a [limit] counts.
const window = 10 * time.Second

// limit admits so many requests within any window. What it refuses does not
// count, see https://learn.microsoft.com/azure/key-vault/general/overview-throttling.
type limit struct {
	admitted []time.Time // the last ones, a ring
	oldest   int
}

func newLimit(requests int) *limit {
	return &limit{admitted: make([]time.Time, requests)}
}

// admit counts a request, or says after how long there is room for one.
func (l *limit) admit(now time.Time) (wait time.Duration, ok bool) {
	if age := now.Sub(l.admitted[l.oldest]); age < window {
		return window - age, false
	}
	l.admitted[l.oldest] = now
	l.oldest = (l.oldest + 1) % len(l.admitted)
	return 0, true
}
