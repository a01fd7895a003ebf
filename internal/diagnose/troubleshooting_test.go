package diagnose

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the examples in docs/troubleshooting.md")

const troubleshooting = "../../docs/troubleshooting.md"

// example is what stands below an explanation's heading: the log line, and the fix
// where it is a command.
func example(e Explanation) string {
	line := fmt.Sprintf("link=%q cause=%q", string(e.Link), e.Cause)
	if strings.HasPrefix(e.Fix, "wait:") {
		return fmt.Sprintf("\n\n```text\n%s fix=%q\n```\n", line, e.Fix)
	}
	return fmt.Sprintf("\n\n```text\n%s\n```\n\n```bash\n%s\n```\n", line, e.Fix)
}

var (
	heading  = regexp.MustCompile(`(?m)^### (.+)$`)
	examples = regexp.MustCompile("^\n\n```text\n[^`]*```\n(?:\n```bash\n[^`]*```\n)?")
)

func TestTroubleshooting(t *testing.T) {
	content, err := os.ReadFile(troubleshooting)
	if err != nil {
		t.Fatal(err)
	}
	document := string(content)
	want := map[string]string{}
	for _, s := range samples() {
		want[s.id] = example(s.explain())
	}
	var documented []string
	rewritten := document
	// Backwards, so that the places of the headings before stay right.
	for _, match := range slices.Backward(heading.FindAllStringSubmatchIndex(document, -1)) {
		id, end := document[match[2]:match[3]], match[1]
		documented = append(documented, id)
		got := examples.FindString(document[end:])
		if want[id] == "" {
			t.Errorf("%q is documented, but no sample has that explanation", id)
			continue
		}
		if got != want[id] && !*update {
			t.Errorf("%s is documented as\n%s\nbut the program says\n%s", id, got, want[id])
		}
		rewritten = rewritten[:end] + want[id] + rewritten[end+len(got):]
	}
	slices.Sort(documented)
	if unique := slices.Compact(slices.Clone(documented)); len(unique) != len(documented) {
		t.Errorf("a heading occurs twice in %q", documented)
	}
	for id := range entries() {
		if !slices.Contains(documented, id) {
			t.Errorf("%s has no heading in %s", id, troubleshooting)
		}
	}
	if *update {
		if err := os.WriteFile(troubleshooting, []byte(rewritten), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func TestSamplesHaveTheirExplanations(t *testing.T) {
	all := entries()
	seen := map[string]bool{}
	for _, s := range samples() {
		got := s.explain()
		if got.ID != s.id {
			t.Errorf("%v is explained as %s, want %s", s.err, got.ID, s.id)
		}
		if got.Link != all[s.id].link || got.Lasting != all[s.id].lasting {
			t.Errorf("%s: got %+v, want what the catalog has", s.id, got)
		}
		checkWhole(t, got)
		if placeholder.MatchString(got.Cause + got.Fix) {
			t.Errorf("%s: a placeholder is left: %+v", s.id, got)
		}
		seen[s.id] = true
	}
	for id := range all {
		if !seen[id] {
			t.Errorf("no sample is explained as %s", id)
		}
	}
}

func TestOnlyConfigurationLasts(t *testing.T) {
	for id, e := range entries() {
		if want := slices.Contains([]string{"webhook-not-applied", "client-id-missing", "variables-missing", "variable-invalid", "setting-invalid"}, id); e.lasting != want {
			t.Errorf("%s: lasting is %v", id, e.lasting)
		}
	}
}
