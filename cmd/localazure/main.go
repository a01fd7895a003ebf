// Command localazure is Entra ID and Key Vault on this machine, for programs
// that have no subscription to talk to. See the package internal/localazure.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// version is set by the linker.
var version = "dev"

const usage = `localazure is Entra ID and Key Vault on this machine: strict enough to be
believed, for programs that have no subscription to talk to.

Usage:
  localazure exec [flags] -- COMMAND [ARGUMENT...]   run a command as if in a pod
  localazure serve [flags]                           serve the pods of a cluster
  localazure env [flags]                             print the environment of programs
  localazure -version                                print the version

'localazure COMMAND -h' describes the flags.
`

// The exit statuses of localazure itself. The last two are a shell's.
const (
	exitFailure       = 1
	exitUsage         = 2
	exitNotExecutable = 126
	exitNotFound      = 127
)

func main() {
	// The signals are kept from the start, so that none is lost before a command
	// is there to receive it.
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	os.Exit(run(context.Background(), os.Args[1:], signals, os.Stdin, os.Stdout, os.Stderr))
}

// run executes the command line and returns the exit status.
func run(ctx context.Context, args []string, signals <-chan os.Signal, stdin io.Reader, stdout, stderr io.Writer) int {
	var command string
	if len(args) > 0 {
		command = args[0]
	}
	var err error
	switch command {
	case "exec":
		var status int
		if status, err = runExec(ctx, args[1:], signals, stdin, stdout, stderr); err == nil {
			return status
		}
	case "serve":
		err = runServe(ctx, args[1:], signals, stdout, stderr)
	case "env":
		err = runEnv(args[1:], stdout)
	case "-version", "--version", "version":
		_, err = fmt.Fprintln(stdout, version)
	case "-h", "-help", "--help", "help":
		_, err = fmt.Fprint(stdout, usage)
	case "":
		err = usageError{errors.New("a command is missing: exec, serve or env")}
	default:
		err = usageError{fmt.Errorf("%q is not a command: use exec, serve or env", command)}
	}
	var bad usageError
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
		return 0
	case errors.As(err, &bad):
		_, _ = fmt.Fprintf(stderr, "localazure: %v\n", err) // nowhere left to report to
		return exitUsage
	}
	_, _ = fmt.Fprintf(stderr, "localazure: %v\n", err)
	return exitFailure
}
