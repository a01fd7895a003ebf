//go:build !race

package fleet

import (
	"flag"
	"os"
	"strings"
	"testing"
)

var full = flag.Bool("full", false, "simulate all fleets, and write docs/fleet.svg and the tables in docs/fleet.md")

const (
	document = "../../docs/fleet.md"
	picture  = "../../docs/fleet.svg"
)

// tables are those of the document, by name.
type tables map[string]string

// simulateFleets adds the rows for fleets of a size, and returns the restarts.
func (tables tables) simulateFleets(t *testing.T, pods int) []*Record {
	t.Helper()
	var restarts []*Record
	for i, f := range Fleets() {
		s := Restart(pods, f)
		r := simulate(t, s)
		tables["restart"] += restartRow(f, s, r)
		tables["steady"] += steadyRow(f, s, r)
		restarts = append(restarts, r)
		if i == 0 {
			testRecovery(t, s, r)
			testSteady(t, s, r)
		}
		s = Outage(pods, f)
		outage := simulate(t, s)
		tables["outage"] += outageRow(f, s, outage)
		if ended := outage.Sum(-s.Outage, reported).Ended; i == 0 && ended > 0 {
			t.Errorf("%d containers of %d ended in an outage, though they had had their secret", ended, pods)
		}
		s = Throttled(pods, f)
		tables["throttled"] += throttledRow(f, s, simulate(t, s))
	}
	return restarts
}

// TestDocument simulates the smallest fleets again, which takes seconds, and looks
// for their rows.
func TestDocument(t *testing.T) {
	if *full {
		t.Skip("TestWriteDocument does more")
	}
	found := tables{}
	found.simulateFleets(t, 1000)
	content, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	for name, rows := range found {
		_, table, _ := strings.Cut(string(content), begin(name))
		table, _, _ = strings.Cut(table, end)
		for row := range strings.Lines(rows) {
			if !strings.Contains(table, row) {
				t.Errorf("table %s of docs/fleet.md lacks %sRun make fleet to simulate everything anew.", name, row)
			}
		}
	}
}

// TestWriteDocument simulates everything, which takes a quarter of an hour.
func TestWriteDocument(t *testing.T) {
	if !*full {
		t.Skip("takes too long: run make fleet")
	}
	made := tables{
		"steady": steadyHead, "restart": restartHead, "outage": outageHead, "throttled": throttledHead, "assumptions": assumptionsHead,
	}
	var restarts []*Record
	pods := 0
	for _, pods = range []int{1000, 5000, 20_000} {
		restarts = made.simulateFleets(t, pods)
	}
	for _, s := range Assumptions(pods) {
		r := simulate(t, s)
		testRecovery(t, s, r)
		made["assumptions"] += assumptionRow(s, r)
	}
	content, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	text := string(content)
	for name, table := range made {
		before, rest, ok := strings.Cut(text, begin(name))
		_, after, closed := strings.Cut(rest, end)
		if !ok || !closed {
			t.Fatalf("docs/fleet.md has no place for table %s", name)
		}
		text = before + begin(name) + table + end + after
	}
	for name, content := range map[string]string{document: text, picture: plot(pods, restarts)} {
		if err := os.WriteFile(name, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// Tables stand between comments.
func begin(name string) string { return "<!-- " + name + ", written by make fleet -->\n\n" }

const end = "\n<!-- end -->"
