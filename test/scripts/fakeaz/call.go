package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/workload-identity-quickstart/msal-go/test/scripts/fakeaz/internal/cmdline"
	"github.com/workload-identity-quickstart/msal-go/test/scripts/fakeaz/internal/state"
)

// call is a command at work on the state.
type call struct {
	cmdline.Args
	cli
	state        *state.State
	subscription *state.Subscription
	input        []byte // what came in for /dev/stdin
}

// offline commands need nobody to be logged in.
var offline = []string{"version", "cloud", "extension", "account"}

// writing verbs are refused in a subscription that is disabled.
var writing = []string{"create", "update", "delete", "register", "set", "set-policy", "delete-policy", "recover", "purge"}

func (c *call) dispatch() (any, error) {
	words := strings.Fields(c.Command)
	for _, flag := range []string{"--verbose", "--debug", "--only-show-errors"} {
		c.Has(flag)
	}
	if !slices.Contains(offline, words[0]) {
		if err := c.selectSubscription(); err != nil {
			return nil, err
		}
		if words[0] != "ad" && c.subscription.State != "Enabled" && slices.Contains(writing, words[len(words)-1]) {
			return nil, azureError(409, "ReadOnlyDisabledSubscription", "The subscription '%s' is disabled and therefore "+
				"marked as read only. You cannot perform any write actions on this subscription until it is re-enabled.",
				c.subscription.ID)
		}
	}
	handle, known := handlers()[c.Command]
	if !known {
		return nil, unmodelled("the stand-in does not know az %s", c.Command)
	}
	return handle(c)
}

func (c *call) selectSubscription() error {
	wanted := c.String("--subscription")
	if !c.state.Account.LoggedIn {
		return userError("Please run 'az login' to setup account.")
	}
	c.subscription = c.findSubscription(wanted)
	switch {
	case c.subscription != nil:
		return nil
	case wanted == "":
		return userError("No subscription found. Run 'az account set' to select a subscription.")
	}
	c.warn("Subscription '%s' not recognized.", wanted)
	return userError("Subscription '%s' not found. Check the spelling and casing and try again.", wanted)
}

// findSubscription finds one by id or name, or the default one.
func (c *call) findSubscription(wanted string) *state.Subscription {
	for i, s := range c.state.Account.Subscriptions {
		if wanted == "" && s.IsDefault || wanted != "" && (strings.EqualFold(s.ID, wanted) || strings.EqualFold(s.Name, wanted)) {
			return &c.state.Account.Subscriptions[i]
		}
	}
	return nil
}

// warn prints what az warns of, unless only errors are wanted.
func (c *call) warn(format string, args ...any) {
	if !c.Has("--only-show-errors") {
		fmt.Fprintf(c.stderr, "WARNING: "+format+"\n", args...)
	}
}

// ignore names options that would only change what nobody looks at.
func (c *call) ignore(names ...string) {
	for _, name := range names {
		c.Has(name)
	}
}

// confirm asks, as far as one can without a terminal.
func (c *call) confirm() error {
	if c.Has("--yes") {
		return nil
	}
	c.warn("Unable to prompt for confirmation as no tty available. Use --yes.")
	return userError("Operation cancelled.")
}

// groupID and resourceID are ids in the subscription of the call.
func (c *call) groupID(group string) string {
	return "/subscriptions/" + c.subscription.ID + "/resourceGroups/" + group
}

func (c *call) resourceID(group, kind, name string) string {
	return c.groupID(group) + "/providers/" + kind + "/" + name
}

// object is a JSON object as az shows it.
type object = state.Object

// bodyOf shows what a search has found.
func bodyOf[T interface{ Shown() object }](found T, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	return found.Shown(), nil
}
