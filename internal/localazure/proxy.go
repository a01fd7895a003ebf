package localazure

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/workload-identity-quickstart/msal-go/internal/localazure/cloud"
)

// serveProxy answers what is sent to the proxy itself: CONNECT and health
// checks.
func (s *Server) serveProxy(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.Method == http.MethodConnect:
		s.connect(w, r)
	case r.URL.IsAbs():
		http.Error(w, fmt.Sprintf("localazure tunnels https with CONNECT only; it does not fetch %s://%s", r.URL.Scheme, r.URL.Host),
			http.StatusBadRequest)
	case r.URL.Path != "/healthz":
		http.Error(w, "this is the proxy of localazure: set HTTPS_PROXY to its address", http.StatusBadRequest)
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "/healthz answers GET only", http.StatusMethodNotAllowed)
	default:
		_, _ = fmt.Fprintln(w, "ok") // a probe that left needs no answer
	}
}

// connect turns a connection into a tunnel whose far end is this server too.
func (s *Server) connect(w http.ResponseWriter, r *http.Request) {
	host, port, err := net.SplitHostPort(r.Host)
	if err != nil {
		http.Error(w, fmt.Sprintf("CONNECT to %q: want host:port", r.Host), http.StatusBadRequest)
		return
	}
	host = strings.ToLower(host)
	if status, err := s.reachable(host, port); err != nil {
		s.reject(w, r, status, err.Error())
		return
	}
	s.active.begin() // the hijacked connection no longer counts
	defer s.active.end()
	conn, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		http.Error(w, "CONNECT needs HTTP/1.1", http.StatusHTTPVersionNotSupported)
		return
	}
	if _, err := conn.Write([]byte("HTTP/1.1 200 Connection established\r\n\r\n")); err != nil {
		_ = conn.Close() // the client is gone
		return
	}
	// Bytes that a hasty client sent with its CONNECT are in the buffer.
	early := io.LimitReader(buffered, int64(buffered.Reader.Buffered()))
	s.tunnels.offer(tls.Server(&tunnel{Conn: conn, reader: io.MultiReader(early, conn), host: host}, s.tlsConfig(host, false)))
}

// reject responds to a CONNECT with the reason in the status line, which is what most
// clients print, and in a body of the form of Azure's errors, which the Azure SDK
// for JavaScript prints. It logs the reason, too.
func (s *Server) reject(w http.ResponseWriter, r *http.Request, status int, reason string) {
	if s.log.notify != nil {
		s.log.notify(Request{Time: time.Now(), Host: r.Host, Method: r.Method, Status: status, ErrorCode: reason})
	}
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		http.Error(w, reason, status)
		return
	}
	body, _ := json.Marshal(map[string]any{"error": map[string]string{"code": "localazure", "message": reason}}) // cannot fail
	_, _ = fmt.Fprintf(conn, "HTTP/1.1 %d %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s",
		status, reason, len(body), body) // a client that left needs no response
	_ = conn.Close()
}

// reachable reports whether a tunnel may lead to host, and the status of the
// refusal if not.
func (s *Server) reachable(host, port string) (int, error) {
	_, isAuthority := cloud.ForAuthority(host)
	_, _, isVault := cloud.ForVault(host)
	_, isOther := s.hosts[host]
	switch {
	case !isAuthority && !isVault && !isOther:
		return http.StatusForbidden, fmt.Errorf("localazure does not implement %s and connects to no other host", host)
	case port != "443":
		return http.StatusForbidden, fmt.Errorf("localazure implements %s on port 443 only", host)
	case isVault:
		if _, ok := s.vaults.Lookup(host); !ok {
			return http.StatusBadGateway, fmt.Errorf("no such host: localazure has no vault %s", host)
		}
	}
	return 0, nil
}

// tunnel is a connection whose client asked for host.
type tunnel struct {
	net.Conn
	reader io.Reader
	host   string
}

func (t *tunnel) Read(b []byte) (int, error) { return t.reader.Read(b) }

type tunnelHost struct{}

// tunnelContext remembers for which host a connection was made.
func tunnelContext(ctx context.Context, c net.Conn) context.Context {
	t := c.(*tls.Conn).NetConn().(*tunnel)
	return context.WithValue(ctx, tunnelHost{}, t.host)
}

// tunnelListener hands the tunnels that CONNECT made to an HTTP server.
type tunnelListener struct {
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

func newTunnelListener() *tunnelListener {
	return &tunnelListener{conns: make(chan net.Conn), done: make(chan struct{})}
}

// offer waits until c is accepted, or closes it with the listener.
func (l *tunnelListener) offer(c net.Conn) {
	select {
	case l.conns <- c:
	case <-l.done:
		_ = c.Close() // nothing was sent on it
	}
}

func (l *tunnelListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

func (l *tunnelListener) Close() error {
	l.once.Do(func() { close(l.done) })
	return nil
}

// Addr has no meaning for tunnels, but http.Server wants one.
func (l *tunnelListener) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)} }
