package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/workload-identity-quickstart/msal-go/internal/localazure"
	"github.com/workload-identity-quickstart/msal-go/test/bench/internal/repeat"
)

// program is the path of one that reads the secret.
type program string

// programs are those that are compared: the workload, the same without pauses, and
// its peers.
type programs struct {
	quickstart, reads, azidentity, sequential, floor program
}

// build makes the programs in dir, with the flags of a release.
func build(ctx context.Context, dir string) (programs, error) {
	for folder, packages := range map[string][]string{
		"../..": {"./cmd/quickstart"},
		".":     {"./reads", "./azidentity", "./sequential", "./floor"},
	} {
		arguments := append([]string{"build", "-C", folder, "-trimpath", "-ldflags=-s -w", "-o", dir}, packages...)
		command := exec.CommandContext(ctx, "go", arguments...)
		command.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := command.CombinedOutput(); err != nil {
			return programs{}, fmt.Errorf("go build: %w\n%s", err, out)
		}
	}
	at := func(name string) program { return program(filepath.Join(dir, name)) }
	return programs{at("quickstart"), at("reads"), at("azidentity"), at("sequential"), at("floor")}, nil
}

// process is a program that runs.
type process struct {
	command *exec.Cmd
	stdin   io.Closer
	lines   *bufio.Scanner
	started time.Time
}

// start runs p in the sandbox. It goes on until end is called.
func start(ctx context.Context, sandbox *localazure.Sandbox, p program, times int) (*process, error) {
	command := exec.CommandContext(ctx, string(p))
	command.Env = append(os.Environ(), sandbox.Environ()...)
	command.Env = append(command.Env, repeat.Times+"="+strconv.Itoa(times), "POLL_INTERVAL=1h", "STARTUP_TIMEOUT=0")
	stdin, err := command.StdinPipe()
	if err != nil {
		return nil, err
	}
	stderr, err := command.StderrPipe()
	if err != nil {
		return nil, err
	}
	started := time.Now()
	if err := command.Start(); err != nil {
		return nil, err
	}
	return &process{command, stdin, bufio.NewScanner(stderr), started}, nil
}

// awaitReads returns once the process has logged n more secrets.
func (p *process) awaitReads(n int) error {
	for range n {
		if !p.lines.Scan() {
			return fmt.Errorf("%s ended: %w", p.command.Path, errors.Join(io.ErrUnexpectedEOF, p.lines.Err()))
		}
		if line := p.lines.Text(); !strings.Contains(line, "successfully got secret") {
			return fmt.Errorf("%s failed: %s", p.command.Path, line)
		}
	}
	return nil
}

// end stops the process and returns the processor time that it took.
func (p *process) end() (time.Duration, error) {
	// The peers end with their input, the workload when it is told to.
	err := errors.Join(p.stdin.Close(), p.command.Process.Signal(os.Interrupt))
	if errors.Is(err, os.ErrProcessDone) {
		err = nil
	}
	waitErr := p.command.Wait()
	if _, killed := errors.AsType[*exec.ExitError](waitErr); !killed {
		err = errors.Join(err, waitErr)
	}
	state := p.command.ProcessState
	return state.UserTime() + state.SystemTime(), err
}

// resident returns the memory of the process in bytes, or zero where the operating
// system does not say.
func (p *process) resident() int64 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.command.Process.Pid))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(status), "VmRSS:")
	line, _, _ := strings.Cut(rest, "\n")
	kilobytes, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(line), " kB"), 10, 64)
	if err != nil {
		return 0
	}
	return kilobytes << 10
}
