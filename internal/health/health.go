package health

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"
)

// idleTimeout closes connections on which no further probe comes. The kubelet opens
// one for each.
const idleTimeout = 30 * time.Second

// State is the program's readiness. The zero value is not ready yet.
// It is safe for concurrent use.
type State struct {
	mu     sync.Mutex
	ready  bool
	reason string
}

// Ready notes a success.
func (s *State) Ready() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ready, s.reason = true, ""
}

// NotReady notes a failure and its reason, in one sentence.
func (s *State) NotReady(reason string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ready, s.reason = false, reason
}

func (s *State) get() (ready bool, reason string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.ready && s.reason == "" {
		return false, "the secret has not been read yet"
	}
	return s.ready, s.reason
}

// Serve serves /healthz and /readyz on address until ctx ends. /healthz always
// responds with 200: a failure from outside is no reason to start the program again.
// /readyz responds with 200, or 503 and the reason. Serve returns once the address
// is bound; stop ends the server and waits for it.
func Serve(ctx context.Context, address string, state *State) (stop func(), err error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("health checks: %w", err)
	}
	return serve(ctx, listener, state), nil
}

func serve(ctx context.Context, listener net.Listener, state *State) (stop func()) {
	server := &http.Server{Handler: handler(state), ReadHeaderTimeout: 5 * time.Second, IdleTimeout: idleTimeout}
	var running sync.WaitGroup
	running.Go(func() {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			state.NotReady(fmt.Sprintf("health checks ended: %v", err))
		}
	})
	detach := context.AfterFunc(ctx, func() { _ = server.Close() })
	return func() {
		detach()
		_ = server.Close()
		running.Wait()
	}
}

func handler(state *State) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprintln(w, "ok") // a probe that left needs no response
	})
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		ready, reason := state.get()
		if !ready {
			http.Error(w, "not ready: "+reason, http.StatusServiceUnavailable)
			return
		}
		_, _ = fmt.Fprintln(w, "ok")
	})
	return mux
}
