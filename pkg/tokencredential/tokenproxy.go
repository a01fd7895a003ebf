package tokencredential

import (
	"bytes"
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"sync"
	"time"
)

// Variables of AKS identity bindings, see
// https://learn.microsoft.com/azure/aks/identity-bindings-concepts.
const (
	envTokenProxy = "AZURE_KUBERNETES_TOKEN_PROXY" //nolint:gosec // a variable's name
	envSNIName    = "AZURE_KUBERNETES_SNI_NAME"
	envCAFile     = "AZURE_KUBERNETES_CA_FILE"
	envCAData     = "AZURE_KUBERNETES_CA_DATA"
)

// tokenProxy is a transport that sends requests for Entra ID to the token proxy of
// the cluster. It is safe for concurrent use.
type tokenProxy struct {
	url                        *url.URL
	serverName, caFile, caData string

	mu        sync.Mutex
	caPEM     []byte
	transport *http.Transport
}

// newTokenProxy returns nil when no variable asks for a token proxy.
func newTokenProxy(getenv func(string) string) (*tokenProxy, error) {
	p := &tokenProxy{serverName: getenv(envSNIName), caFile: getenv(envCAFile), caData: getenv(envCAData)}
	address := getenv(envTokenProxy)
	if address == "" {
		for _, variable := range []string{envSNIName, envCAFile, envCAData} {
			if getenv(variable) != "" {
				return nil, fmt.Errorf("%s is set but %s is not: set both or neither", variable, envTokenProxy)
			}
		}
		return nil, nil
	}
	u, err := url.Parse(address)
	if err != nil {
		return nil, fmt.Errorf("%s: not a URL", envTokenProxy) // err would quote a password in it
	}
	if u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" {
		return nil, fmt.Errorf("%s: %q is not an https URL without user, query and fragment", envTokenProxy, u.Redacted())
	}
	if p.caFile != "" && p.caData != "" {
		return nil, fmt.Errorf("%s and %s are both set: set one", envCAFile, envCAData)
	}
	u.Path = cmp.Or(u.Path, "/") // JoinPath would make relative paths otherwise
	p.url = u
	_, err = p.currentTransport()
	return p, err
}

// Do sends the request to the token proxy. Path, query and Host stay as they are.
func (p *tokenProxy) Do(req *http.Request) (*http.Response, error) {
	transport, err := p.currentTransport()
	if err != nil {
		return nil, err
	}
	proxied := req.Clone(req.Context())
	proxied.Host = cmp.Or(req.Host, req.URL.Host)
	proxied.URL = p.url.JoinPath(req.URL.EscapedPath())
	proxied.URL.RawQuery = req.URL.RawQuery
	return transport.RoundTrip(proxied)
}

// currentTransport returns http.DefaultTransport with the server name and the CA of
// the proxy, as the CA file has it now. Without a CA it trusts those of the default.
func (p *tokenProxy) currentTransport() (*http.Transport, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	caPEM, variable := []byte(p.caData), envCAData
	if p.caFile != "" {
		var err error
		if caPEM, err = os.ReadFile(p.caFile); err != nil {
			return nil, fmt.Errorf("%s: %w", envCAFile, err)
		}
		variable = envCAFile
	}
	// An empty file is being rewritten.
	if p.transport != nil && (len(caPEM) == 0 || bytes.Equal(caPEM, p.caPEM)) {
		return p.transport, nil
	}
	transport := &http.Transport{ // for a program that replaced the default by something else
		Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true, MaxIdleConns: 100,
		IdleConnTimeout: 90 * time.Second, TLSHandshakeTimeout: 10 * time.Second,
	}
	if base, ok := http.DefaultTransport.(*http.Transport); ok {
		transport = base.Clone()
	}
	config := cmp.Or(transport.TLSClientConfig, new(tls.Config))
	config.ServerName, config.MinVersion = p.serverName, max(config.MinVersion, tls.VersionTLS12)
	if p.caFile != "" || p.caData != "" {
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(caPEM) {
			return nil, fmt.Errorf("%s: no certificate in PEM format found", variable)
		}
	}
	if p.transport != nil {
		p.transport.CloseIdleConnections()
	}
	transport.TLSClientConfig = config
	p.transport, p.caPEM = transport, caPEM
	return transport, nil
}
