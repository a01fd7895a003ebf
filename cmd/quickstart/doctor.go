package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/workload-identity-quickstart/msal-go/internal/config"
	"github.com/workload-identity-quickstart/msal-go/internal/doctor"
)

// doctorTimeout bounds all checks together.
const doctorTimeout = time.Minute

// runDoctor is the command "quickstart doctor" and returns its exit code.
func runDoctor(ctx context.Context, args []string, stdout *os.File) int {
	flags := flag.NewFlagSet("quickstart doctor", flag.ContinueOnError)
	flags.Usage = func() { fmt.Fprint(flags.Output(), config.Usage) }
	format := flags.String("o", "table", "")
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		return 2
	}
	if flags.NArg() > 0 || *format != "table" && *format != "json" {
		fmt.Fprintln(os.Stderr, "quickstart doctor: unknown argument, see quickstart -h")
		return 2
	}
	ctx, cancel := context.WithTimeout(ctx, doctorTimeout)
	defer cancel()
	results := doctor.Examine(ctx, os.Getenv, azcore.ClientOptions{Retry: policy.RetryOptions{MaxRetries: 1}})
	if err := printResults(stdout, results, *format, isTerminal(stdout)); err != nil {
		fmt.Fprintln(os.Stderr, "quickstart doctor:", err)
		return 1
	}
	if !doctor.Healthy(results) {
		return 1
	}
	return 0
}

func printResults(w io.Writer, results []doctor.Result, format string, colored bool) error {
	if format == "json" {
		return doctor.PrintJSON(w, results)
	}
	return doctor.PrintTable(w, results, colored)
}

func isTerminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0 && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
}
