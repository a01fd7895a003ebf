package output

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jmespath/go-jmespath"
)

// Format returns result as text, after an optional JMESPath query. Nothing is
// printed for null, whatever the format.
func Format(result any, query, format string) (string, error) {
	result, err := plain(result)
	if err != nil {
		return "", err
	}
	if query != "" {
		if result, err = jmespath.Search(query, result); err != nil {
			return "", fmt.Errorf("invalid jmespath query supplied for `--query`: %w", err)
		}
	}
	if result == nil || format == "none" {
		return "", nil
	}
	switch format {
	case "", "json", "jsonc":
		return indent(result)
	case "tsv":
		return tsv(result, query), nil
	}
	return "", errors.New("the stand-in prints json, tsv and none only, not " + format)
}

// Check compiles a query without running it; an empty one is none.
func Check(query string) error {
	if query == "" {
		return nil
	}
	_, err := jmespath.Compile(query)
	return err
}

// plain turns structs into what JMESPath can search.
func plain(result any) (any, error) {
	data, err := json.Marshal(result)
	if err != nil {
		return nil, err
	}
	var copied any
	return copied, json.Unmarshal(data, &copied)
}

func indent(result any) (string, error) {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	err := encoder.Encode(result)
	return text.String(), err
}

// tsv prints a row for each item of a list, and a column for each value in it.
func tsv(result any, query string) string {
	rows, isList := result.([]any)
	if !isList {
		rows = []any{result}
	}
	var text strings.Builder
	for _, row := range rows {
		text.WriteString(strings.Join(columns(row, query), "\t") + "\n")
	}
	return text.String()
}

func columns(row any, query string) []string {
	var cells []string
	switch row := row.(type) {
	case []any:
		for _, value := range row {
			cells = append(cells, cell(value))
		}
	case map[string]any:
		for _, key := range keyOrder(row, query) {
			cells = append(cells, cell(row[key]))
		}
	case bool:
		return []string{fmt.Sprint(row)}
	default:
		return []string{cell(row)}
	}
	return cells
}

// keyOrder sorts keys, but keeps those of a hash in the order of the query,
// {second: b, first: a}, as Python does.
func keyOrder(row map[string]any, query string) []string {
	var keys []string
	for key := range row {
		keys = append(keys, key)
	}
	slices.SortFunc(keys, func(a, b string) int {
		if order := position(query, a) - position(query, b); order != 0 {
			return order
		}
		return strings.Compare(a, b)
	})
	return keys
}

func position(query, key string) int {
	for i := range query {
		rest := strings.TrimLeft(strings.TrimPrefix(query[i:], key), "\" ")
		before := strings.TrimRight(query[:i], "\" ")
		if strings.HasPrefix(query[i:], key) && strings.HasPrefix(rest, ":") &&
			(strings.HasSuffix(before, "{") || strings.HasSuffix(before, ",")) {
			return i
		}
	}
	return -1
}

// cell prints one value of a row in Python's words: a list as its length, an
// object as nothing.
func cell(value any) string {
	switch value := value.(type) {
	case nil:
		return "None"
	case bool:
		if value {
			return "True"
		}
		return "False"
	case []any:
		return fmt.Sprint(len(value))
	case map[string]any:
		return ""
	case float64:
		data, _ := json.Marshal(value) // a number always has a form
		return string(data)
	}
	return fmt.Sprint(value)
}
