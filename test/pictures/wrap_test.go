package pictures

import "testing"

func TestWrap(t *testing.T) {
	for name, test := range map[string]struct{ line, want string }{
		"empty":              {"", "|"},
		"exactly as wide":    {"aaaa bbbb cccc dddd.", "aaaa bbbb cccc dddd.|"},
		"at a space":         {"aaaa bbbb cccc dddd eeee", "aaaa bbbb cccc dddd|eeee|"},
		"at the edge":        {"aaaa bbbb cccc ddddd eeee", "aaaa bbbb cccc ddddd|eeee|"},
		"below a column":     {"one  aaaa bbbb cccc dddd eeee", "one  aaaa bbbb cccc|     dddd eeee|"},
		"below an indent":    {"    fix: aaaa bbbb cccc", "    fix: aaaa bbbb|    cccc|"},
		"column too far":     {"one two three  aaaa bbbb", "one two three  aaaa|bbbb|"},
		"word without space": {"one  aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "one  aaaaaaaaaaaaaaa|     aaaaaaaaaaaaaaa|     a|"},
		"address":            {"one  http://a/bb/ccc/dddd", "one  http://a/bb/|     ccc/dddd|"},
		"space before comma": {"aaaa bbbb cc,cccc,cccccc", "aaaa bbbb|cc,cccc,cccccc|"},
		"keeps the style":    {"\x1b[31maaaa bbbb cccc dddd eeee", "<red>aaaa bbbb cccc dddd|eeee|"},
	} {
		t.Run(name, func(t *testing.T) {
			lines, err := parse(test.line)
			if err != nil {
				t.Fatal(err)
			}
			if got := describe(wrap(lines[0], 20)); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}
