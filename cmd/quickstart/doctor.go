package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"

	"github.com/workload-identity-quickstart/msal-go/internal/doctor"
)

// doctorTimeout bounds all checks together.
const doctorTimeout = time.Minute

// runDoctor is the command "quickstart doctor" and returns its exit code.
func runDoctor(ctx context.Context, args []string, stdout *os.File) int {
	flags := flag.NewFlagSet("quickstart doctor", flag.ContinueOnError)
	format := flags.String("o", "table", "")
	if code, ok := parseFlags(flags, args); !ok {
		return code
	}
	if flags.NArg() > 0 || *format != "table" && *format != "json" {
		fmt.Fprintln(os.Stderr, "quickstart doctor: unknown argument, see quickstart -h")
		return 2
	}
	limited, cancel := context.WithTimeout(ctx, doctorTimeout)
	defer cancel()
	results := doctor.Examine(limited, os.Getenv, azcore.ClientOptions{})
	if ctx.Err() != nil { // what the checks found is that they were interrupted
		fmt.Fprintln(os.Stderr, "quickstart doctor: stopped before everything was checked")
		return 1
	}
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
