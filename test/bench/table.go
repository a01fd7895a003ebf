package main

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"text/tabwriter"
)

// row is a line of the table. Its value is the ratio of ours to the peer's, or
// ours itself where the target is an amount.
type row struct {
	what, ours, peer, ratio string
	value                   float64
	// target is what value should reach. Up to guard it may miss it, since a busy
	// machine can do that.
	target, guard figure
}

// compared is a row whose value is the ratio of two amounts, usually of time.
func compared(what string, ours, peer figure, target, guard float64) row {
	value := ours.value / peer.value
	return row{what, ours.String(), peer.String(), figure{value, ""}.String(), value, figure{target, ""}, figure{guard, ""}}
}

// limited is a row whose value is ours. The peer is shown for information, if it
// has a value.
func limited(what string, ours, peer figure, target, guard float64) row {
	r := row{what: what, ours: ours.String(), value: ours.value, target: figure{target, ours.unit}, guard: figure{guard, ours.unit}}
	if peer.value > 0 {
		r.peer = peer.String()
	}
	return r
}

// counted is a limited row that no noise can excuse.
func counted(what string, ours, peer figure, target float64) row {
	return limited(what, ours, peer, target, target)
}

// figure is a measured number.
type figure struct {
	value float64
	unit  string
}

func (f figure) String() string {
	precision := 0
	switch {
	case f.value == math.Trunc(f.value) || f.value >= 100:
	case f.value >= 3:
		precision = 1
	default:
		precision = 2
	}
	return strings.TrimSpace(strconv.FormatFloat(f.value, 'f', precision, 64) + " " + f.unit)
}

func (r row) verdict() string {
	switch {
	case r.value <= r.target.value:
		return "ok"
	case r.value <= r.guard.value:
		return "missed"
	default:
		return "FAILED, the guard is " + r.guard.String()
	}
}

// print writes the table and reports whether every value is within its guard.
func print(w io.Writer, rows []row) bool {
	good := true
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "WHAT\tOURS\tPEER\tRATIO\tTARGET\t")
	for _, r := range rows {
		good = good && r.value <= r.guard.value
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\n", r.what, r.ours, r.peer, r.ratio, r.target, r.verdict())
	}
	return table.Flush() == nil && good
}
