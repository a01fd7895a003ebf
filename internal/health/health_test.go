package health

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func listen(t *testing.T) net.Listener {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return listener
}

func get(t *testing.T, listener net.Listener, path string) (int, string) {
	t.Helper()
	resp, err := http.Get("http://" + listener.Addr().String() + path)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

func TestServe(t *testing.T) {
	var state State
	listener := listen(t)
	stop := serve(t.Context(), listener, &state)
	defer stop()

	steps := []struct {
		name   string
		change func()
		status int
		body   string
	}{
		{"at first", func() {}, 503, "not ready: the secret has not been read yet\n"},
		{"failed", func() { state.NotReady("the vault cannot be reached") }, 503, "not ready: the vault cannot be reached\n"},
		{"succeeded", state.Ready, 200, "ok\n"},
		{"failed again", func() { state.NotReady("the secret is disabled") }, 503, "not ready: the secret is disabled\n"},
	}
	for _, step := range steps {
		step.change()
		if status, body := get(t, listener, "/readyz"); status != step.status || body != step.body {
			t.Errorf("%s: /readyz responds with %d %q, want %d %q", step.name, status, body, step.status, step.body)
		}
		if status, body := get(t, listener, "/healthz"); status != 200 || body != "ok\n" {
			t.Errorf("%s: /healthz responds with %d %q", step.name, status, body)
		}
	}
	if status, _ := get(t, listener, "/secret"); status != 404 {
		t.Errorf("another path responds with %d", status)
	}
}

func TestStop(t *testing.T) {
	listener := listen(t)
	serve(t.Context(), listener, new(State))()
	if conn, err := net.Dial("tcp", listener.Addr().String()); err == nil {
		_ = conn.Close()
		t.Error("the address still responds")
	}
}

func TestEndsWithContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	listener := listen(t)
	defer serve(ctx, listener, new(State))()
	cancel()
	for {
		conn, err := net.Dial("tcp", listener.Addr().String())
		if err != nil {
			return // closed, as it should be; else the test times out
		}
		_ = conn.Close()
	}
}

func TestAddressInUse(t *testing.T) {
	listener := listen(t)
	defer listener.Close()
	_, err := Serve(t.Context(), listener.Addr().String(), new(State))
	if err == nil || !strings.Contains(err.Error(), "health checks") {
		t.Errorf("got %v", err)
	}
}

// pipes is a listener whose connections exist in memory, so that their timeouts can
// be tested with a fake clock.
type pipes struct{ conns chan net.Conn }

func (p pipes) Accept() (net.Conn, error) {
	conn, ok := <-p.conns
	if !ok {
		return nil, net.ErrClosed
	}
	return conn, nil
}

func (p pipes) Close() error {
	close(p.conns)
	return nil
}

func (pipes) Addr() net.Addr { return &net.TCPAddr{} }

func TestIdleConnectionsAreClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		listener := pipes{make(chan net.Conn)}
		defer serve(t.Context(), listener, new(State))()
		client, server := net.Pipe()
		listener.conns <- server
		if _, err := io.WriteString(client, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		resp, err := http.ReadResponse(bufio.NewReader(client), nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, resp.Body); err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		if _, err := client.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
			t.Errorf("got %v, want the connection closed", err)
		}
		if took := time.Since(start); took > idleTimeout {
			t.Errorf("closed after %s", took)
		}
	})
}
