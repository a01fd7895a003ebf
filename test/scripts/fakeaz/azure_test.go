package main

import (
	"bytes"
	"strings"
	"testing"
)

// azure is a stand-in of its own for a test.
type azure struct {
	t     *testing.T
	vars  map[string]string
	input string
}

// newAzure starts with a subscription where creating a resource registers its
// provider, and with the group rg in eastus.
func newAzure(t *testing.T) *azure {
	t.Helper()
	a := freshAzure(t)
	a.play([]step{
		{"fake set rules.autoRegister true", 0, nothing},
		{"group create -n rg -l eastus -o none", 0, nothing},
	})
	return a
}

func freshAzure(t *testing.T) *azure {
	t.Helper()
	a := &azure{t: t, vars: map[string]string{"FAKE_AZ_DIR": t.TempDir(), "HOME": t.TempDir()}}
	a.play([]step{{"fake init", 0, nothing}})
	return a
}

// run calls az with a line of words, which quotes keep together.
func (a *azure) run(line string) (status int, stdout, stderr string) {
	var out, errs bytes.Buffer
	az := cli{
		env:   func(name string) string { return a.vars[name] },
		stdin: strings.NewReader(a.input), stdout: &out, stderr: &errs,
	}
	status = az.run(words(line))
	return status, out.String(), errs.String()
}

// words splits a line at spaces, except between quotes.
func words(line string) []string {
	var all []string
	quote := ' '
	for _, part := range strings.FieldsFunc(line, func(r rune) bool {
		switch {
		case quote == ' ' && (r == '\'' || r == '"'):
			quote = r
			return false
		case r == quote && r != ' ':
			quote = ' '
			return false
		}
		return quote == ' ' && (r == ' ' || r == '\n')
	}) {
		if first := part[0]; first == '\'' || first == '"' {
			part = part[1 : len(part)-1]
		}
		all = append(all, part)
	}
	return all
}

// step is a call, its exit status, and what it prints: all of the output when it
// succeeds, some of the error when it fails.
type step struct {
	line   string
	status int
	want   string
}

const (
	nothing  = ""
	anything = "*"
)

// play makes the calls one after the other.
func (a *azure) play(steps []step) {
	a.t.Helper()
	for _, s := range steps {
		status, stdout, stderr := a.run(s.line)
		if status != s.status {
			a.t.Fatalf("az %s\nexited with %d, want %d\n%s%s", s.line, status, s.status, stdout, stderr)
		}
		switch {
		case status != 0 && stdout != "":
			a.t.Errorf("az %s\nfailed, but printed %q", s.line, stdout)
		case status != 0 && !strings.Contains(stderr, s.want):
			a.t.Errorf("az %s\nfailed with %q\nwant %q", s.line, stderr, s.want)
		case status == 0 && s.want != anything && strings.TrimSpace(stdout) != s.want:
			a.t.Errorf("az %s\nprinted %q\nwant    %q", s.line, stdout, s.want)
		}
	}
}
