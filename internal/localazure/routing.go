package localazure

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/workload-identity-quickstart/msal-go/internal/localazure/cloud"
)

// serveTunnel answers a request for the host that its tunnel leads to.
func (s *Server) serveTunnel(w http.ResponseWriter, r *http.Request) {
	host, _ := r.Context().Value(tunnelHost{}).(string)
	if !strings.EqualFold(strings.TrimSuffix(r.Host, ":443"), host) {
		http.Error(w, fmt.Sprintf("the request is for %q and the connection for %q", r.Host, host), http.StatusMisdirectedRequest)
		return
	}
	r.Host = host
	s.serveAzure(w, r, s.handler(host))
}

// handler answers for a host that a tunnel may lead to.
func (s *Server) handler(host string) http.Handler {
	if _, ok := cloud.ForAuthority(host); ok {
		return s.directory
	}
	if _, _, ok := cloud.ForVault(host); ok {
		return s.vaults
	}
	return s.hosts[host]
}

// serveTokenProxy answers as Entra ID whoever the Host header names: the SDKs
// keep the authority's name there, and a client that does not means the public
// cloud.
func (s *Server) serveTokenProxy(w http.ResponseWriter, r *http.Request) {
	r.Host = strings.TrimSuffix(strings.ToLower(r.Host), ":443")
	if _, ok := cloud.ForAuthority(r.Host); !ok {
		r.Host = cloud.Public().AuthorityHost
	}
	s.serveAzure(w, r, s.directory.TokenProxy())
}

// serveAzure records a request, and answers it with h unless it is intercepted.
func (s *Server) serveAzure(w http.ResponseWriter, r *http.Request, h http.Handler) {
	s.active.begin() // a handler of HTTP/2 may outlive its connection
	defer s.active.end()
	s.mu.Lock()
	intercept := s.intercept
	s.mu.Unlock()
	recorder := &recorder{ResponseWriter: w}
	defer func() { s.log.add(newRequest(r, recorder)) }()
	if intercept != nil && intercept(recorder, r) {
		return
	}
	for _, f := range s.faults {
		h = f.wrap(h)
	}
	h.ServeHTTP(recorder, r)
}
