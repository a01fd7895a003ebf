package fleet

import (
	"testing"
	"time"
)

func TestLimit(t *testing.T) {
	l := newLimit(2)
	start := time.Now()
	for _, step := range []struct {
		at, wait time.Duration
		ok       bool
	}{
		{0, 0, true},
		{4 * time.Second, 0, true},
		{4 * time.Second, 6 * time.Second, false},
		{9 * time.Second, time.Second, false},
		{10 * time.Second, 0, true}, // what was refused did not count
		{11 * time.Second, 3 * time.Second, false},
		{14 * time.Second, 0, true},
		{19 * time.Second, time.Second, false},
	} {
		if wait, ok := l.admit(start.Add(step.at)); ok != step.ok || wait != step.wait {
			t.Errorf("after %s: %t, wait %s; want %t, wait %s", step.at, ok, wait, step.ok, step.wait)
		}
	}
}
