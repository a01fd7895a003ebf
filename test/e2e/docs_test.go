package e2e

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

// TestKindDocument runs the commands of docs/kind.md, except for those that make
// the cluster, which are fenced as sh.
func TestKindDocument(t *testing.T) {
	for _, tool := range []string{"bash", "kubectl", "helm", "openssl", "envsubst"} {
		if _, err := exec.LookPath(tool); err != nil {
			if os.Getenv("CI") != "" {
				t.Fatal(err)
			}
			t.Skipf("the document needs %s: %v", tool, err)
		}
	}
	document, err := os.ReadFile("../../docs/kind.md")
	if err != nil {
		t.Fatal(err)
	}
	var blocks []string
	for _, match := range regexp.MustCompile("(?s)```bash\n(.*?)```").FindAllStringSubmatch(string(document), -1) {
		blocks = append(blocks, match[1])
	}
	if len(blocks) < 2 {
		t.Fatalf("%d blocks of commands", len(blocks))
	}
	variables, cleanUp := blocks[0], blocks[len(blocks)-1]
	run := func(script string) (string, error) {
		cmd := exec.Command("bash", "-euo", "pipefail", "-c", script)
		cmd.Dir = "../.."
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	cleaned := false
	t.Cleanup(func() {
		if !cleaned {
			out, err := run("set +e\nexport LOCALAZURE_NAMESPACE=localazure\n" + variables + cleanUp)
			t.Logf("clean up: %v\n%s", err, out)
		}
	})
	out, err := run(strings.Join(blocks, "\n"))
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	cleaned = true
	_, logs, _ := strings.Cut(out, "TEST SUITE:")
	if n := len(tutorialLine.FindAllString(logs, -1)); n < 2 {
		t.Errorf("the line is shown %d times, want it of helm test and of kubectl logs:\n%s", n, out)
	}
}
