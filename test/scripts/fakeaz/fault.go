package main

import (
	"fmt"
	"strings"

	"github.com/workload-identity-quickstart/msal-go/test/scripts/fakeaz/internal/state"
)

// fault counts the call. It returns an error when the call must fail at once,
// and lost when its answer must not arrive.
func (az cli) fault(store *state.Store, words []string) (lost, err error) {
	count, err := store.Count()
	if err != nil {
		return nil, err
	}
	number := fmt.Sprint(count)
	if number == az.env("FAKE_AZ_FAIL_AT") {
		return nil, connectionError()
	}
	on := az.env("FAKE_AZ_FAIL_ON")
	if on != "" && strings.HasPrefix(strings.Join(words, " ")+" ", strings.TrimSpace(on)+" ") {
		return nil, connectionError()
	}
	if number == az.env("FAKE_AZ_DROP_AT") {
		return connectionError(), nil
	}
	return nil, nil
}
