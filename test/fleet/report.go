package fleet

import (
	"fmt"
	"time"
)

// The heads of the tables in docs/fleet.md; the rows below fit under them.
const (
	steadyHead = "| pods | fleet | requests/s | in the busiest second | throttled | containers restarted |\n| ---: | --- | ---: | ---: | ---: | ---: |\n"

	restartHead = "| pods | fleet | every pod has its secret after | the limit imposes | throttled in 5 min | containers restarted |\n| ---: | --- | ---: | ---: | ---: | ---: |\n"

	outageHead = "| pods | fleet | every pod reads again after | throttled until then | in the busiest second | containers restarted |\n| ---: | --- | ---: | ---: | ---: | ---: |\n"

	throttledHead = "| pods | fleet | every pod has its secret after | the limit imposes | token requests refused | containers restarted |\n| ---: | --- | ---: | ---: | ---: | ---: |\n"

	assumptionsHead = "| pods | challenges count | 429 with `Retry-After` | every pod has its secret after | the limit imposes |\n| ---: | --- | --- | ---: | ---: |\n"
)

func steadyRow(f Fleet, s Scenario, r *Record) string {
	sum := r.Sum(settled, reported)
	return fmt.Sprintf("| %s | %s | %d | %s | %s | %s |\n", number(s.Pods), f.Name,
		sum.Requests/int((reported-settled)/time.Second), number(r.Peak(settled, reported, requests)),
		share(sum.Throttled, sum.Requests), number(sum.Ended))
}

func restartRow(f Fleet, s Scenario, r *Record) string {
	sum := r.Sum(0, settled)
	return fmt.Sprintf("| %s | %s | %s | %s | %s | %s |\n", number(s.Pods), f.Name,
		complete(r), duration(s.Floor()), share(sum.Throttled, sum.Requests), number(r.Sum(0, reported).Ended))
}

func outageRow(f Fleet, s Scenario, r *Record) string {
	sum := r.Sum(0, reported)
	return fmt.Sprintf("| %s | %s | %s | %s | %s | %s |\n", number(s.Pods), f.Name, complete(r),
		share(sum.Throttled, sum.Requests), number(r.Peak(0, reported, requests)), number(r.Sum(-s.Outage, reported).Ended))
}

func throttledRow(f Fleet, s Scenario, r *Record) string {
	sum := r.Sum(0, reported)
	return fmt.Sprintf("| %s | %s | %s | %s | %s | %s |\n", number(s.Pods), f.Name, complete(r),
		duration(s.Floor()), share(sum.RefusedExchanges, sum.Exchanges), number(r.Sum(0, reported).Ended))
}

func assumptionRow(s Scenario, r *Record) string {
	word := map[bool]string{true: "yes", false: "no"}
	return fmt.Sprintf("| %s | %s | %s | %s | %s |\n", number(s.Pods), word[!s.FreeChallenges], word[s.RetryAfter],
		complete(r), duration(s.Floor()))
}

func requests(s Second) int { return s.Requests }

func complete(r *Record) string {
	after, ok := r.Complete()
	if !ok {
		return fmt.Sprintf("%d %% do after %d min", 100*r.with/len(r.has), reported/time.Minute)
	}
	return duration(after)
}

// duration rounds up, lest a goal seem to be reached that is not.
func duration(d time.Duration) string {
	if d < time.Second {
		return "1 s"
	}
	return fmt.Sprintf("%d s", (d+time.Second-1)/time.Second)
}

// share rounds up too: only what did not happen is 0 %.
func share(part, whole int) string {
	if part == 0 {
		return "0 %"
	}
	return fmt.Sprintf("%d %%", (100*part+whole-1)/whole)
}

// number groups the digits of n by thousands.
func number(n int) string {
	if n < 1000 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%s,%03d", number(n/1000), n%1000)
}
