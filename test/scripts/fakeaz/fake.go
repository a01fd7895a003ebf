package main

import (
	"github.com/workload-identity-quickstart/msal-go/test/scripts/fakeaz/internal/output"
	"github.com/workload-identity-quickstart/msal-go/test/scripts/fakeaz/internal/state"
)

const fakeUsage = "use: az fake init | set PATH JSON | get JMESPATH | reset-calls"

// fake is how tests set Azure up and look into it.
func fake(store *state.Store, words []string) (string, error) {
	verb := ""
	if len(words) > 0 {
		verb = words[0]
	}
	switch {
	case verb == "init" && len(words) == 1:
		return "", store.Save(state.Fresh())
	case verb == "reset-calls" && len(words) == 1:
		return "", store.SetCount(0)
	case verb != "set" && verb != "get":
		return "", unmodelled(fakeUsage)
	}
	current, err := store.Load()
	if err != nil {
		return "", err
	}
	switch {
	case verb == "get" && len(words) == 2:
		return output.Format(current, words[1], "json")
	case verb == "set" && len(words) == 3:
		changed, err := current.Set(words[1], words[2])
		if err != nil {
			return "", unmodelled("%s", err)
		}
		return "", store.Save(changed)
	}
	return "", unmodelled(fakeUsage)
}
