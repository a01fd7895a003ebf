package cmdline

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/workload-identity-quickstart/msal-go/test/scripts/fakeaz/internal/output"
)

// The tables in testdata are lines that the parser of Azure CLI 2.45 accepts, and
// lines that it refuses with what it says about them.

func lines(t *testing.T, path string) []string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSuffix(string(data), "\n"), "\n")
}

// words has bash split a line.
func words(t *testing.T, line string) []string {
	t.Helper()
	out, err := exec.Command("bash", "-c", `set -f; az() { printf '%s\0' "$@"; }; `+line).Output()
	if err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	return strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00")
}

func TestAccepted(t *testing.T) {
	tested := map[string]bool{}
	for _, line := range lines(t, "testdata/accepted.txt") {
		args, err := Parse(words(t, line))
		if err != nil {
			t.Errorf("%s\nis refused: %v", line, err)
		}
		tested[args.Command] = true
	}
	for _, command := range Commands() {
		if !tested[command] {
			t.Errorf("no line of az %s", command)
		}
	}
}

func TestRefused(t *testing.T) {
	all := lines(t, "testdata/refused.txt")
	for pair := range slices.Chunk(all, 2) {
		args, err := Parse(words(t, pair[0]))
		want := strings.TrimSpace(pair[1])
		if strings.HasPrefix(want, "argument --query") {
			if output.Check(args.String("--query")) == nil {
				t.Errorf("%s\nhas a query that compiles", pair[0])
			}
			continue
		}
		if err == nil || err.Error() != want {
			t.Errorf("%s\nis refused with %v\nwant            %s", pair[0], err, want)
		}
	}
}

func TestArgs(t *testing.T) {
	args, err := Parse(words(t, `az keyvault create -g rg --name=kv --enable-rbac-authorization FALSE --no-self-perms --tags a=b c d= --sku premium`))
	if err != nil {
		t.Fatal(err)
	}
	tags := args.Tags("--tags")
	if args.Command != "keyvault create" || args.String("--resource-group") != "rg" || args.String("--name") != "kv" ||
		args.Switch("--enable-rbac-authorization", true) || !args.Switch("--no-self-perms", false) ||
		!args.Switch("--enable-purge-protection", true) || args.Int("--retention-days", 90) != 90 ||
		len(tags) != 3 || tags["a"] != "b" || tags["c"] != "" || args.Tags("--network-acls") != nil {
		t.Errorf("read %+v with tags %v", args, tags)
	}
	if unread := args.Unread(); !slices.Equal(unread, []string{"--sku"}) {
		t.Errorf("unread are %v, want --sku", unread)
	}
}
