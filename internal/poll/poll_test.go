package poll

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

var errTask = errors.New("task failed")

// record is what happened in a run.
type record struct {
	calls     []time.Duration // since the start
	retryIn   []time.Duration
	recovered []int // numbers of failures
	err       error
}

// run repeats a task that succeeds or fails as results say, then forever as the
// last, for the given time.
func run(t *testing.T, o Options, during time.Duration, results ...error) record {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), during)
	defer cancel()
	var r record
	o.Failed = func(err error, retryIn time.Duration) {
		if err == nil {
			t.Error("a failure without an error was reported")
		}
		r.retryIn = append(r.retryIn, retryIn)
	}
	o.Recovered = func(failures int, _ time.Duration) { r.recovered = append(r.recovered, failures) }
	start := time.Now()
	r.err = Run(ctx, o, func(context.Context) error {
		result := results[min(len(r.calls), len(results)-1)]
		r.calls = append(r.calls, time.Since(start))
		return result
	})
	return r
}

func TestPollsWithJitter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := run(t, Options{Interval: time.Minute}, 1000*time.Minute, nil)
		if r.err != nil {
			t.Fatal(r.err)
		}
		calls := r.calls
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
		// outer sixth on one side has a chance below 10^-30.
		if shortest < 54*time.Second || shortest > 56*time.Second || longest > 66*time.Second || longest < 64*time.Second {
			t.Errorf("pauses from %s to %s, want 60 s ± 10 %%", shortest, longest)
		}
		if mean := sum / time.Duration(len(calls)-1); mean < 59*time.Second || mean > 61*time.Second {
			t.Errorf("mean pause %s, want 60 s", mean)
		}
	})
}

func TestEnds(t *testing.T) {
	tests := []struct {
		name      string
		options   Options
		results   []error
		wantCalls int
		wantErr   error
	}{
		{"one success is enough", Options{}, []error{nil}, 1, nil},
		{"a single attempt", Options{}, []error{errTask}, 1, errTask},
		{"a single attempt to poll", Options{Interval: time.Minute}, []error{errTask}, 1, errTask},
		{"success at last", Options{StartupTimeout: time.Minute}, []error{errTask, errTask, nil}, 3, nil},
		{"permanent", Options{StartupTimeout: time.Minute, Permanent: func(err error) bool { return errors.Is(err, errTask) }}, []error{errTask}, 1, errTask},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := run(t, test.options, time.Hour, test.results...)
				if len(r.calls) != test.wantCalls || !errors.Is(r.err, test.wantErr) {
					t.Errorf("%d calls and error %v, want %d and %v", len(r.calls), r.err, test.wantCalls, test.wantErr)
				}
				if n := len(r.retryIn); test.wantErr != nil && r.retryIn[n-1] != 0 {
					t.Errorf("the last failure is to be retried in %s", r.retryIn[n-1])
				}
				if len(r.recovered) > 0 {
					t.Error("the first success is no recovery")
				}
			})
		})
	}
}

func TestStartup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := run(t, Options{Interval: time.Minute, StartupTimeout: 5 * time.Minute}, time.Hour, errTask)
		if !errors.Is(r.err, errTask) {
			t.Fatalf("got %v", r.err)
		}
		// 2 + 4 + 8 + 16 + 32 + 60 + … s, varied by half
		if n := len(r.calls); n < 7 || n > 16 {
			t.Errorf("%d attempts in five minutes", n)
		}
		if last := r.calls[len(r.calls)-1]; last > 5*time.Minute || last < 3*time.Minute {
			t.Errorf("the last attempt was after %s", last)
		}
		for i, pause := range r.retryIn[:len(r.retryIn)-1] {
			nominal := min(2*time.Second<<i, time.Minute)
			if pause < nominal/2 || pause > min(nominal*3/2, time.Minute) {
				t.Errorf("pause %d is %s, want %s ± 50 %%", i+1, pause, nominal)
			}
			if waited := r.calls[i+1] - r.calls[i]; waited != pause {
				t.Errorf("pause %d was announced as %s and lasted %s", i+1, pause, waited)
			}
		}
	})
}

func TestLaterFailures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := run(t, Options{Interval: 10 * time.Second, Permanent: func(error) bool { return true }}, 10*time.Minute,
			nil, errTask, errTask, errTask, nil, nil, errTask, nil, nil)
		if r.err != nil {
			t.Fatalf("ended with %v", r.err)
		}
		if len(r.recovered) != 2 || r.recovered[0] != 3 || r.recovered[1] != 1 {
			t.Errorf("recovered after %v failures, want 3 and 1", r.recovered)
		}
		if len(r.retryIn) != 4 || len(r.calls) < 40 {
			t.Errorf("%d failures in %d calls", len(r.retryIn), len(r.calls))
		}
	})
}

func TestPausesAreNoLongerThanTheInterval(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := run(t, Options{Interval: 4 * time.Second}, 10*time.Minute, nil, errTask)
		for i, pause := range r.retryIn {
			if pause > 6*time.Second || pause <= 0 {
				t.Errorf("pause %d is %s, with an interval of 4 s", i+1, pause)
			}
		}
		if len(r.retryIn) < 100 {
			t.Errorf("only %d attempts in ten minutes", len(r.retryIn))
		}
	})
}

func TestRetryAfter(t *testing.T) {
	for _, test := range []struct{ asked, longest time.Duration }{
		{40 * time.Second, 80 * time.Second},
		{time.Second, 5 * time.Second},
	} {
		t.Run(test.asked.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := run(t, Options{Interval: 10 * time.Second, RetryAfter: func(error) time.Duration { return test.asked }}, 200*test.asked, nil, errTask)
				if len(r.retryIn) < 30 {
					t.Fatalf("%d failures", len(r.retryIn))
				}
				for i, pause := range r.retryIn {
					if pause < test.asked || pause > test.longest {
						t.Errorf("pause %d is %s, the service asked for %s", i+1, pause, test.asked)
					}
				}
				// Of 30 pauses spread evenly, that none falls into the outer third on one
				// side has a chance below 10^-5.
				third := (test.longest - test.asked) / 3
				if shortest, longest := slices.Min(r.retryIn), slices.Max(r.retryIn); shortest > test.asked+third || longest < test.longest-third {
					t.Errorf("pauses from %s to %s, want %s to %s", shortest, longest, test.asked, test.longest)
				}
			})
		})
	}
}

func TestRandom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := run(t, Options{Interval: time.Minute, Random: func() float64 { return 0.5 }}, 5*time.Minute, nil, errTask, nil)
		if want := []time.Duration{0, 60 * time.Second, 62 * time.Second, 122 * time.Second, 182 * time.Second, 242 * time.Second}; !slices.Equal(r.calls, want) {
			t.Errorf("called at %v, want %v", r.calls, want)
		}
	})
}

// hang is a task that ends with its context.
func hang(ctx context.Context) error {
	<-ctx.Done()
	return ctx.Err()
}

func TestStartupTimeoutBoundsHangingAttempts(t *testing.T) {
	tests := []struct {
		timeout, want time.Duration
		attempts      int
	}{
		{0, attemptTimeout, 1},
		{5 * time.Second, attemptTimeout, 1},
		{attemptTimeout, attemptTimeout, 1},
		{40 * time.Second, 40 * time.Second, 3}, // 0 to 15 s, 17 to 32 s, 36 to 40 s
		{5 * time.Minute, 5 * time.Minute, 8},
	}
	for _, test := range tests {
		t.Run(test.timeout.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				attempts := 0
				o := Options{
					Interval: time.Minute, StartupTimeout: test.timeout, Random: func() float64 { return 0.5 },
					Failed: func(error, time.Duration) { attempts++ }, Recovered: func(int, time.Duration) {},
				}
				start := time.Now()
				err := Run(t.Context(), o, hang)
				if !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("got %v", err)
				}
				// No attempt begins after the timeout, so the end may come a pause earlier.
				if took := time.Since(start); took > test.want || took < test.want-longestPause {
					t.Errorf("ended after %s, want %s", took, test.want)
				}
				if attempts > test.attempts || attempts < test.attempts-1 {
					t.Errorf("%d attempts, want %d", attempts, test.attempts)
				}
			})
		})
	}
}

func TestLaterAttemptsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
		defer cancel()
		calls := 0
		var took []time.Duration
		err := Run(ctx, Options{Interval: time.Minute, Failed: func(error, time.Duration) {}}, func(ctx context.Context) error {
			if calls++; calls == 1 {
				return nil
			}
			start := time.Now()
			err := hang(ctx)
			took = append(took, time.Since(start))
			return err
		})
		if err != nil || len(took) < 3 || slices.Max(took) > attemptTimeout {
			t.Errorf("attempts took %s, error %v", took, err)
		}
	})
}

func TestEndsWithContext(t *testing.T) {
	for _, test := range []struct {
		during   string
		interval time.Duration
		want     error
	}{
		{"task", time.Hour, nil},
		{"pause", time.Hour, nil},
		{"pause after failure", time.Hour, nil},
		{"task", 0, ErrStopped},
		{"pause after failure", 0, ErrStopped},
		{"task that succeeds", 0, nil},
	} {
		t.Run(test.during+" "+test.interval.String(), func(t *testing.T) {
			during, interval := test.during, test.interval
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				start := time.Now()
				options := Options{Interval: interval, StartupTimeout: 24 * time.Hour, Failed: func(error, time.Duration) {}}
				err := Run(ctx, options, func(ctx context.Context) error {
					if during == "task that succeeds" {
						cancel()
						return nil
					}
					if during == "task" {
						cancel()
						<-ctx.Done()
						return ctx.Err()
					}
					time.AfterFunc(time.Second/2, cancel)
					if during == "pause" {
						return nil
					}
					return errTask
				})
				if !errors.Is(err, test.want) {
					t.Errorf("got %v, want %v", err, test.want)
				}
				if took := time.Since(start); took > time.Second {
					t.Errorf("ended %s after the start", took)
				}
			})
		})
	}
}
