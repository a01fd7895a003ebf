package localazure

import "sync"

// activity counts what is going on. Unlike a sync.WaitGroup it may go up from
// zero while somebody waits: a connection may be accepted, and a handler of
// HTTP/2 begin, at any moment.
type activity struct {
	mu   sync.Mutex
	n    int
	idle chan struct{} // closed when n returns to zero; nil when nobody waits
}

func (a *activity) begin() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.n++
}

func (a *activity) end() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.n--
	if a.n == 0 && a.idle != nil {
		close(a.idle)
		a.idle = nil
	}
}

// wait returns once nothing goes on.
func (a *activity) wait() {
	a.mu.Lock()
	if a.n == 0 {
		a.mu.Unlock()
		return
	}
	if a.idle == nil {
		a.idle = make(chan struct{})
	}
	idle := a.idle
	a.mu.Unlock()
	<-idle
}
