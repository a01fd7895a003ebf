package standin

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"testing"
	"time"
)

const asProgram = "BE_THE_EXAMPLE"

// Main is for TestMain: it makes the test binary be the example where [Command] has
// started it, and run the tests otherwise.
func Main(m *testing.M, main func()) {
	if os.Getenv(asProgram) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// Command is the example, to be run in the test's environment and variables, each
// NAME=VALUE. It does not end with the test by itself.
func Command(t *testing.T, variables ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), os.Args[0]) //nolint:gosec // it is this program
	// The race detector would make every exit last a second.
	cmd.Env = append(append(os.Environ(), asProgram+"=1", "GORACE=atexit_sleep_ms=0"), variables...)
	cmd.WaitDelay = 10 * time.Second
	return cmd
}

// Run runs the example until it ends, and returns what it printed and logged. The
// error is that of its exit status.
func Run(t *testing.T, variables ...string) (stdout, stderr string, err error) {
	t.Helper()
	cmd := Command(t, variables...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err = cmd.Run()
	return out.String(), errs.String(), err
}
