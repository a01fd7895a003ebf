package state

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

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

// Shown is what az shows of the resource.
func (r *Resource) Shown() Object { return r.Body }

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
