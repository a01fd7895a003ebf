package poll

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

var errTask = errors.New("task failed")

// record runs a task that succeeds or fails as results say, then forever as the
// last, for the given time, and returns when it was called.
func record(t *testing.T, interval, during time.Duration, results ...error) (calls []time.Duration, err error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), during)
	defer cancel()
	start := time.Now()
	err = Run(ctx, interval, func(context.Context) error {
		result := results[min(len(calls), len(results)-1)]
		calls = append(calls, time.Since(start))
		return result
	})
	return calls, err
}

func TestRunPollsWithJitter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls, err := record(t, time.Minute, 1000*time.Minute, nil)
		if err != nil {
			t.Fatal(err)
		}
		if len(calls) < 900 || len(calls) > 1112 {
			t.Fatalf("%d calls in 1000 intervals", len(calls))
		}
		if calls[0] != 0 {
			t.Errorf("first call after %s, want at once", calls[0])
		}
		var shortest, longest, sum time.Duration = time.Hour, 0, 0
		for i := 1; i < len(calls); i++ {
			pause := calls[i] - calls[i-1]
			shortest, longest, sum = min(shortest, pause), max(longest, pause), sum+pause
		}
		// 900 pauses spread evenly over 54 s to 66 s: that none falls into the
		// outer fifth on one side has a chance below 10^-40.
		if shortest < 54*time.Second || shortest > 56*time.Second || longest > 66*time.Second || longest < 64*time.Second {
			t.Errorf("pauses from %s to %s, want 60 s ± 10 %%", shortest, longest)
		}
		if mean := sum / time.Duration(len(calls)-1); mean < 59*time.Second || mean > 61*time.Second {
			t.Errorf("mean pause %s, want 60 s", mean)
		}
	})
}

func TestRun(t *testing.T) {
	tests := []struct {
		name      string
		interval  time.Duration
		results   []error
		wantCalls int
		wantErr   error
	}{
		{"once", 0, []error{nil}, 1, nil},
		{"once, failing", 0, []error{errTask}, 1, errTask},
		{"first fails", time.Minute, []error{errTask}, 1, errTask},
		{"later ones fail", time.Minute, []error{nil, errTask}, 3, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				// 140 s: two intervals of at most 66 s fit, three of at least 54 s do not
				calls, err := record(t, test.interval, 140*time.Second, test.results...)
				if len(calls) != test.wantCalls || !errors.Is(err, test.wantErr) {
					t.Errorf("%d calls and error %v, want %d and %v", len(calls), err, test.wantCalls, test.wantErr)
				}
			})
		})
	}
}

func TestRunEndsWithContext(t *testing.T) {
	for _, during := range []string{"task", "pause"} {
		t.Run(during, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				start := time.Now()
				err := Run(ctx, time.Hour, func(ctx context.Context) error {
					if during == "task" {
						cancel()
						<-ctx.Done()
						return ctx.Err()
					}
					time.AfterFunc(time.Minute, cancel)
					return nil
				})
				if err != nil {
					t.Errorf("stopping is not an error, got %v", err)
				}
				if took := time.Since(start); took > time.Minute {
					t.Errorf("ended %s after the start", took)
				}
			})
		})
	}
}
