package e2e

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

// script has the commands of a document by section, except for those that make the
// cluster or need Azure, which are fenced as sh.
type script struct {
	sections []string // in their order
	commands map[string]string
}

func readScript(t *testing.T, document string) script {
	t.Helper()
	content, err := os.ReadFile("../../docs/" + document)
	if err != nil {
		t.Fatal(err)
	}
	s := script{commands: make(map[string]string)}
	for _, section := range strings.Split(string(content), "\n## ")[1:] {
		title, text, _ := strings.Cut(section, "\n")
		s.sections = append(s.sections, title)
		for _, block := range regexp.MustCompile("(?s)```bash\n(.*?)```").FindAllStringSubmatch(text, -1) {
			s.commands[title] += block[1]
		}
	}
	return s
}

// of returns the commands of sections, which must have some.
func (s script) of(t *testing.T, sections ...string) string {
	t.Helper()
	var commands strings.Builder
	for _, section := range sections {
		if s.commands[section] == "" {
			t.Fatalf("section %q has no commands, of %q", section, s.sections)
		}
		commands.WriteString(s.commands[section])
	}
	return commands.String()
}

func needTools(t *testing.T, tools ...string) {
	t.Helper()
	for _, tool := range tools {
		if _, err := exec.LookPath(tool); err != nil {
			if os.Getenv("CI") != "" {
				t.Fatal(err)
			}
			t.Skipf("the document needs %s: %v", tool, err)
		}
	}
}

// runDocument runs commands at the top of the repository and, should they fail, what
// cleans up after them.
func runDocument(t *testing.T, commands, cleanUp string) (output string) {
	t.Helper()
	run := func(script string) (string, error) {
		cmd := exec.Command("bash", "-euo", "pipefail", "-c", script)
		cmd.Dir = "../.."
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	out, err := run(commands + cleanUp)
	if err != nil {
		cleaned, cleanErr := run("set +e\nexport LOCALAZURE_NAMESPACE=localazure SERVICE_ACCOUNT_NAMESPACE=default\n" + cleanUp)
		t.Fatalf("%v\n%s\nclean up: %v\n%s", err, out, cleanErr, cleaned)
	}
	return out
}

// TestKindDocument runs docs/kind.md.
func TestKindDocument(t *testing.T) {
	needTools(t, "bash", "kubectl", "helm", "openssl", "envsubst")
	kind := readScript(t, "kind.md")
	out := runDocument(t, kind.of(t, "The tutorial's variables", "Azure", "The workload"), kind.of(t, "Clean up"))
	_, logs, _ := strings.Cut(out, "TEST SUITE:")
	if n := len(tutorialLine.FindAllString(logs, -1)); n < 2 {
		t.Errorf("the line is shown %d times, want it of helm test and of kubectl logs:\n%s", n, out)
	}
}

// TestReuseDocument runs the worked example of docs/reuse.md on what docs/kind.md
// has set up.
func TestReuseDocument(t *testing.T) {
	needTools(t, "bash", "kubectl", "helm", "openssl", "envsubst", "make", "curl")
	kind, reuse := readScript(t, "kind.md"), readScript(t, "reuse.md")
	const quickStart = `helm uninstall quick-start --namespace "${SERVICE_ACCOUNT_NAMESPACE}" --wait`
	cleanUp := kind.of(t, "Clean up")
	if !strings.Contains(cleanUp, quickStart) {
		t.Fatalf("docs/kind.md does not clean up with %s", quickStart)
	}
	cleanUp = strings.Replace(cleanUp, quickStart, "", 1) // was not installed
	example, uninstall, ok := strings.Cut(reuse.of(t, "A worked example"), "helm uninstall")
	if !ok {
		t.Fatal("docs/reuse.md does not clean up")
	}
	out := runDocument(t, kind.of(t, "The tutorial's variables", "Azure")+example, "helm uninstall"+uninstall+cleanUp)
	alone, inCluster, ok := strings.Cut(out, "STATUS: deployed")
	answer := regexp.MustCompile(`(?m)^my-secret has version [0-9a-f]{32}$`)
	if !ok || !answer.MatchString(alone) || !answer.MatchString(inCluster) {
		t.Errorf("the service did not answer before and after it was deployed:\n%s", out)
	}
}
