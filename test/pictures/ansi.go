package pictures

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
)

// A cell is a character on the terminal with its style: CSS classes, sorted by
// when the output set them, or "".
type cell struct {
	char  rune
	style string
}

// classes are the attributes and colors (SGR, ECMA-48 8.3.117) that our programs
// use.
var classes = map[string]string{"1": "bold", "2": "dim", "31": "red", "32": "green", "33": "yellow"}

var sgr = regexp.MustCompile(`^\x1b\[([0-9;]*)m`)

// parse splits output into lines of cells. What a picture cannot show is an
// error: other escape sequences and control characters.
func parse(output string) ([][]cell, error) {
	var lines [][]cell
	style := ""
	for text := range strings.SplitSeq(strings.TrimSuffix(output, "\n"), "\n") {
		line := []cell{}
		for text != "" {
			if match := sgr.FindStringSubmatch(text); match != nil {
				text = text[len(match[0]):]
				var err error
				if style, err = restyle(style, match[1]); err != nil {
					return nil, err
				}
				continue
			}
			char := []rune(text)[0]
			if !unicode.IsPrint(char) || char == unicode.ReplacementChar {
				return nil, fmt.Errorf("the picture of a terminal cannot show %q", text[:min(len(text), 10)])
			}
			line = append(line, cell{char, style})
			text = text[len(string(char)):]
		}
		lines = append(lines, line)
	}
	return lines, nil
}

// restyle returns the style after a sequence with these parameters.
func restyle(style, parameters string) (string, error) {
	for code := range strings.SplitSeq(parameters, ";") {
		class, known := classes[code]
		switch {
		case code == "" || code == "0":
			style = ""
		case !known:
			return "", fmt.Errorf("the picture of a terminal has no style for SGR %q: add it to classes and to the style sheet", code)
		default:
			style = strings.TrimSpace(style + " " + class)
		}
	}
	return style, nil
}
