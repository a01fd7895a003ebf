package localazure

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/workload-identity-quickstart/msal-go/internal/localazure/delay"
)

// listen opens the listeners, and serves once it has them all.
func (s *Server) listen(ctx context.Context, cfg Config) error {
	proxyAddress := cfg.ProxyAddress
	if proxyAddress == "" {
		proxyAddress = "127.0.0.1:0"
	}
	proxy, err := s.bind(ctx, proxyAddress, cfg.Latency, false)
	if err != nil {
		return err
	}
	s.proxyURL = &url.URL{Scheme: "http", Host: proxy.Addr().String()}
	var token *delay.Listener
	if cfg.TokenProxyAddress != "" {
		// Warm the certificate, so that a bad name fails here.
		if _, err := s.authority.Certificate(cfg.TokenProxyName); err != nil {
			return err
		}
		if token, err = s.bind(ctx, cfg.TokenProxyAddress, cfg.Latency, true); err != nil {
			return err
		}
		s.tokenProxy = &url.URL{Scheme: "https", Host: token.Addr().String()}
	}
	s.serve(ctx, proxy, http.HandlerFunc(s.serveProxy), nil)
	s.serve(ctx, s.tunnels, http.HandlerFunc(s.serveTunnel), tunnelContext)
	if token != nil {
		s.serve(ctx, tls.NewListener(token, s.tlsConfig(cfg.TokenProxyName, true)), http.HandlerFunc(s.serveTokenProxy), nil)
	}
	return nil
}

func (s *Server) bind(ctx context.Context, address string, latency time.Duration, handshake bool) (*delay.Listener, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	delayed := &delay.Listener{Listener: l, Latency: latency, Handshake: handshake}
	s.listeners = append(s.listeners, delayed)
	return delayed, nil
}

func (s *Server) serve(ctx context.Context, l net.Listener, h http.Handler, connContext func(context.Context, net.Conn) context.Context) {
	server := &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 30 * time.Second,
		IdleTimeout:       2 * time.Minute,
		BaseContext:       func(net.Listener) context.Context { return context.WithoutCancel(ctx) },
		ConnContext:       connContext,
		ConnState:         s.connState,
		// What it would log are handshakes that clients broke off.
		ErrorLog: log.New(io.Discard, "", 0),
	}
	s.servers = append(s.servers, server)
	s.serving.Go(func() {
		if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			s.failed <- err
		}
	})
}

// connState keeps count of the connections that are open.
func (s *Server) connState(c net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		s.active.begin()
		if _, ok := c.(*tls.Conn); ok { // not one to the proxy itself
			s.log.connections.Add(1)
		}
	case http.StateHijacked, http.StateClosed:
		s.active.end()
	}
}
