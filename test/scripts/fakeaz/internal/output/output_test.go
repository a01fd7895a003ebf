package output

import "testing"

// What Python's knack prints for the same document.
func TestFormat(t *testing.T) {
	document := map[string]any{
		"b": true, "a": nil, "n": 3, "f": 1.5, "s": "<text>", "list": []any{"x", nil, true, []any{1, 2}, map[string]any{"k": 1}},
		"rows": []any{map[string]any{"name": "one", "id": 1, "on": true}, map[string]any{"name": "two", "id": nil, "on": false}},
	}
	for _, test := range []struct{ query, format, want string }{
		{"s", "tsv", "<text>\n"},
		{"s", "json", "\"<text>\"\n"},
		{"n", "tsv", "3\n"},
		{"f", "tsv", "1.5\n"},
		{"b", "tsv", "true\n"},
		{"b", "", "true\n"},
		{"a", "tsv", ""},
		{"a", "json", ""},
		{"b", "none", ""},
		{"list", "tsv", "x\nNone\ntrue\n1\t2\n1\n"},
		{"rows", "tsv", "1\tone\tTrue\nNone\ttwo\tFalse\n"},
		{"rows[].[name, id, on]", "tsv", "one\t1\tTrue\ntwo\tNone\tFalse\n"},
		{"rows[].{on: on, name: name}", "tsv", "True\tone\nFalse\ttwo\n"},
		{"rows[].[name, @]", "tsv", "one\t\ntwo\t\n"},
		{"[list, rows]", "tsv", "x\tNone\tTrue\t2\t\n\t\n"},
		{"rows[?name=='two'] | [0].id", "tsv", ""},
		{"rows[?contains(name, 'w')].name | [0]", "tsv", "two\n"},
		{"rows[?id==`1`].name", "tsv", "one\n"},
		{"length(rows)", "tsv", "2\n"},
		{"rows[?name=='none']", "json", "[]\n"},
		{"rows[?name=='none']", "tsv", ""},
		{"rows[0]", "json", "{\n  \"id\": 1,\n  \"name\": \"one\",\n  \"on\": true\n}\n"},
	} {
		got, err := Format(document, test.query, test.format)
		if err != nil || got != test.want {
			t.Errorf("--query %q -o %s prints %q (%v), want %q", test.query, test.format, got, err, test.want)
		}
	}
}

func TestRefusedQueries(t *testing.T) {
	for _, query := range []string{"foo(", "a = b", "[?a > 1]", "tags.x-y"} {
		if Check(query) == nil {
			t.Errorf("--query %q is accepted", query)
		}
	}
	for _, query := range []string{"nothing(@)", "length(`1`)", "lower('A')"} {
		if _, err := Format(map[string]any{}, query, "json"); err == nil {
			t.Errorf("--query %q finds something", query)
		}
	}
	if _, err := Format("x", "", "table"); err == nil {
		t.Error("tables are printed")
	}
}
