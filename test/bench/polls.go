package main

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/workload-identity-quickstart/msal-go/internal/localazure"
)

const (
	polls = 10_000
	// earlyPolls is when everything that a program needs once is in its memory.
	earlyPolls = 1_000
	noLimit    = 1 << 30
	// settle is how long a process may go on with what it does after a read.
	settle   = time.Second
	pollRuns = 2
)

// usage is what a process took for its polls.
type usage struct {
	processor          time.Duration
	first, early, last int64 // memory in bytes after that many reads
	requests           int64 // that followed those of the first read
}

func measurePolls(ctx context.Context, p programs) ([]row, error) {
	once, err := watch(ctx, p.quickstart, 1)
	if err != nil {
		return nil, err
	}
	var ours, peer usage
	for range pollRuns { // in turns, and the best counts
		for _, run := range []struct {
			program program
			best    *usage
		}{{p.reads, &ours}, {p.sequential, &peer}} {
			u, err := watch(ctx, run.program, polls)
			if err != nil {
				return nil, err
			}
			if run.best.processor == 0 || u.processor < run.best.processor {
				*run.best = u
			}
		}
	}
	rows := []row{
		compared("processor time of 10,000 polls, to MSAL", milliseconds(ours.processor), milliseconds(peer.processor), 1.00, 1.15),
		counted("requests per poll", perPoll(ours), perPoll(peer), 1),
	}
	if once.first > 0 { // known on Linux only
		rows = append(rows,
			limited("resident memory after the first read", mebibytes(once.first), mebibytes(peer.first), 12, 12.5),
			limited("resident memory after 10,000 polls", mebibytes(ours.last), mebibytes(peer.last), 12, 12.5),
			compared("the same, to that after 1,000", mebibytes(ours.last), mebibytes(ours.early), 1.02, 1.05),
		)
	}
	return rows, nil
}

// watch lets a program read the secret so often, in a sandbox of its own.
func watch(ctx context.Context, p program, times int) (u usage, err error) {
	var requests atomic.Int64
	sandbox, err := localazure.StartSandbox(ctx, localazure.SandboxConfig{
		ThrottleLimit: noLimit, OnRequest: func(localazure.Request) { requests.Add(1) }})
	if err != nil {
		return u, err
	}
	defer func() { err = errors.Join(err, sandbox.Close()) }()
	process, err := start(ctx, sandbox, p, times)
	if err != nil {
		return u, err
	}
	defer func() {
		var endErr error
		u.processor, endErr = process.end()
		err = errors.Join(err, endErr)
	}()
	if err := process.awaitReads(1); err != nil || times == 1 {
		time.Sleep(settle)
		u.first = process.resident()
		return u, err
	}
	u.first = process.resident()
	before := requests.Load()
	if err := process.awaitReads(earlyPolls - 1); err != nil {
		return u, err
	}
	u.early = process.resident()
	if err := process.awaitReads(times - earlyPolls); err != nil {
		return u, err
	}
	time.Sleep(settle)
	u.last, u.requests = process.resident(), requests.Load()-before
	return u, nil
}

func perPoll(u usage) figure { return figure{float64(u.requests) / (polls - 1), ""} }

func mebibytes(n int64) figure { return figure{float64(n) / (1 << 20), "MiB"} }
