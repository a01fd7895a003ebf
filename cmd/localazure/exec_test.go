package main

import (
	"bufio"
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// execute runs this test binary as the command of localazure exec.
func execute(t *testing.T, task string, flags ...string) (status int, stdout, stderr string) {
	t.Helper()
	t.Setenv("LOCALAZURE_TEST_TASK", task)
	return invoke(t, append(append([]string{"exec"}, flags...), "--", os.Args[0])...)
}

// inEmptyTemp gives the test a directory for temporary files, and checks that
// nothing is left in it.
func inEmptyTemp(t *testing.T) {
	t.Helper()
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	t.Cleanup(func() {
		entries, err := os.ReadDir(dir)
		if err != nil || len(entries) > 0 {
			t.Errorf("left behind: %v, %v", entries, err)
		}
	})
}

func TestExecPassesTheStatusOn(t *testing.T) {
	inEmptyTemp(t)
	for task, want := range map[string]int{"exit 7": 7, "die": 128 + 9} {
		if status, stdout, stderr := execute(t, task); status != want || stdout != "" || stderr != "" {
			t.Errorf("%s: status %d, %q, %q, want %d in silence", task, status, stdout, stderr, want)
		}
	}
}

func TestExecOfWhatCannotBeExecuted(t *testing.T) {
	inEmptyTemp(t)
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for command, want := range map[string]int{"localazure-no-such-command": 127, file + ".none": 127, file: 126} {
		status, _, stderr := invoke(t, "exec", "--", command)
		if status != want || !strings.Contains(stderr, command) {
			t.Errorf("%s: status %d, %q, want %d", command, status, stderr, want)
		}
	}
}

func TestExecGivesTheEnvironmentOfAPod(t *testing.T) {
	inEmptyTemp(t)
	t.Setenv("HTTPS_PROXY", "http://other.example")
	t.Setenv("LOCALAZURE_TEST_KEPT", "kept")
	t.Setenv("AZURE_CLIENT_SECRET", "other")
	t.Setenv("ALL_PROXY", "http://other.example")
	t.Setenv("JAVA_TOOL_OPTIONS", "-Dkept=1")
	_, stdout, _ := execute(t, "environ", "--cloud", "china", "--secret", "greeting=hi", "--secret", "second/more=1", "--identity-binding",
		"--vault", "first", "--vault", "second", "--tenant", "66666666-6666-6666-6666-666666666666", "--client-id", "77777777-7777-7777-7777-777777777777")
	env := map[string]string{}
	for line := range strings.Lines(stdout) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		env[name] = value
	}
	for name, want := range map[string]string{
		"AZURE_AUTHORITY_HOST": "https://login.partner.microsoftonline.cn/",
		"AZURE_TENANT_ID":      "66666666-6666-6666-6666-666666666666",
		"AZURE_CLIENT_ID":      "77777777-7777-7777-7777-777777777777",
		"AZURE_CLIENT_SECRET":  "",
		"ALL_PROXY":            "",
		"KEYVAULT_URL":         "https://first.vault.azure.cn/",
		"SECRET_NAME":          "greeting",
		"LOCALAZURE_TEST_KEPT": "kept",
	} {
		if env[name] != want {
			t.Errorf("%s = %q, want %q", name, env[name], want)
		}
	}
	if !strings.HasPrefix(env["JAVA_TOOL_OPTIONS"], "-Dkept=1 -Dhttps.proxyHost=127.0.0.1 ") {
		t.Errorf("JAVA_TOOL_OPTIONS = %q", env["JAVA_TOOL_OPTIONS"])
	}
	if !strings.HasPrefix(env["HTTPS_PROXY"], "http://127.0.0.1:") || !strings.HasPrefix(env["AZURE_KUBERNETES_TOKEN_PROXY"], "https://127.0.0.1:") {
		t.Errorf("HTTPS_PROXY = %q, AZURE_KUBERNETES_TOKEN_PROXY = %q", env["HTTPS_PROXY"], env["AZURE_KUBERNETES_TOKEN_PROXY"])
	}
}

func TestExecLeadsAProgramToTheSandbox(t *testing.T) {
	inEmptyTemp(t)
	status, stdout, stderr := execute(t, "challenge", "-v")
	if status != 0 || !strings.HasPrefix(stdout, `401 Bearer authorization="https://login.microsoftonline.com/`) {
		t.Errorf("status %d: %s", status, stdout)
	}
	for _, want := range []string{`host="azwi-kv-tutorial.vault.azure.net"`, `method="GET"`, `path="/secrets/my-secret"`, "status=401", `error="Unauthorized"`} {
		if !strings.Contains(stderr, want) {
			t.Errorf("log = %q, want %s in it", stderr, want)
		}
	}
}

func TestExecGivesTokensForAnAPI(t *testing.T) {
	inEmptyTemp(t)
	const api = "uri=api://orders,role=Orders.Read,client-id=44444444-4444-4444-4444-444444444444"
	for flag, audience := range map[string]string{api: "api://orders", api + ",token-version=2": "44444444-4444-4444-4444-444444444444"} {
		status, stdout, _ := execute(t, "api", "--api", flag)
		if status != 0 || !strings.Contains(stdout, `"aud":"`+audience+`"`) || !strings.Contains(stdout, `"roles":["Orders.Read"]`) {
			t.Errorf("%s: status %d: %s", flag, status, stdout)
		}
	}
	if status, stdout, _ := execute(t, "api"); status != 1 || !strings.Contains(stdout, "AADSTS500011") {
		t.Errorf("without --api: status %d: %s", status, stdout)
	}
}

func TestExecPresentsTheSubject(t *testing.T) {
	inEmptyTemp(t)
	const api = "uri=api://orders,role=Orders.Read,client-id=44444444-4444-4444-4444-444444444444"
	status, stdout, _ := execute(t, "api", "--api", api, "--subject", "system:serviceaccount:ns:sa", "--managed-identity")
	if status != 0 || !strings.Contains(stdout, `"xms_mirid":"/subscriptions/`) {
		t.Errorf("status %d: %s", status, stdout)
	}
}

func TestExecConnectsStandardInput(t *testing.T) {
	t.Setenv("LOCALAZURE_TEST_TASK", "copy")
	var stdout bytes.Buffer
	if status := run(t.Context(), []string{"exec", "--", os.Args[0]}, nil, strings.NewReader("in"), &stdout, io.Discard); status != 0 || stdout.String() != "in" {
		t.Errorf("status %d, %q", status, stdout.String())
	}
}

func TestExecPassesSignalsOn(t *testing.T) {
	inEmptyTemp(t)
	t.Setenv("LOCALAZURE_TEST_TASK", "wait")
	for sig, want := range map[os.Signal]int{os.Interrupt: 40, syscall.SIGTERM: 41} {
		if sig == os.Interrupt && inForeground() {
			t.Log("SIGINT is left to the terminal")
			continue
		}
		signals := make(chan os.Signal, 1)
		r, w := io.Pipe()
		status := start(t, t.Context(), signals, w, io.Discard, "exec", "--", os.Args[0])
		if line, err := bufio.NewReader(r).ReadString('\n'); err != nil || line != "ready\n" {
			t.Fatalf("%q, %v", line, err)
		}
		signals <- sig
		if got := <-status; got != want {
			t.Errorf("%s: status %d, want %d", sig, got, want)
		}
	}
}
