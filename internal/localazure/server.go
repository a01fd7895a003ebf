package localazure

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/workload-identity-quickstart/msal-go/internal/localazure/delay"
	"github.com/workload-identity-quickstart/msal-go/internal/localazure/entra"
	"github.com/workload-identity-quickstart/msal-go/internal/localazure/keyvault"
	"github.com/workload-identity-quickstart/msal-go/internal/localazure/pki"
)

// Intercept is called for every request to Azure before it is answered; r.Host
// names the service. It returns true when it has answered itself. To break off
// instead, it panics with [http.ErrAbortHandler], which closes the connection
// under HTTP/1.1 and resets the request's stream under HTTP/2.
type Intercept func(w http.ResponseWriter, r *http.Request) bool

// Config configures a [Server].
type Config struct {
	// Authority issues the certificates of Azure's hosts; nil makes a new one.
	Authority *pki.Authority
	// Directory is Entra ID. It must not be nil.
	Directory *entra.Directory
	// Vaults are Key Vault. They must not be nil.
	Vaults *keyvault.Service
	// Hosts are further hosts to answer for, by their names in lower case: the
	// services that a test stands in for itself, such as one of Blob Storage. None
	// of them replaces a host of Entra ID or Key Vault.
	Hosts map[string]http.Handler

	// ProxyAddress is where the proxy listens, "127.0.0.1:0" unless set.
	ProxyAddress string
	// TokenProxyAddress is where Entra ID is served directly over TLS, in the
	// place of the token proxy of AKS identity bindings. Nowhere unless set.
	TokenProxyAddress string
	// TokenProxyName is the server name a client of the token proxy must ask for.
	TokenProxyName string

	// Faults cut connections to Azure.
	Faults []*Fault
	// Latency of one round trip between a client and Azure.
	Latency time.Duration
	// Intercept may be changed later with [Server.SetIntercept].
	Intercept Intercept
	// OnRequest, when set, is called after every request to Azure, concurrently.
	OnRequest func(Request)
}

// Server is Azure, listening. Its methods may be called concurrently.
type Server struct {
	authority  *pki.Authority
	directory  *entra.Directory
	vaults     *keyvault.Service
	hosts      map[string]http.Handler
	faults     []*Fault
	log        *requestLog
	proxyURL   *url.URL
	tokenProxy *url.URL // nil when off

	listeners []*delay.Listener
	tunnels   *tunnelListener
	servers   []*http.Server
	serving   sync.WaitGroup // Serve calls
	active    activity       // connections and handlers
	failed    chan error     // why serving ended, if it was not asked to
	detach    func() bool    // from the context of Start

	mu        sync.Mutex
	intercept Intercept
}

// Start listens and serves until ctx is done or [Server.Close] is called; the
// caller closes the server in either case.
func Start(ctx context.Context, cfg Config) (*Server, error) {
	if cfg.Directory == nil || cfg.Vaults == nil {
		return nil, errors.New("start localazure: a directory and vaults are needed")
	}
	if cfg.TokenProxyAddress != "" && cfg.TokenProxyName == "" {
		return nil, errors.New("start localazure: the token proxy needs a server name")
	}
	if cfg.Latency < 0 {
		return nil, fmt.Errorf("start localazure: latency %s is negative", cfg.Latency)
	}
	s := &Server{
		authority: cfg.Authority, directory: cfg.Directory, vaults: cfg.Vaults, hosts: maps.Clone(cfg.Hosts), faults: cfg.Faults,
		intercept: cfg.Intercept, log: &requestLog{notify: cfg.OnRequest},
		tunnels: newTunnelListener(), failed: make(chan error, 3),
	}
	if s.authority == nil {
		var err error
		if s.authority, err = pki.New(); err != nil {
			return nil, fmt.Errorf("start localazure: %w", err)
		}
	}
	if err := s.listen(ctx, cfg); err != nil {
		for _, l := range s.listeners {
			err = errors.Join(err, l.Close())
		}
		return nil, fmt.Errorf("start localazure: %w", err)
	}
	s.detach = context.AfterFunc(ctx, s.stop)
	return s, nil
}

// Shutdown lets requests that are under way finish, for as long as ctx allows,
// before it closes the server.
func (s *Server) Shutdown(ctx context.Context) error {
	var errs []error
	for _, server := range s.servers {
		errs = append(errs, server.Shutdown(ctx))
	}
	return errors.Join(errors.Join(errs...), s.Close())
}

// Close closes the listeners and all connections, and returns when nothing of
// the server runs any more. It reports why serving ended before, if it did.
func (s *Server) Close() error {
	s.detach()
	s.stop()
	s.serving.Wait()
	s.stop() // closes connections accepted while it ran first
	s.active.wait()
	for _, l := range s.listeners {
		l.Wait()
	}
	select {
	case err := <-s.failed:
		return fmt.Errorf("serve: %w", err)
	default:
		return nil
	}
}

// stop makes everything end, without waiting for it.
func (s *Server) stop() {
	for _, server := range s.servers {
		_ = server.Close() // a listener that is closed already is fine
	}
	_ = s.tunnels.Close()
}

// Failed receives the reason when the server stops serving unasked.
func (s *Server) Failed() <-chan error { return s.failed }

// SetIntercept replaces the intercept; nil removes it.
func (s *Server) SetIntercept(i Intercept) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.intercept = i
}

// ProxyURL is the value for HTTPS_PROXY.
func (s *Server) ProxyURL() string { return s.proxyURL.String() }

// TokenProxyURL is the value for AZURE_KUBERNETES_TOKEN_PROXY, empty when the
// server does not stand in for a token proxy.
func (s *Server) TokenProxyURL() string {
	if s.tokenProxy == nil {
		return ""
	}
	return s.tokenProxy.String()
}

// CACertificatePEM is what clients must trust.
func (s *Server) CACertificatePEM() []byte { return s.authority.CertificatePEM() }

// Requests lists the requests to Azure that were answered, the oldest first,
// at most the last 4096 of them.
func (s *Server) Requests() []Request { return s.log.list() }

// Connections counts the connections to Azure so far: tunnels, and those to the
// token proxy.
func (s *Server) Connections() int { return int(s.log.connections.Load()) }

// Handshakes counts the TLS handshakes completed so far.
func (s *Server) Handshakes() int { return int(s.log.handshakes.Load()) }
