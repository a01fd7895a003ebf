package diagnose

import (
	"bufio"
	_ "embed"
	"net/textproto"
	"strconv"
	"strings"
	"sync"
)

//go:embed catalog.txt
var catalogText string

// catalog returns the entries of catalog.txt, which it reads at the first call.
var catalog = sync.OnceValue(func() []entry {
	var all []entry
	parts := strings.NewReplacer()
	for block := range strings.SplitSeq(catalogText, "\n\n") {
		for strings.HasPrefix(block, "#") {
			_, block, _ = strings.Cut(block, "\n")
		}
		// The error is that the block ends without an empty line.
		fields, _ := textproto.NewReader(bufio.NewReader(strings.NewReader(block + "\n\n"))).ReadMIMEHeader()
		if id := fields.Get("ID"); id != "" {
			all = append(all, newEntry(id, fields, parts))
			continue
		}
		var oldNew []string
		for key, values := range fields {
			oldNew = append(oldNew, "{="+strings.ToLower(key)+"}", values[0])
		}
		if len(oldNew) > 0 { // the block of parts, rather than a comment
			parts = strings.NewReplacer(oldNew...)
		}
	}
	return all
})

// entry is one explanation, and the rule that leads to it; catalog.txt says what
// its fields mean.
type entry struct {
	id   string
	link Link

	from   origin
	status []int
	aadsts []int
	codes  []string
	kinds  []string
	says   []string
	when   []string

	about, cause, fix string // templates, see values
	sources           []string
}

func newEntry(id string, fields textproto.MIMEHeader, parts *strings.Replacer) entry {
	fix := fields.Get("Fix")
	for strings.Contains(fix, "{=") && fix != parts.Replace(fix) { // parts have parts
		fix = parts.Replace(fix)
	}
	return entry{
		id: id, link: Link(fields.Get("Link")), from: origin(fields.Get("From")),
		status: numbers(fields.Get("Status")), aadsts: numbers(fields.Get("AADSTS")),
		codes: strings.Fields(fields.Get("Code")), kinds: strings.Fields(fields.Get("Kind")),
		says: fields.Values("Says"), when: strings.Fields(fields.Get("When")),
		about: fields.Get("About"), cause: fields.Get("Cause"), fix: fix, sources: fields.Values("Source"),
	}
}

func numbers(text string) []int {
	var all []int
	for field := range strings.FieldsSeq(text) {
		n, _ := strconv.Atoi(field) // a test reads the whole catalog
		all = append(all, n)
	}
	return all
}
