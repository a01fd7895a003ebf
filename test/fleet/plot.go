package fleet

import (
	"fmt"
	"math"
	"strings"
	"time"
)

// A second is a pixel wide. Requests are drawn to a logarithmic scale, from one to
// the highest power of ten.
const (
	plotLeft    = 64
	plotWidth   = int(reported / time.Second)
	panelHeight = 96
	panelGap    = 40
	decades     = 5
)

// style suits light and dark pages.
const style = `<style>
text { font: 12px system-ui, sans-serif; fill: #57606a }
.title { font-weight: 600 }
.grid { stroke: #8c959f; stroke-opacity: .3 }
.limit { stroke: #cf222e; stroke-dasharray: 4 3 }
.all { fill: #8c959f; fill-opacity: .45 }
.c0 { fill: #0969da } .c1 { fill: #bf8700 } .c2 { fill: #8250df }
polyline { fill: none !important; stroke-width: 2 }
.l0 { stroke: #0969da } .l1 { stroke: #bf8700; stroke-dasharray: 6 3 } .l2 { stroke: #8250df; stroke-dasharray: 2 3 }
@media (prefers-color-scheme: dark) {
text { fill: #9ea7b3 }
.limit { stroke: #ff7b72 }
.c0 { fill: #58a6ff } .c1 { fill: #e3b341 } .c2 { fill: #bc8cff }
.l0 { stroke: #58a6ff } .l1 { stroke: #e3b341 } .l2 { stroke: #bc8cff }
}
</style>
`

// plot draws the restarts of Fleets, in their order, as an SVG document.
func plot(pods int, records []*Record) string {
	var b strings.Builder
	height := (len(records)+1)*(panelHeight+panelGap) + 16
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" role="img" aria-label="%s pods restarted at once">`+"\n%s",
		plotLeft+plotWidth+24, height, number(pods), style)
	for i, record := range records {
		top := 24 + i*(panelHeight+panelGap)
		title(&b, top, Fleets()[i].Name+": requests/s, answered and refused (grey); the limit is dashed")
		for decade := 0; decade <= decades; decade += 2 {
			grid(&b, top+panelHeight-panelHeight*decade/decades, number(int(math.Pow10(decade))))
		}
		area(&b, "all", top, record, requests)
		area(&b, fmt.Sprintf("c%d", i), top, record, func(s Second) int { return s.Requests - s.Throttled })
		y := top + panelHeight - logarithm(vaultLimit/int(window/time.Second))
		fmt.Fprintf(&b, `<line class="limit" x1="%d" x2="%d" y1="%d" y2="%[3]d"/>`+"\n", plotLeft, plotLeft+plotWidth, y)
	}
	top := 24 + len(records)*(panelHeight+panelGap)
	title(&b, top, "pods that have their secret:"+legend())
	for percent := 0; percent <= 100; percent += 50 {
		grid(&b, top+panelHeight-panelHeight*percent/100, fmt.Sprintf("%d %%", percent))
	}
	for i, record := range records {
		shares(&b, fmt.Sprintf("l%d", i), top, pods, record)
	}
	for minute := 0; minute <= plotWidth/60; minute++ {
		fmt.Fprintf(&b, `<text x="%d" y="%d" text-anchor="middle">%d min</text>`+"\n", plotLeft+60*minute, top+panelHeight+20, minute)
	}
	b.WriteString("</svg>\n")
	return b.String()
}

func title(b *strings.Builder, top int, text string) {
	fmt.Fprintf(b, `<text class="title" x="%d" y="%d">%s</text>`+"\n", plotLeft, top-8, text)
}

func grid(b *strings.Builder, y int, label string) {
	fmt.Fprintf(b, `<line class="grid" x1="%d" x2="%d" y1="%d" y2="%[3]d"/><text x="%d" y="%d" text-anchor="end">%s</text>`+"\n",
		plotLeft, plotLeft+plotWidth, y, plotLeft-6, y+4, label)
}

// area draws a number of each second.
func area(b *strings.Builder, class string, top int, r *Record, of func(Second) int) {
	fmt.Fprintf(b, `<path class="%s" d="M%d %d`, class, plotLeft, top+panelHeight)
	for _, s := range r.between(0, reported) {
		fmt.Fprintf(b, "V%dh1", top+panelHeight-logarithm(of(s)))
	}
	fmt.Fprintf(b, `V%dZ"/>`+"\n", top+panelHeight)
}

// logarithm is how many pixels high n is.
func logarithm(n int) int {
	if n < 1 {
		return 0
	}
	return int(math.Round(panelHeight / decades * math.Log10(float64(n))))
}

// shares draws how many pods have the secret, with a point where that changes.
func shares(b *strings.Builder, class string, top, pods int, r *Record) {
	fmt.Fprintf(b, `<polyline class="%s" points="%d,%d`, class, plotLeft, top+panelHeight)
	with, last := 0, 0
	seconds := r.between(0, reported)
	for i, s := range seconds {
		with += s.Secrets
		if height := panelHeight * with / pods; height != last || i == len(seconds)-1 {
			fmt.Fprintf(b, " %d,%d", plotLeft+i+1, top+panelHeight-height)
			last = height
		}
	}
	b.WriteString("\"/>\n")
}

func legend() string {
	var b strings.Builder
	for i, f := range Fleets() {
		fmt.Fprintf(&b, `<tspan class="c%d" dx="12">%s</tspan>`, i, f.Name)
	}
	return b.String()
}
