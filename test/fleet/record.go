package fleet

import "time"

// Second counts what arrived at Azure within one second.
type Second struct {
	Requests, Throttled, Unanswered int // at the vault
	Exchanges, RefusedExchanges     int // at Entra ID's token endpoint
	Secrets                         int // pods that got the secret for the first time since the event
	Ended                           int // containers that ended, to be restarted
}

// Record is what happened in a run.
type Record struct {
	Seconds []Second

	event time.Duration // what the pods recover from
	has   []bool        // by pod, since the event
	last  time.Duration // when a pod first got the secret
	with  int           // pods that have it
}

func newRecord(pods int, event, duration time.Duration) *Record {
	return &Record{
		Seconds: make([]Second, duration/time.Second+1), has: make([]bool, pods), event: event,
	}
}

func (r *Record) at(since time.Duration) *Second { return &r.Seconds[since/time.Second] }

func (r *Record) got(pod int, since time.Duration) {
	if since < r.event || r.has[pod] {
		return
	}
	r.has[pod], r.last = true, since-r.event
	r.with++
	r.at(since).Secrets++
}

// Complete returns how long after the event the last pod got the secret.
func (r *Record) Complete() (after time.Duration, ok bool) {
	return r.last, r.with == len(r.has)
}

// Sum adds up the seconds from one time after the event to another.
func (r *Record) Sum(from, to time.Duration) Second {
	var sum Second
	for _, s := range r.between(from, to) {
		sum.Requests += s.Requests
		sum.Throttled += s.Throttled
		sum.Unanswered += s.Unanswered
		sum.Exchanges += s.Exchanges
		sum.RefusedExchanges += s.RefusedExchanges
		sum.Secrets += s.Secrets
		sum.Ended += s.Ended
	}
	return sum
}

// Peak is the largest number in any second from one time after the event to another.
func (r *Record) Peak(from, to time.Duration, of func(Second) int) int {
	peak := 0
	for _, s := range r.between(from, to) {
		peak = max(peak, of(s))
	}
	return peak
}

func (r *Record) between(from, to time.Duration) []Second {
	first, end := (r.event+from)/time.Second, (r.event+to)/time.Second
	return r.Seconds[first:min(int(end), len(r.Seconds))]
}
