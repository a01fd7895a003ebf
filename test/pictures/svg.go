package pictures

import (
	"encoding/xml"
	"fmt"
	"strings"
)

// Sizes are in tenths of a pixel, since sums of those are exact. A cell is as
// wide as a character of most monospaced fonts at a size of 13 pixels.
const (
	cellWidth  = 78
	cellHeight = 190
	padding    = 210
	barHeight  = 340
	pageWidth  = 2*padding + columns*cellWidth
)

// head opens the picture. Its window brings its own background and border, so
// that it can be read on a light page and on a dark one.
const head = `<svg xmlns="http://www.w3.org/2000/svg" width="%[1]s" height="%[2]s" viewBox="0 0 %[1]s %[2]s" role="img" aria-labelledby="title" xml:space="preserve">
<title id="title">%[3]s</title>
<style>
text { font: 13px ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; fill: #d8dee9; white-space: pre }
.bar { fill: #9aa5b5 }
.bold { font-weight: bold; fill: #ffffff }
.dim { fill: #8893a5 }
.red { fill: #ff7b72 }
.green { fill: #5fd38d }
.yellow { fill: #e9c46a }
</style>
<rect x="0.5" y="0.5" width="%[4]s" height="%[5]s" rx="9.5" fill="#161b22" stroke="#58616d"/>
<circle cx="21" cy="18" r="6" fill="#ff5f57"/>
<circle cx="41" cy="18" r="6" fill="#febc2e"/>
<circle cx="61" cy="18" r="6" fill="#28c840"/>
<text class="bar" x="%[6]s" y="22.5" text-anchor="middle">quick start</text>
`

// draw returns the SVG picture of a terminal in which command was typed and wrote
// output. The title is for readers who cannot see it. Equal arguments make equal
// pictures.
func draw(title, command, output string) (string, error) {
	lines, err := parse("\x1b[2m$\x1b[0m \x1b[1m" + command + "\x1b[0m\n" + output)
	if err != nil {
		return "", err
	}
	var rows [][]cell
	for _, line := range lines {
		rows = append(rows, wrap(line, columns)...)
	}
	height := barHeight + len(rows)*cellHeight + padding
	var svg strings.Builder
	fmt.Fprintf(&svg, head, pixels(pageWidth), pixels(height), escape(title),
		pixels(pageWidth-10), pixels(height-10), pixels(pageWidth/2))
	for i, row := range rows {
		if len(row) == 0 {
			continue
		}
		fmt.Fprintf(&svg, `<text y="%s">`, pixels(barHeight+i*cellHeight+cellHeight*3/4))
		for start := 0; start < len(row); {
			end := start
			var run strings.Builder
			for ; end < len(row) && row[end].style == row[start].style; end++ {
				run.WriteRune(row[end].char)
			}
			drawRun(&svg, start, end-start, row[start].style, run.String())
			start = end
		}
		svg.WriteString("</text>\n")
	}
	svg.WriteString("</svg>\n")
	return svg.String(), nil
}

// drawRun writes cells of one style. The explicit place and length keep columns
// straight in fonts that are a little wider or narrower.
func drawRun(svg *strings.Builder, column, length int, style, text string) {
	class := ""
	if style != "" {
		class = fmt.Sprintf(` class="%s"`, style)
	}
	fmt.Fprintf(svg, `<tspan%s x="%s" textLength="%s">%s</tspan>`, class,
		pixels(padding+column*cellWidth), pixels(length*cellWidth), escape(text))
}

func pixels(tenths int) string {
	if tenths%10 == 0 {
		return fmt.Sprint(tenths / 10)
	}
	return fmt.Sprintf("%d.%d", tenths/10, tenths%10)
}

func escape(text string) string {
	var escaped strings.Builder
	_ = xml.EscapeText(&escaped, []byte(text)) // a strings.Builder takes everything
	return escaped.String()
}
