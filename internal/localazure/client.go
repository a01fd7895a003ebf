package localazure

import (
	"crypto/tls"
	"net/http"
)

// Client returns a client that reaches Azure through the proxy and trusts the
// server's authority alone, whatever the environment says. Every call makes a
// transport of its own, with no connection yet; the caller closes its idle
// connections.
func (s *Server) Client() *http.Client {
	return &http.Client{Transport: &http.Transport{
		Proxy:             http.ProxyURL(s.proxyURL),
		TLSClientConfig:   &tls.Config{RootCAs: s.authority.Pool(), MinVersion: tls.VersionTLS12},
		ForceAttemptHTTP2: true,
	}}
}
