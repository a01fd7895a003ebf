package state

// Entry is something that takes effect only after a number of attempts to use it.
type Entry struct {
	Body        Object   `json:"body"`
	Attempts    int      `json:"attempts"`
	Credentials []Object `json:"credentials,omitempty"` // federated ones, of an application
}

// Shown is what az shows of the entry.
func (e *Entry) Shown() Object { return e.Body }

// Ready counts an attempt and tells whether it may succeed.
func (e *Entry) Ready() bool {
	if e.Attempts > 0 {
		e.Attempts--
		return false
	}
	return true
}
