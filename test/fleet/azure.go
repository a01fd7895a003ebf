package fleet

import (
	"net/http"
	"sync"
	"time"
)

// azure is everything that the pods share. It is safe for concurrent use.
type azure struct {
	pods      int
	start     time.Time
	recovered func() // called when every pod has the secret; may be nil

	mu     sync.Mutex
	over   bool // nothing is recorded any more
	vault  vault
	entra  entra
	record *Record
}

// serve answers a request that arrives now.
func (a *azure) serve(req *http.Request, random float64) (*http.Response, error) {
	now := time.Now()
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.over {
		return nil, errGone
	}
	second := a.record.at(now.Sub(a.start))
	if req.URL.Host == authorityHost {
		resp := a.entra.answer(req, now, random)
		if req.Method == http.MethodPost {
			second.Exchanges++
			if resp.StatusCode == http.StatusTooManyRequests {
				second.RefusedExchanges++
			}
		}
		return resp, nil
	}
	second.Requests++
	if a.vault.gone(now.Sub(a.start)) {
		second.Unanswered++
		return nil, errGone
	}
	resp := a.vault.answer(req, now)
	if resp.StatusCode == http.StatusTooManyRequests {
		second.Throttled++
	}
	return resp, nil
}

// got notes that a pod holds the secret now.
func (a *azure) got(pod int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.record.got(pod, time.Since(a.start))
	if _, complete := a.record.Complete(); complete && a.recovered != nil {
		a.recovered()
	}
}

// end makes everything unreachable.
func (a *azure) end() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.over = true
}

// ended notes that a container ended.
func (a *azure) ended() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.record.at(time.Since(a.start)).Ended++
}
