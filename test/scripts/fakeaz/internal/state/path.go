package state

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// Set returns a copy of the state with the value at a dotted path replaced by
// JSON, such as "account.subscriptions.0.state" and `"Disabled"`.
func (s *State) Set(path, value string) (*State, error) {
	var parsed any
	if err := json.Unmarshal([]byte(value), &parsed); err != nil {
		return nil, fmt.Errorf("the value for %s is not JSON: %w", path, err)
	}
	data, err := json.Marshal(s)
	if err != nil {
		return nil, err
	}
	var root any
	if err := json.Unmarshal(data, &root); err != nil {
		return nil, err
	}
	if err := put(root, path, parsed); err != nil {
		return nil, err
	}
	if data, err = json.Marshal(root); err != nil {
		return nil, err
	}
	return decode(data)
}

func put(node any, path string, value any) error {
	key, rest := splitPath(node, path)
	switch node := node.(type) {
	case Object:
		if rest == "" {
			node[key] = value
			return nil
		}
		return put(node[key], rest, value)
	case []any:
		index, err := strconv.Atoi(key)
		if err != nil || index < 0 || index >= len(node) {
			return fmt.Errorf("no item %q in a list of %d", key, len(node))
		}
		if rest == "" {
			node[index] = value
			return nil
		}
		return put(node[index], rest, value)
	}
	return fmt.Errorf("nothing that could hold %q", path)
}

// splitPath takes the first key off a path: the longest one that exists, since
// keys may have dots.
func splitPath(node any, path string) (key, rest string) {
	object, _ := node.(Object)
	for end := len(path); end > 0; end = strings.LastIndex(path[:end], ".") {
		if _, exists := object[path[:end]]; exists {
			return path[:end], strings.TrimPrefix(path[end:], ".")
		}
	}
	key, rest, _ = strings.Cut(path, ".")
	return key, rest
}
