//go:build !race

// The race detector would make this eight times as long; TestSameEveryTime is
// enough for it.

package fleet

import "testing"

// testSteady fails if a fleet that has got over its restart is throttled, or still
// keeps step.
func testSteady(t *testing.T, s Scenario, r *Record) {
	t.Helper()
	sum := r.Sum(settled, reported)
	if sum.Throttled != 0 {
		t.Errorf("steady state: %d of %d requests throttled", sum.Throttled, sum.Requests)
	}
	mean := sum.Requests / int((reported - settled).Seconds())
	if peak := r.Peak(settled, reported, requests); peak > 2*mean+50 {
		t.Errorf("steady state: %d requests in a second, with %d on average: the pods keep step", peak, mean)
	}
	if want := s.Pods / int(interval.Seconds()); mean < want*95/100-1 || mean > want*105/100+1 {
		t.Errorf("steady state: %d requests/s, want %d", mean, want)
	}
}

// testRecovery fails if the last pod gets its secret later than twice the time
// that the limits impose.
func testRecovery(t *testing.T, s Scenario, r *Record) {
	t.Helper()
	if after, ok := r.Complete(); !ok || after > 2*s.Floor() {
		t.Errorf("after %s, %d of %d pods have their secret; the limit imposes %s", after, r.with, s.Pods, s.Floor())
	}
}

func TestGoals(t *testing.T) {
	s := Restart(5000, Fleets()[0])
	r := simulate(t, s)
	testSteady(t, s, r)
	testRecovery(t, s, r)
}
