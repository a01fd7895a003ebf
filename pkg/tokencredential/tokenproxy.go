package tokencredential

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"sync"
)

// Variables of AKS identity bindings, see
// https://learn.microsoft.com/azure/aks/identity-bindings-concepts.
const (
	envTokenProxy = "AZURE_KUBERNETES_TOKEN_PROXY" //nolint:gosec // a variable's name
	envSNIName    = "AZURE_KUBERNETES_SNI_NAME"
	envCAFile     = "AZURE_KUBERNETES_CA_FILE"
	envCAData     = "AZURE_KUBERNETES_CA_DATA"
)

// tokenProxy is a transport that sends what is meant for Entra ID to the token
// proxy of the cluster. It is safe for concurrent use.
type tokenProxy struct {
	url        *url.URL
	serverName string
	caFile     string // empty when the CA cannot change

	mu        sync.Mutex
	caPEM     []byte
	transport *http.Transport
}

// tokenProxyFromEnvironment returns nil when no variable asks for a token proxy.
func tokenProxyFromEnvironment() (*tokenProxy, error) {
	address, caFile, caData := os.Getenv(envTokenProxy), os.Getenv(envCAFile), os.Getenv(envCAData)
	if address == "" {
		for _, variable := range []string{envSNIName, envCAFile, envCAData} {
			if os.Getenv(variable) != "" {
				return nil, fmt.Errorf("%s is set but %s is not: set both or neither", variable, envTokenProxy)
			}
		}
		return nil, nil
	}
	u, err := parseTokenProxyURL(address)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", envTokenProxy, err)
	}
	if caFile != "" && caData != "" {
		return nil, fmt.Errorf("%s and %s are both set: set one", envCAFile, envCAData)
	}
	p := &tokenProxy{url: u, serverName: os.Getenv(envSNIName), caFile: caFile}
	if caFile != "" {
		if _, err := p.currentTransport(); err != nil {
			return nil, fmt.Errorf("%s: %w", envCAFile, err)
		}
		return p, nil
	}
	if p.transport, err = p.newTransport([]byte(caData)); err != nil {
		return nil, fmt.Errorf("%s: %w", envCAData, err)
	}
	return p, nil
}

func parseTokenProxyURL(address string) (*url.URL, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, errors.New("not a URL") // err would quote a password in it
	}
	if u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" {
		return nil, fmt.Errorf("%q is not an https URL without user, query and fragment", u.Redacted())
	}
	if u.Path == "" {
		u.Path = "/" // JoinPath would make relative paths otherwise
	}
	return u, nil
}

// Do sends the request to the token proxy. The path, the query and the Host
// header, which tells the proxy the authority host, stay as they are.
func (p *tokenProxy) Do(req *http.Request) (*http.Response, error) {
	transport, err := p.currentTransport()
	if err != nil {
		return nil, fmt.Errorf("token proxy: %w", err)
	}
	host := req.Host
	if host == "" {
		host = req.URL.Host
	}
	query := req.URL.RawQuery
	req = req.Clone(req.Context())
	req.URL, req.Host = p.url.JoinPath(req.URL.EscapedPath()), host
	req.URL.RawQuery = query
	return transport.RoundTrip(req)
}

// currentTransport returns a transport that trusts what the CA file holds now.
func (p *tokenProxy) currentTransport() (*http.Transport, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.caFile == "" {
		return p.transport, nil
	}
	caPEM, err := os.ReadFile(p.caFile)
	if err != nil {
		return nil, fmt.Errorf("read the CA file: %w", err)
	}
	switch {
	case p.transport == nil:
		if len(caPEM) == 0 {
			return nil, fmt.Errorf("CA file %q is empty", p.caFile)
		}
	case len(caPEM) == 0: // being rewritten: the CA so far will do
		return p.transport, nil
	case bytes.Equal(caPEM, p.caPEM):
		return p.transport, nil
	}
	transport, err := p.newTransport(caPEM)
	if err != nil {
		return nil, fmt.Errorf("CA file %q: %w", p.caFile, err)
	}
	if p.transport != nil {
		p.transport.CloseIdleConnections()
	}
	p.transport, p.caPEM = transport, caPEM
	return transport, nil
}

// newTransport trusts the system's CAs when caPEM is empty.
func (p *tokenProxy) newTransport(caPEM []byte) (*http.Transport, error) {
	config := &tls.Config{ServerName: p.serverName, MinVersion: tls.VersionTLS12}
	if len(caPEM) > 0 {
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(caPEM) {
			return nil, errors.New("no certificate in PEM format found")
		}
	}
	transport := &http.Transport{Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true}
	if base, ok := http.DefaultTransport.(*http.Transport); ok {
		transport = base.Clone()
	}
	transport.TLSClientConfig = config
	return transport, nil
}
