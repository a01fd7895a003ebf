package doctor

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// PrintTable writes a line for each link and, below it, the cause and the fix of
// what failed. Colors only make sense on a terminal.
func PrintTable(w io.Writer, results []Result, colored bool) error {
	var links, states int // widths
	for _, r := range results {
		links, states = max(links, len(r.Link)), max(states, len(r.State))
	}
	indent := strings.Repeat(" ", links+2+states+2)
	var table strings.Builder
	for _, r := range results {
		// Padded first, since colors take no place.
		state := paint(fmt.Sprintf("%-*s", states, r.State), r.State, colored)
		fmt.Fprintf(&table, "%-*s  %s  %s\n", links, r.Link, state, r.Detail)
		if r.Cause != "" {
			fmt.Fprintf(&table, "%[1]scause: %[2]s\n%[1]sfix:   %[3]s\n", indent, r.Cause, r.Fix)
		}
		if r.More != "" {
			fmt.Fprintf(&table, "%smore:  %s\n", indent, r.More)
		}
	}
	_, err := io.WriteString(w, table.String())
	return err
}

func paint(text string, state State, colored bool) string {
	if !colored {
		return text
	}
	color := map[State]string{OK: "32", Warned: "33", Failed: "31", Skipped: "2"}[state]
	return "\x1b[" + color + "m" + text + "\x1b[0m"
}

// PrintJSON writes the results as an array of objects.
func PrintJSON(w io.Writer, results []Result) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(results)
}
