package main

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"github.com/workload-identity-quickstart/msal-go/test/scripts/fakeaz/internal/cmdline"
)

func TestEveryCommandHasAHandler(t *testing.T) {
	known := slices.Sorted(maps.Keys(handlers()))
	if table := cmdline.Commands(); !slices.Equal(known, table) {
		t.Errorf("the handlers are\n%v\nand the table has\n%v", known, table)
	}
}

func TestFake(t *testing.T) {
	a := freshAzure(t)
	a.play([]step{
		{"fake set account.user.name nonsense", 70, "the value for account.user.name is not JSON"},
		{"fake set account.nothing 1", 70, "unknown field"},
		{"fake set account.subscriptions.7.name '\"x\"'", 70, `no item "7" in a list of 1`},
		{"fake set cloud.name 1", 70, "nothing that could hold"},
		{"fake set providers.Microsoft.KeyVault.state '\"Registered\"'", 0, nothing},
		{"provider show -n Microsoft.KeyVault --query registrationState -o tsv", 0, "Registered"},
		{"fake get account.loggedIn", 0, "true"},
		{"fake", 70, "use: az fake init"},
		{"fake get", 70, "use: az fake init"},
		{"fake init", 0, nothing},
		{"provider show -n Microsoft.KeyVault --query registrationState -o tsv", 0, "NotRegistered"},
	})
	delete(a.vars, "FAKE_AZ_DIR")
	a.play([]step{{"version", 70, "set FAKE_AZ_DIR"}})
}

// TestParallelCalls loses no change, since calls wait for each other.
func TestParallelCalls(t *testing.T) {
	a := freshAzure(t)
	var calls sync.WaitGroup
	for _, name := range []string{"a", "b", "c", "d", "e", "f", "g", "h"} {
		calls.Go(func() { a.run("group create -n " + name + " -l eastus") })
	}
	calls.Wait()
	a.play([]step{{"group list --query 'length(@)'", 0, "8"}})
	count, err := os.ReadFile(filepath.Join(a.vars["FAKE_AZ_DIR"], "calls"))
	if string(count) != "9\n" || err != nil {
		t.Errorf("counted %q calls (%v), want 9", count, err)
	}
}
