package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"

	"github.com/workload-identity-quickstart/msal-go/internal/config"
	"github.com/workload-identity-quickstart/msal-go/internal/logging"
)

var version = "dev" // stamped by the linker

// command does what the arguments say, and returns the exit code.
func command(ctx context.Context, args []string) int {
	flags := flag.NewFlagSet("quickstart", flag.ContinueOnError)
	showVersion := flags.Bool("version", false, "")
	logging.AddFlags(flags)
	if code, ok := parseFlags(flags, args); !ok {
		return code
	}
	switch {
	case *showVersion:
		fmt.Println("quickstart", version)
		return 0
	case flags.Arg(0) == "doctor":
		return runDoctor(ctx, flags.Args()[1:], os.Stdout)
	case flags.NArg() > 0:
		fmt.Fprintf(os.Stderr, "quickstart: unknown argument %q, see quickstart -h\n", flags.Arg(0))
		return 2
	}
	return run(ctx)
}

// parseFlags reports whether there is something to do. If not, it returns the exit
// code: the usage was asked for and printed, or the arguments are wrong.
func parseFlags(flags *flag.FlagSet, args []string) (exitCode int, ok bool) {
	flags.Usage = func() {}
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		fmt.Print(config.Usage)
		return 0, false
	case err != nil: // Parse has printed it
		fmt.Fprintln(os.Stderr, "see quickstart -h")
		return 2, false
	}
	return 0, true
}
