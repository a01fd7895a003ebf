package pictures

import (
	"strings"
	"testing"
)

// describe writes lines of cells with the style of each run before it.
func describe(lines [][]cell) string {
	var text strings.Builder
	style := ""
	for _, line := range lines {
		for _, c := range line {
			if c.style != style {
				style = c.style
				text.WriteString("<" + style + ">")
			}
			text.WriteRune(c.char)
		}
		text.WriteString("|")
	}
	return text.String()
}

func TestParse(t *testing.T) {
	for name, test := range map[string]struct{ output, want string }{
		"plain":             {"a\n\nb c\n", "a||b c|"},
		"no newline at end": {"a", "a|"},
		"colors":            {"\x1b[32mok\x1b[0m \x1b[31mno\x1b[m.", "<green>ok<> <red>no<>.|"},
		"dim and yellow":    {"\x1b[2ma\x1b[0m\x1b[33mb\x1b[0m", "<dim>a<yellow>b|"},
		"two at once":       {"\x1b[1;31ma\x1b[0;2mb", "<bold red>a<dim>b|"},
		"over a line's end": {"\x1b[31ma\nb\x1b[0mc", "<red>a|b<>c|"},
		"beyond ASCII":      {"…é", "…é|"},
	} {
		t.Run(name, func(t *testing.T) {
			lines, err := parse(test.output)
			if err != nil {
				t.Fatal(err)
			}
			if got := describe(lines); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestParseRefuses(t *testing.T) {
	for name, output := range map[string]string{
		"unknown color":   "\x1b[35mx",
		"other sequence":  "\x1b[2Kx",
		"cut short":       "x\x1b[3",
		"carriage return": "10%\r20%",
		"tab":             "a\tb",
		"not UTF-8":       "a\xff",
	} {
		t.Run(name, func(t *testing.T) {
			if lines, err := parse(output); err == nil || !strings.Contains(err.Error(), "the picture of a terminal") {
				t.Errorf("got %q and error %v, want an error that says what cannot be shown", describe(lines), err)
			}
		})
	}
}
