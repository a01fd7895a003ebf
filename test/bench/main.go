// Command bench compares the workload and its credential with other programs that
// do the same, side by side on this machine, and prints a table. It ends with 1
// when a figure is beyond its guard. docs/performance.md explains the figures.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	rows, err := measure(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
	if !print(os.Stdout, rows) {
		os.Exit(1)
	}
}

// measure takes about two minutes.
func measure(ctx context.Context) (rows []row, err error) {
	dir, err := os.MkdirTemp("", "bench-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	built, err := build(ctx, dir)
	if err != nil {
		return nil, err
	}
	for _, part := range []struct {
		name    string
		measure func(context.Context, programs) ([]row, error)
	}{
		{"start", measureStart},
		{"tokens from memory", measureTokens},
		{"polls", measurePolls},
		{"size", measureSize},
	} {
		fmt.Fprintf(os.Stderr, "bench: measuring %s\n", part.name)
		more, err := part.measure(ctx, built)
		if err != nil {
			return nil, fmt.Errorf("measure %s: %w", part.name, err)
		}
		rows = append(rows, more...)
	}
	return rows, nil
}
