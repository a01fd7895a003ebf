//go:build !race

package fleet

import (
	"flag"
	"math"
	"os"
	"slices"
	"strconv"
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

// TestDocument simulates the smallest fleets again, which takes seconds, and
// compares their rows. A number may differ by a fifth, lest every change to the
// program that takes a request a little earlier mean to simulate everything anew.
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
		_, table, ok := strings.Cut(string(content), begin(name))
		if !ok {
			t.Errorf("docs/fleet.md has no table %s", name)
		}
		_, table, _ = strings.Cut(table, "\n| ---:") // below the head
		_, table, _ = strings.Cut(table, "\n")
		written := strings.Split(table, "\n")
		for i, row := range strings.Split(strings.TrimSpace(rows), "\n") {
			if i >= len(written) || !similar(row, written[i]) {
				t.Errorf("table %s of docs/fleet.md is out of date: run make fleet\nit lacks %s", name, row)
			}
		}
	}
}

// similar compares two rows, and within them numbers by their size.
func similar(a, b string) bool {
	fieldsA, fieldsB := strings.Fields(strings.ReplaceAll(a, ",", "")), strings.Fields(strings.ReplaceAll(b, ",", ""))
	return slices.EqualFunc(fieldsA, fieldsB, func(a, b string) bool {
		x, errX := strconv.ParseFloat(a, 64)
		y, errY := strconv.ParseFloat(b, 64)
		if errX != nil || errY != nil {
			return a == b
		}
		return math.Abs(x-y) <= max(x, y)/5+1
	})
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
