package state

import (
	"crypto/sha256"
	"fmt"
	"maps"
	"slices"
	"strings"
)

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

// Gone is the state of a resource that no longer exists.
const Gone = "Gone"

// Resource is anything with an id in Azure Resource Manager.
type Resource struct {
	Body  Object `json:"body"`
	Next  Object `json:"next,omitempty"` // the body once the phase has passed
	Phase Phase  `json:"phase"`
}

// ID returns the resource's id as az shows it.
func (r *Resource) ID() string { return fmt.Sprint(r.Body["id"]) }

// Busy tells whether the resource is being changed.
func (r *Resource) Busy() bool { return r.Phase.Then != "" }

// Put stores a resource as it is.
func (s *State) Put(id string, body Object) *Resource {
	resource := &Resource{Body: body, Phase: Phase{State: "Succeeded"}}
	s.Resources[strings.ToLower(id)] = resource
	return resource
}

// Find returns the resource of an id, or nil, without counting that.
func (s *State) Find(id string) *Resource {
	resource := s.Resources[strings.ToLower(id)]
	if resource == nil || s.settle(resource) {
		return nil
	}
	return resource
}

// Look returns the resource of an id, or nil, and counts that it was seen.
func (s *State) Look(id string) *Resource {
	resource := s.Find(id)
	if resource != nil {
		resource.Phase.Look()
	}
	return resource
}

// settle gives a resource whose phase has passed its next body. It tells whether
// the resource is gone.
func (s *State) settle(resource *Resource) (gone bool) {
	if resource.Phase.Now() == Gone {
		delete(s.Resources, strings.ToLower(resource.ID()))
		return true
	}
	if resource.Next != nil && !resource.Busy() {
		resource.Body, resource.Next = resource.Next, nil
	}
	return false
}

// List returns the resources whose id matches, sorted by it.
func (s *State) List(match func(id string) bool) []*Resource {
	var found []*Resource
	for _, id := range slices.Sorted(maps.Keys(s.Resources)) {
		if match(id) && !s.settle(s.Resources[id]) {
			found = append(found, s.Resources[id])
		}
	}
	return found
}

// GUID derives an id from names, always the same one.
func GUID(names ...string) string {
	sum := sha256.Sum256([]byte(strings.ToLower(strings.Join(names, "\x00"))))
	sum[6] = sum[6]&0x0f | 0x40 // version 4
	sum[8] = sum[8]&0x3f | 0x80 // and its variant
	return fmt.Sprintf("%x-%x-%x-%x-%x", sum[0:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16])
}
