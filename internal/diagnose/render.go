package diagnose

import (
	"regexp"
	"strings"
	"sync"
	"unicode"
)

// maxShown is how many characters of one value a sentence shows, and the longest
// value that a command contains.
const maxShown = 300

// values fill in templates, in which a name in braces stands for a value:
// {client-id}. They may hold anything; sentence and command make them safe.
type values map[string]string

var (
	placeholder = compiled(`\{[a-z-]+\}`)
	// What is shaped like a JWT, in case a message repeats one.
	jwtShaped = compiled(`eyJ[\w-]*\.[\w-]*(\.[\w-]*)?`)
	// What a POSIX shell takes literally.
	plainWord = compiled(`^[A-Za-z0-9_@%+:,./][A-Za-z0-9_@%+:,./=-]*$`)
)

// compiled returns a function that compiles an expression at its first call, since
// most runs need none.
func compiled(expression string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expression) })
}

// sentence fills in a template for people to read.
func (v values) sentence(template string) string {
	return placeholder().ReplaceAllStringFunc(template, func(name string) string {
		if value := shown(v[strings.Trim(name, "{}")]); value != "" {
			return value
		}
		return "(unknown)"
	})
}

// command fills in a template for a shell. A value that is unknown, or that could
// not be pasted unharmed, leaves its name in capitals: {client-id} is CLIENT_ID.
func (v values) command(template string) string {
	return placeholder().ReplaceAllStringFunc(template, func(name string) string {
		name = strings.Trim(name, "{}")
		value := v[name]
		switch {
		case value == "", value[0] == '-', shown(value) != value:
			return strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
		case plainWord().MatchString(value):
			return value
		}
		return "'" + strings.ReplaceAll(value, "'", `'\''`) + "'"
	})
}

// setVault names the vault by its host.
func (v values) setVault(host string) {
	v["vault-host"] = strings.ToLower(host)
	v["vault-name"], _, _ = strings.Cut(v["vault-host"], ".")
}

// Command fills the facts into a template for a shell, such as "kubectl delete pod
// {pod-name}". A fact that is unknown, or that could not be pasted unharmed, leaves
// its name in capitals.
func (f Facts) Command(template string) string { return f.values().command(template) }

func shown(s string) string { return Printable(s, maxShown) }

// Printable is s on one line of at most longest characters, without tokens and
// what could confuse a terminal.
func Printable(s string, longest int) string {
	s = jwtShaped().ReplaceAllString(s, "[token]")
	s = strings.Join(strings.Fields(s), " ")
	s = strings.Map(func(r rune) rune {
		if r == unicode.ReplacementChar || !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, s)
	if runes := []rune(s); len(runes) > longest {
		return string(runes[:longest-1]) + "…"
	}
	return s
}
