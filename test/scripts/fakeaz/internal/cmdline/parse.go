package cmdline

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// UsageError says what is wrong with a command line, as the Azure CLI does. It
// exits with 2.
type UsageError string

func (e UsageError) Error() string { return string(e) }

func usagef(format string, args ...any) error {
	return UsageError(fmt.Sprintf(format, args...))
}

// Parse reads a command line without its leading "az". The error is a UsageError.
func Parse(words []string) (Args, error) {
	command, rest, err := splitCommand(words)
	if err != nil {
		return Args{}, err
	}
	args := newArgs(command)
	known := options(command)
	var unknown []string
	for len(rest) > 0 {
		name, value, attached := splitOption(rest[0], known)
		i := slices.IndexFunc(known, func(o option) bool { return slices.Contains(o.names, name) })
		if i < 0 {
			unknown = append(unknown, rest[0])
			rest = rest[1:]
			continue
		}
		values := []string{value}
		rest = rest[1:]
		if !attached {
			values, rest = takeValues(known[i].arity, rest)
		}
		if err := known[i].check(command, values, attached); err != nil {
			return Args{}, err
		}
		args.values[known[i].key()] = known[i].canonical(values)
	}
	if err := missing(known, args); err != nil {
		return Args{}, err
	}
	if len(unknown) > 0 {
		return Args{}, usagef("unrecognized arguments: %s", strings.Join(unknown, " "))
	}
	return args, nil
}

// splitCommand takes the command's words off the line.
func splitCommand(words []string) (command string, rest []string, err error) {
	commands := Commands()
	for i, word := range words {
		name := strings.TrimSpace(command + " " + word)
		if slices.Contains(commands, name) {
			return name, words[i+1:], nil
		}
		isGroup := slices.ContainsFunc(commands, func(c string) bool { return strings.HasPrefix(c, name+" ") })
		if !isGroup {
			if strings.HasPrefix(word, "-") {
				break
			}
			return "", nil, usagef("'%s' is misspelled or not recognized by the system.", word)
		}
		command = name
	}
	return "", nil, usagef("the following arguments are required: _subcommand")
}

// splitOption separates --name=value and -nvalue.
func splitOption(word string, known []option) (name, value string, attached bool) {
	if strings.HasPrefix(word, "--") {
		return strings.Cut(word, "=")
	}
	if len(word) > 2 && word[0] == '-' {
		for _, o := range known {
			if slices.Contains(o.names, word[:2]) && o.arity != "" {
				return word[:2], strings.TrimPrefix(word[2:], "="), true
			}
		}
	}
	return word, "", false
}

// takeValues takes what belongs to an option off the line. Whatever begins with
// a dash is the next option, unless it is a number or contains a space.
func takeValues(arity string, words []string) (values, rest []string) {
	limit := len(words)
	switch arity {
	case "":
		limit = 0
	case "1", "?":
		limit = min(limit, 1)
	}
	for len(values) < limit && !looksLikeOption(words[len(values)]) {
		values = words[:len(values)+1]
	}
	return values, words[len(values):]
}

func looksLikeOption(word string) bool {
	if len(word) < 2 || word[0] != '-' || strings.Contains(word, " ") {
		return false
	}
	_, err := strconv.ParseFloat(word, 64)
	return err != nil
}

func (o option) check(command string, values []string, attached bool) error {
	switch {
	case o.arity == "" && attached:
		return usagef("argument %s: ignored explicit argument '%s'", o.label(), values[0])
	case o.arity == "1" && len(values) == 0:
		return usagef("argument %s: expected one argument", o.label())
	case o.arity == "+" && len(values) == 0:
		return usagef("argument %s: expected at least one argument", o.label())
	}
	for _, value := range values {
		if _, err := strconv.Atoi(value); o.integer && err != nil {
			return usagef("argument %s: invalid int value: '%s'", o.label(), value)
		}
		if o.choices != nil && o.choice(value) < 0 {
			return usagef("az %s: '%s' is not a valid value for '%s'. Allowed values: %s.",
				command, value, o.key(), strings.Join(o.choices, ", "))
		}
	}
	return nil
}

// choice finds a value among the choices, which ignore case.
func (o option) choice(value string) int {
	return slices.IndexFunc(o.choices, func(c string) bool { return strings.EqualFold(c, value) })
}

// canonical spells choices as the table does.
func (o option) canonical(values []string) []string {
	spelt := slices.Clone(values)
	for i, value := range spelt {
		if o.choices != nil {
			spelt[i] = o.choices[o.choice(value)]
		}
	}
	return spelt
}

func missing(known []option, args Args) error {
	var labels []string
	for _, o := range known {
		if _, given := args.values[o.key()]; o.required && !given {
			labels = append(labels, o.label())
		}
	}
	if labels == nil {
		return nil
	}
	return usagef("the following arguments are required: %s", strings.Join(labels, ", "))
}
