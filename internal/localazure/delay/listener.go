package delay

import (
	"net"
	"sync"
	"time"
)

// Listener delays every connection it accepts. Set its fields before the first
// Accept; a Latency of zero passes connections through untouched.
type Listener struct {
	net.Listener
	// Latency is the length of one round trip.
	Latency time.Duration
	// Handshake holds back what a client sends first for one more latency: the
	// round trip of the TCP handshake, which the loopback device makes at once.
	Handshake bool

	lines sync.WaitGroup
}

// Accept waits for the next connection and delays it.
func (l *Listener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil || l.Latency <= 0 {
		return c, err
	}
	var opens time.Time
	if l.Handshake {
		opens = time.Now().Add(l.Latency)
	}
	return newConn(c, l.Latency, opens, &l.lines), nil
}

// Wait returns when the delay lines of all accepted connections have ended,
// which each does soon after its connection is closed.
func (l *Listener) Wait() { l.lines.Wait() }
