package delay

import (
	"net"
	"os"
	"sync"
	"time"
)

// drain bounds how long a closed connection waits for a client that does not
// read what was written before the close.
const drain = time.Second

// conn is the server's side of a delayed connection. Reads, and deadlines for
// them, go straight to the connection beneath. Writes never block, so write
// deadlines have no effect.
type conn struct {
	net.Conn
	latency time.Duration
	opens   time.Time // no byte is read before, when set

	mu     sync.Mutex
	queue  []packet
	err    error // why writing failed
	closed bool
	wake   chan struct{} // has room for one: the queue or closed changed
	done   chan struct{} // closed with the connection
}

type packet struct {
	due  time.Time
	data []byte // empty: the end of the connection
}

// newConn starts the delay line of c in lines. Nothing is read from c before
// opens, when that is set.
func newConn(c net.Conn, latency time.Duration, opens time.Time, lines *sync.WaitGroup) *conn {
	d := &conn{Conn: c, latency: latency, opens: opens,
		wake: make(chan struct{}, 1), done: make(chan struct{})}
	lines.Go(d.deliver)
	return d
}

func (c *conn) Read(b []byte) (int, error) {
	if wait := time.Until(c.opens); !c.opens.IsZero() && wait > 0 {
		timer := time.NewTimer(wait)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-c.done:
			return 0, net.ErrClosed
		}
	}
	n, err := c.Conn.Read(b)
	if err != nil {
		select {
		case <-c.done:
			return n, net.ErrClosed
		default:
		}
	}
	return n, err
}

func (c *conn) Write(b []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return 0, net.ErrClosed
	}
	if len(b) == 0 {
		return 0, nil
	}
	if c.err != nil {
		return 0, c.err
	}
	c.queue = append(c.queue, packet{due: time.Now().Add(c.latency), data: append([]byte(nil), b...)})
	c.signal()
	return len(b), nil
}

// Close stops reads at once; the client still receives what was written, and
// then the end of the connection, after the latency.
func (c *conn) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return net.ErrClosed
	}
	c.closed = true
	c.queue = append(c.queue, packet{due: time.Now().Add(c.latency)})
	close(c.done)
	c.signal()
	// A deadline in the past ends a Read that is under way.
	if err := c.Conn.SetReadDeadline(time.Unix(1, 0)); err != nil {
		return err
	}
	return c.Conn.SetWriteDeadline(time.Now().Add(c.latency + drain))
}

func (c *conn) SetDeadline(t time.Time) error    { return c.SetReadDeadline(t) }
func (c *conn) SetWriteDeadline(time.Time) error { return nil }

func (c *conn) SetReadDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return net.ErrClosed
	}
	return c.Conn.SetReadDeadline(t)
}

// signal wakes the delay line. The caller holds c.mu.
func (c *conn) signal() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// deliver is the delay line. It ends with the packet that Close queues, or when
// the client is gone and the connection is closed.
func (c *conn) deliver() {
	defer c.Conn.Close()
	for {
		p, ok := c.next()
		if !ok {
			<-c.wake
			continue
		}
		if wait := time.Until(p.due); wait > 0 {
			time.Sleep(wait)
		}
		if len(p.data) == 0 {
			return
		}
		if _, err := c.Conn.Write(p.data); err != nil {
			c.fail(err)
		}
	}
}

func (c *conn) next() (packet, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.queue) == 0 {
		return packet{}, false
	}
	p := c.queue[0]
	c.queue = c.queue[1:]
	return p, true
}

func (c *conn) fail(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err == nil && !os.IsTimeout(err) {
		c.err = err
	}
}
