package main

import (
	"slices"
)

// wait lets an operation end, as az … wait does.
func (c *call) wait(id string) error {
	c.ignore("--timeout", "--interval")
	until := slices.DeleteFunc([]string{"--created", "--updated", "--deleted", "--exists"}, func(o string) bool { return !c.Has(o) })
	if len(until) != 1 {
		return userError("incorrect usage: --created | --updated | --deleted | --exists | --custom JMESPATH")
	}
	found := c.state.Find(id)
	if found != nil && found.Busy() {
		found.Phase.Shows = 0
		found = c.state.Find(id)
	}
	if (found == nil) != (until[0] == "--deleted") {
		return userError("Wait operation timed-out after 3600 seconds")
	}
	return nil
}
