package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/workload-identity-quickstart/msal-go/test/scripts/fakeaz/internal/cmdline"
	"github.com/workload-identity-quickstart/msal-go/test/scripts/fakeaz/internal/output"
	"github.com/workload-identity-quickstart/msal-go/test/scripts/fakeaz/internal/state"
)

// cli is one call of az, as seen from outside.
type cli struct {
	env            func(string) string
	stdin          io.Reader
	stdout, stderr io.Writer
}

// run does what the words say and returns the exit status.
func (az cli) run(words []string) int {
	text, err := az.do(words)
	if err != nil {
		fmt.Fprintln(az.stderr, "ERROR:", err)
		return exitStatus(err)
	}
	if _, err := io.WriteString(az.stdout, text); err != nil {
		return 1
	}
	return 0
}

func (az cli) do(words []string) (string, error) {
	if az.env("FAKE_AZ_DIR") == "" {
		return "", unmodelled("set FAKE_AZ_DIR to the folder of the stand-in's state")
	}
	// Whoever writes to our standard input may need the lock.
	var input []byte
	if slices.Contains(words, "/dev/stdin") {
		var err error
		if input, err = io.ReadAll(az.stdin); err != nil {
			return "", fmt.Errorf("read the standard input: %w", err)
		}
	}
	store, err := state.Open(az.env("FAKE_AZ_DIR"))
	if err != nil {
		return "", err
	}
	defer store.Close()
	if len(words) > 0 && words[0] == "fake" {
		return fake(store, words[1:])
	}
	if err := store.Log(words); err != nil {
		return "", err
	}
	lost, err := az.fault(store, words)
	if err != nil {
		return "", err
	}
	text, err := az.execute(store, words, input)
	if err == nil && lost != nil {
		return "", lost
	}
	return text, err
}

// execute parses, does and prints. State is kept even of a call that fails,
// since a refusal may count as an attempt.
func (az cli) execute(store *state.Store, words []string, input []byte) (string, error) {
	args, err := cmdline.Parse(words)
	if err != nil {
		return "", err
	}
	query, format := args.String("--query"), args.String("--output")
	if err := output.Check(query); err != nil {
		return "", cmdline.UsageError(fmt.Sprintf("argument --query: invalid jmespath_type value: '%s'", query))
	}
	current, err := store.Load()
	if err != nil {
		return "", err
	}
	c := &call{Args: args, state: current, cli: az, input: input}
	result, callErr := c.dispatch()
	if unread := c.Unread(); callErr == nil && unread != nil {
		return "", unmodelled("the stand-in has no meaning for %s of az %s", strings.Join(unread, ", "), args.Command)
	}
	if err := store.Save(c.state); err != nil {
		return "", err
	}
	if callErr != nil {
		return "", callErr
	}
	return output.Format(result, query, format)
}

type handler func(*call) (any, error)

func handlers() map[string]handler {
	all := map[string]handler{}
	for _, service := range []map[string]handler{
		accountCommands(), extensionCommands(), providerCommands(), groupCommands(), tagCommands(), aksCommands(),
		vaultCommands(), policyCommands(), secretCommands(), identityCommands(), credentialCommands(), roleCommands(),
		principalCommands(), applicationCommands(), {"rest": rest},
	} {
		maps.Copy(all, service)
	}
	return all
}
