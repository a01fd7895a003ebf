package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const reset = "ERROR: ('Connection aborted.', ConnectionResetError(104, 'Connection reset by peer'))"

func TestFaults(t *testing.T) {
	a := freshAzure(t)
	a.vars["FAKE_AZ_FAIL_AT"] = "2"
	a.play([]step{
		{"group create -n one -l eastus -o none", 0, nothing},
		{"group create -n two -l eastus -o none", 1, reset},
		{"group exists -n two", 0, "false"},
		{"fake reset-calls", 0, nothing},
		{"group exists -n one", 0, "true"},
		{"group exists -n one", 1, reset},
		{"fake reset-calls", 0, nothing},
	})
	a.vars = map[string]string{"FAKE_AZ_DIR": a.vars["FAKE_AZ_DIR"], "FAKE_AZ_DROP_AT": "1"}
	a.play([]step{
		{"group create -n two -l eastus", 1, reset},
		{"group exists -n two", 0, "true"},
		{"fake reset-calls", 0, nothing},
		{"group show -n three", 3, "(ResourceGroupNotFound)"},
	})
	a.vars = map[string]string{"FAKE_AZ_DIR": a.vars["FAKE_AZ_DIR"], "FAKE_AZ_FAIL_ON": "group ex"}
	a.play([]step{{"group exists -n two", 0, "true"}})
	a.vars["FAKE_AZ_FAIL_ON"] = "group exists"
	a.play([]step{{"group exists -n two", 1, reset}, {"group list --query '[].name' -o tsv", 0, "one\ntwo"}})
}

// TestLog has bash and Python read back what was logged.
func TestLog(t *testing.T) {
	a := freshAzure(t)
	a.input = "a secret"
	calls := [][]string{
		{"group", "exists", "-n", `it's "quoted" $HOME \n`},
		{"group", "exists", "-n", "two\nlines\tand ~ * ? # !"},
		{"keyvault", "secret", "set", "--vault-name", "", "--name=s", "--file", "/dev/stdin"},
	}
	var want []string
	for _, call := range calls {
		az := cli{env: func(name string) string { return a.vars[name] }, stdin: strings.NewReader(a.input), stdout: &strings.Builder{}, stderr: &strings.Builder{}}
		az.run(call)
		want = append(want, strings.Join(call, "\x01")+"\x02")
	}
	log := filepath.Join(a.vars["FAKE_AZ_DIR"], "calls.log")
	for _, reader := range [][]string{
		{"bash", "-c", `az() { local IFS=$'\1'; printf '%s\2' "$*"; }; eval "$(cat "$1")"`, "bash", log},
		{"python3", "-c", `import shlex, sys
lexer = shlex.shlex(open(sys.argv[1]), posix=True, punctuation_chars=False)
lexer.whitespace_split, lexer.commenters = True, ""
words = list(lexer)
text = "\1".join(words[1:]).replace("\1az\1", "\2")
sys.stdout.write(text + "\2")`, log},
	} {
		out, err := exec.Command(reader[0], reader[1:]...).Output()
		if got := string(out); err != nil || got != strings.Join(want, "") {
			t.Errorf("%s reads %q (%v)\nwant %q", reader[0], got, err, want)
		}
	}
	data, err := os.ReadFile(log)
	if err != nil || strings.Contains(string(data), "secret\n") || strings.Count(string(data), "az ") != len(calls) {
		t.Errorf("the log is %q (%v), want %d calls without the input", data, err, len(calls))
	}
}
