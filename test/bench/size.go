package main

import (
	"context"
	"os"
)

func measureSize(_ context.Context, p programs) ([]row, error) {
	ours, err := os.Stat(string(p.quickstart))
	if err != nil {
		return nil, err
	}
	peer, err := os.Stat(string(p.sequential))
	if err != nil {
		return nil, err
	}
	return []row{counted("the workload's binary", megabytes(ours.Size()), megabytes(peer.Size()), 9)}, nil
}

func megabytes(n int64) figure { return figure{float64(n) / 1e6, "MB"} }
