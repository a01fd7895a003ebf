package standin

import (
	"bytes"
	"net"
	"net/url"
	"os/exec"
	"syscall"
	"testing"
	"time"
)

// Serve starts a command, whose context must outlive the test, that listens where a
// variable says, and returns its URL once it does. When the test ends, the command is stopped as a pod is, and must end
// without an error.
func Serve(t *testing.T, cmd *exec.Cmd, variable string) *url.URL {
	t.Helper()
	address := freeAddress(t)
	var stderr bytes.Buffer
	cmd.Env, cmd.Stderr = append(cmd.Environ(), variable+"="+address), &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	stopped := false
	t.Cleanup(func() {
		if stopped {
			return
		}
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Error(err)
		}
		if err := <-ended; err != nil {
			t.Errorf("after SIGTERM: %v\n%s", err, stderr.String())
		}
	})
	for {
		conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", address)
		if err == nil {
			_ = conn.Close() // that it was accepted is all there is to know
			return &url.URL{Scheme: "http", Host: address}
		}
		select {
		case err := <-ended:
			stopped = true
			t.Fatalf("it ended instead of listening: %v\n%s", err, stderr.String())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// freeAddress is of a port that nobody listens on.
func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	return listener.Addr().String()
}
