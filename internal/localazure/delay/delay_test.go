package delay

import (
	"errors"
	"io"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

const latency = 40 * time.Millisecond

// pair connects a delayed server to a client inside a synctest bubble.
func pair(t *testing.T, opens time.Time) (server *conn, client net.Conn) {
	t.Helper()
	var lines sync.WaitGroup
	a, b := net.Pipe()
	server = newConn(a, latency, opens, &lines)
	t.Cleanup(func() {
		_ = b.Close()
		_ = server.Close()
		lines.Wait()
	})
	return server, b
}

func read(t *testing.T, c net.Conn, want string) {
	t.Helper()
	got := make([]byte, len(want))
	if _, err := io.ReadFull(c, got); err != nil || string(got) != want {
		t.Fatalf("read %q, %v, want %q", got, err, want)
	}
}

func TestWritesArriveOneLatencyLaterAndDoNotBlock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, client := pair(t, time.Time{})
		start := time.Now()
		write := func(s string) {
			if _, err := server.Write([]byte(s)); err != nil {
				t.Fatal(err)
			}
		}
		// The second write follows while the first is under way.
		write("one")
		if d := time.Since(start); d != 0 {
			t.Errorf("write took %s", d)
		}
		time.Sleep(latency / 4)
		write("two")
		read(t, client, "one")
		if d := time.Since(start); d != latency {
			t.Errorf("first write arrived after %s, want %s", d, latency)
		}
		read(t, client, "two")
		if d := time.Since(start); d != latency+latency/4 {
			t.Errorf("second write arrived after %s, want %s", d, latency+latency/4)
		}
	})
}

func TestRequestAndResponseCostOneRoundTrip(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, client := pair(t, time.Time{})
		go func() {
			_, _ = io.CopyN(server, server, 4)
		}()
		start := time.Now()
		if _, err := client.Write([]byte("ping")); err != nil {
			t.Fatal(err)
		}
		read(t, client, "ping")
		if d := time.Since(start); d != latency {
			t.Errorf("round trip took %s, want %s", d, latency)
		}
	})
}

func TestCloseDeliversWhatWasWritten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, client := pair(t, time.Time{})
		if _, err := server.Write([]byte("bye")); err != nil {
			t.Fatal(err)
		}
		if err := server.Close(); err != nil {
			t.Fatal(err)
		}
		if _, err := server.Write([]byte("more")); !errors.Is(err, net.ErrClosed) {
			t.Errorf("write after close: %v", err)
		}
		start := time.Now()
		read(t, client, "bye")
		if n, err := client.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
			t.Errorf("read after the end: %d, %v", n, err)
		}
		if d := time.Since(start); d != latency {
			t.Errorf("the end arrived after %s, want %s", d, latency)
		}
	})
}

func TestCloseEndsReadAndGivesUpOnClientsThatDoNotRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, client := pair(t, time.Time{})
		if _, err := server.Write([]byte("never read")); err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() {
			_, err := server.Read(make([]byte, 1))
			ended <- err
		}()
		synctest.Wait()
		start := time.Now()
		if err := server.Close(); err != nil {
			t.Fatal(err)
		}
		if err := <-ended; !errors.Is(err, net.ErrClosed) {
			t.Errorf("read: %v, want net.ErrClosed", err)
		}
		if d := time.Since(start); d != 0 {
			t.Errorf("read ended after %s", d)
		}
		time.Sleep(latency + drain)
		synctest.Wait()
		if _, err := client.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
			t.Errorf("client read: %v, want EOF", err)
		}
	})
}

func TestNothingIsReadBeforeTheHandshake(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, client := pair(t, time.Now().Add(latency))
		start := time.Now()
		go func() { _, _ = client.Write([]byte("hello")) }()
		read(t, server, "hello")
		if d := time.Since(start); d != latency {
			t.Errorf("first byte was read after %s, want %s", d, latency)
		}
	})
}

func TestCloseEndsWaitForHandshake(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, _ := pair(t, time.Now().Add(time.Hour))
		ended := make(chan error, 1)
		go func() {
			_, err := server.Read(make([]byte, 1))
			ended <- err
		}()
		synctest.Wait()
		if err := server.Close(); err != nil {
			t.Fatal(err)
		}
		if err := <-ended; !errors.Is(err, net.ErrClosed) {
			t.Errorf("read: %v, want net.ErrClosed", err)
		}
	})
}

// acceptOne returns what l accepts from a fresh loopback connection.
func acceptOne(t *testing.T, l *Listener) net.Conn {
	t.Helper()
	var err error
	if l.Listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	client, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	server, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = client.Close()
		_ = server.Close()
		_ = l.Close()
		l.Wait()
	})
	return server
}

func TestListener(t *testing.T) {
	if c, ok := acceptOne(t, &Listener{}).(*net.TCPConn); !ok {
		t.Errorf("without latency, accepted a %T, want the connection itself", c)
	}
	c, ok := acceptOne(t, &Listener{Latency: time.Millisecond, Handshake: true}).(*conn)
	if !ok || c.opens.IsZero() {
		t.Error("with latency, the connection is not delayed from its handshake on")
	}
}
