package pictures

import "slices"

// wrap breaks a line that is too long for the terminal. A terminal does so in the
// middle of a word and goes on at its left edge; the picture does so at a space
// where there is one, else after a slash or comma, and goes on below the last column of
// the line's table, which is easier to read.
func wrap(line []cell, width int) [][]cell {
	indent := lastColumn(line)
	if indent > width/2 {
		indent = 0
	}
	var rows [][]cell
	for len(line) > width {
		end, next := width, width
		for i := width; i > indent; i-- {
			if line[i].char == ' ' {
				end, next = i, i+1
				break
			}
			if c := line[i-1].char; end == width && (c == '/' || c == ',') {
				end, next = i, i
			}
		}
		rows = append(rows, line[:end])
		line = slices.Concat(slices.Repeat([]cell{{' ', ""}}, indent), line[next:])
	}
	return append(rows, line)
}

// lastColumn is where text goes on after the last gap of two or more spaces.
func lastColumn(line []cell) int {
	for i := len(line) - 1; i >= 2; i-- {
		if line[i].char != ' ' && line[i-1].char == ' ' && line[i-2].char == ' ' {
			return i
		}
	}
	return 0
}
