// Package repeat is what the programs that are compared have in common.
package repeat

import (
	"context"
	"io"
	"os"
	"strconv"

	"k8s.io/klog/v2"
)

// Times is the variable that says how often a program reads the secret.
const Times = "TIMES"

// Run reads the secret $TIMES times, once by default, one right after the other,
// and logs it each time, which takes one line. Then it waits until standard input
// ends, so that somebody can look at the process. A failure ends the program.
// After the first read it calls each of then.
func Run(read func(context.Context) (string, error), then ...func()) {
	times := 1
	if value := os.Getenv(Times); value != "" {
		var err error
		if times, err = strconv.Atoi(value); err != nil {
			klog.ErrorS(err, "invalid "+Times)
			os.Exit(2)
		}
	}
	for i := range times {
		secret, err := read(context.Background())
		if err != nil {
			klog.ErrorS(err, "failed to get secret")
			os.Exit(1)
		}
		klog.InfoS("successfully got secret", "secret", secret)
		for _, f := range then {
			if i == 0 {
				f()
			}
		}
	}
	_, _ = io.Copy(io.Discard, os.Stdin) // whatever ends it
}
