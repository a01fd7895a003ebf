package state

import "strings"

// Phase is a state that another one follows after it was looked at a number of
// times.
type Phase struct {
	State string `json:"state"`
	Shows int    `json:"shows,omitempty"`
	Then  string `json:"then,omitempty"`
}

// Begin enters a state that another one follows after it was shown so often;
// at once when shows is 0.
func (p *Phase) Begin(now, then string, shows int) {
	*p = Phase{State: now, Shows: shows, Then: then}
	if shows == 0 {
		*p = Phase{State: then}
	}
}

// Now returns the state without counting that.
func (p *Phase) Now() string {
	if p.Then != "" && p.Shows == 0 {
		*p = Phase{State: p.Then}
	}
	return p.State
}

// Look returns the state and counts that it was seen.
func (p *Phase) Look() string {
	now := p.Now()
	p.Shows = max(0, p.Shows-1)
	return now
}

// Provider returns a resource provider's registration, whatever the case of its
// namespace, and how that is spelt; nil when there is no such provider.
func (s *State) Provider(namespace string) (*Phase, string) {
	for name, phase := range s.Providers {
		if strings.EqualFold(name, namespace) {
			return phase, name
		}
	}
	return nil, ""
}
