package fleet

import "time"

// Fleet is a kind of program, and what reports call it.
type Fleet struct {
	Name    string
	Program Program
}

// Fleets are the program and those it is compared with.
func Fleets() []Fleet {
	return []Fleet{
		{"quick start", Quickstart},
		{"without jitter", QuickstartWithoutJitter},
		{"SDK alone", SDKAlone},
	}
}

// reported is how long after the event a run is reported.
const reported = 10 * time.Minute

// settled is when a fleet has got over a restart. The steady state is from then on:
// pods that were started evenly would tell less.
const settled = 5 * time.Minute

// Restart starts all pods at once.
func Restart(pods int, f Fleet) Scenario {
	return Scenario{Pods: pods, Program: f.Program, Duration: reported}
}

// Outage takes the vault away for five minutes.
func Outage(pods int, f Fleet) Scenario {
	return Scenario{Pods: pods, Program: f.Program, Duration: reported, UntilRecovered: true, Outage: 5 * time.Minute}
}

// tokenLimit is made up: Entra ID's is not published.
const tokenLimit = 1000

// Throttled starts all pods at once while Entra ID issues few tokens.
func Throttled(pods int, f Fleet) Scenario {
	return Scenario{Pods: pods, Program: f.Program, Duration: reported, UntilRecovered: true, TokenLimit: tokenLimit}
}

// Assumptions are the restarts of the quick start under everything that may be true
// of the vault.
func Assumptions(pods int) []Scenario {
	var scenarios []Scenario
	for _, free := range []bool{false, true} {
		for _, retryAfter := range []bool{false, true} {
			scenarios = append(scenarios, Scenario{
				Pods: pods, Program: Quickstart, Duration: reported, UntilRecovered: true,
				FreeChallenges: free, RetryAfter: retryAfter,
			})
		}
	}
	return scenarios
}
