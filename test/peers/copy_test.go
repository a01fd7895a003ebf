package peers

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestCopyTheFolder runs the document's commands in a fresh module. It has the
// versions of this repository's, so that the network is needed only for what the
// module cache lacks.
func TestCopyTheFolder(t *testing.T) {
	text, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	commands := regexp.MustCompile("(?s)```sh\n(cp -R \\.\\./msal-go/.*?)```").FindSubmatch(text)
	if commands == nil {
		t.Fatalf("%s does not say how to copy the folder", document)
	}
	repository, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	parent := t.TempDir()
	module := filepath.Join(parent, "service")
	if err := os.MkdirAll(filepath.Join(module, "internal"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(repository, filepath.Join(parent, "msal-go")); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"go.mod", "go.sum"} {
		content, err := os.ReadFile(filepath.Join(repository, name))
		if err != nil {
			t.Fatal(err)
		}
		fresh := strings.Replace(string(content), "module github.com/workload-identity-quickstart/msal-go", "module example.com/service", 1)
		if err := os.WriteFile(filepath.Join(module, name), []byte(fresh), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	shell := exec.CommandContext(t.Context(), "sh", "-e", "-c", string(commands[1]))
	shell.Dir = module
	shell.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=-mod=mod")
	if out, err := shell.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	after, err := os.ReadFile(filepath.Join(module, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	for _, unwanted := range []string{"workload-identity-quickstart", "azsecrets", "azidentity"} {
		if strings.Contains(string(after), unwanted) {
			t.Errorf("the copy needs %s:\n%s", unwanted, after)
		}
	}
}
