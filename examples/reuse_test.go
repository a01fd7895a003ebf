package examples

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const (
	document = "../docs/reuse.md"
	maxLines = 59
)

// programs finds the folders with a program.
func programs(t *testing.T) []string {
	t.Helper()
	var found []string
	for _, pattern := range []string{"*/main.go", "*/*/main.go"} {
		matches, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		found = append(found, matches...)
	}
	if len(found) < 6 {
		t.Fatalf("only %q", found)
	}
	return found
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	content, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func TestProgramsAreSmallAndListed(t *testing.T) {
	text := string(read(t, document))
	for _, program := range programs(t) {
		if lines := bytes.Count(read(t, program), []byte("\n")); lines > maxLines {
			t.Errorf("%s has %d lines, more than %d", program, lines, maxLines)
		}
		if link := "| [`" + filepath.Dir(program) + "`](../examples/" + program + ") |"; !strings.Contains(text, link) {
			t.Errorf("%s does not list %s", document, program)
		}
	}
}

// TestQuotedCode checks that the document's Go code is that of the examples, which
// the compiler has seen.
func TestQuotedCode(t *testing.T) {
	var code strings.Builder
	for _, file := range append(programs(t), "../pkg/tokencredential/example_test.go") {
		code.WriteString(unindent(string(read(t, file))))
	}
	blocks := regexp.MustCompile("(?s)```go\n(.*?)```").FindAllStringSubmatch(string(read(t, document)), -1)
	if len(blocks) < 3 {
		t.Fatalf("%d blocks of Go", len(blocks))
	}
	for _, block := range blocks {
		if !strings.Contains(code.String(), unindent(block[1])) {
			t.Errorf("nowhere in the examples:\n%s", block[1])
		}
	}
}

func unindent(code string) string { return regexp.MustCompile(`(?m)^\s+`).ReplaceAllString(code, "") }

// TestLinks follows the document's links to files of this repository.
func TestLinks(t *testing.T) {
	text := regexp.MustCompile("(?s)```.*?```").ReplaceAllString(string(read(t, document)), "")
	links := regexp.MustCompile(`\]\(([^):#]+)(#[^)]*)?\)`).FindAllStringSubmatch(text, -1)
	if len(links) < 10 {
		t.Fatalf("%d links", len(links))
	}
	for _, link := range links {
		if _, err := os.Stat(filepath.Join(filepath.Dir(document), link[1])); err != nil {
			t.Error(err)
		}
	}
}
