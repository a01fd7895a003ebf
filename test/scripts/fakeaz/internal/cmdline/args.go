package cmdline

import (
	"slices"
	"strconv"
	"strings"
)

// Args is a command with its options, known by their first names ("--name"
// rather than "-n"). It remembers what has been asked for; see Unread.
type Args struct {
	Command string
	values  map[string][]string
	read    map[string]bool
}

func newArgs(command string) Args {
	return Args{Command: command, values: map[string][]string{}, read: map[string]bool{}}
}

// List returns an option's values, nil when it is missing.
func (a Args) List(name string) []string {
	a.read[name] = true
	return a.values[name]
}

// String returns an option's value, "" when it is missing.
func (a Args) String(name string) string {
	if values := a.List(name); len(values) > 0 {
		return values[0]
	}
	return ""
}

// Has tells whether an option is there at all.
func (a Args) Has(name string) bool {
	a.read[name] = true
	_, given := a.values[name]
	return given
}

// Int returns a whole number, or fallback when the option is missing.
func (a Args) Int(name string, fallback int) int {
	number, err := strconv.Atoi(a.String(name))
	if err != nil {
		return fallback
	}
	return number
}

// Switch returns the value of an option that takes true or false, where the
// option alone means true, or fallback when it is missing.
func (a Args) Switch(name string, fallback bool) bool {
	if !a.Has(name) {
		return fallback
	}
	return a.String(name) != "false"
}

// Tags returns name=value pairs as a map; nil when the option is missing.
func (a Args) Tags(name string) map[string]any {
	if !a.Has(name) {
		return nil
	}
	tags := map[string]any{}
	for _, pair := range a.List(name) {
		if key, value, _ := strings.Cut(pair, "="); key != "" {
			tags[key] = value
		}
	}
	return tags
}

// Unread returns the options that were given but that nobody asked for, sorted.
func (a Args) Unread() []string {
	var names []string
	for name := range a.values {
		if !a.read[name] {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}
