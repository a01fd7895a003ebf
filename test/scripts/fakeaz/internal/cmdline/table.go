package cmdline

import (
	_ "embed" // for commands.txt
	"regexp"
	"slices"
	"strings"
)

//go:embed commands.txt
var commandsText string

// globals are options of every command; --subscription is in the table, since
// some commands lack it.
const globals = "--verbose --debug --only-show-errors --output/-o={json,jsonc,yaml,yamlc,table,tsv,none} --query="

type option struct {
	names    []string
	arity    string // "" for a flag, "1", "?", "*" or "+"
	integer  bool
	choices  []string
	required bool
}

// key is the name that Args knows an option by.
func (o option) key() string { return o.names[0] }

func (o option) label() string { return strings.Join(o.names, "/") }

var optionPattern = regexp.MustCompile(`^([^=#{!]+)(=([?*+]?))?(#?)(\{(.*)\})?(!?)$`)

func parseOption(text string) option {
	m := optionPattern.FindStringSubmatch(text)
	o := option{names: strings.Split(m[1], "/"), integer: m[4] != "", required: m[7] != ""}
	if m[2] != "" {
		o.arity = m[3]
		if o.arity == "" {
			o.arity = "1"
		}
	}
	if m[6] != "" {
		o.choices = strings.Split(m[6], ",")
	}
	return o
}

// Commands returns the names of all commands, sorted.
func Commands() []string {
	var names []string
	for line := range strings.Lines(commandsText) {
		if name, _, found := strings.Cut(line, ":"); found && !strings.HasPrefix(line, " ") {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// options returns a command's options, the global ones first.
func options(command string) []option {
	var fields []string
	inside := false
	for line := range strings.Lines(commandsText) {
		if !strings.HasPrefix(line, " ") {
			var name string
			name, line, _ = strings.Cut(line, ":")
			inside = name == command
		}
		if inside {
			fields = append(fields, strings.Fields(line)...)
		}
	}
	var found []option
	for _, field := range append(strings.Fields(globals), fields...) {
		found = append(found, parseOption(field))
	}
	return found
}
