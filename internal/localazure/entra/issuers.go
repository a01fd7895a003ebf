package entra

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

const (
	// fetchTimeout bounds one request to an issuer.
	fetchTimeout = 10 * time.Second
	// maxDocument bounds the documents an issuer may serve.
	maxDocument = 1 << 20
)

// issuers verifies signatures with the keys that issuers publish. The only
// connections this package opens are its own, to issuers that some federated
// identity credential names.
type issuers struct {
	client *http.Client

	mu    sync.Mutex
	known map[string]jose.JSONWebKeySet
}

func newIssuers(roots *x509.CertPool) *issuers {
	return &issuers{
		client: &http.Client{
			Timeout: fetchTimeout,
			Transport: &http.Transport{
				// No Proxy: this process may itself be the proxy of the environment.
				TLSClientConfig:   &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
				ForceAttemptHTTP2: true,
				IdleConnTimeout:   time.Minute,
			},
		},
		known: map[string]jose.JSONWebKeySet{},
	}
}

func (s *issuers) close() { s.client.CloseIdleConnections() }

// verify checks the signature of an assertion by issuer. Keys are fetched again
// when those at hand do not verify it.
func (s *issuers) verify(ctx context.Context, issuer string, assertion *jwt.JSONWebToken) *refusal {
	keyID := assertion.Headers[0].KeyID
	s.mu.Lock()
	keys := s.known[issuer]
	s.mu.Unlock()
	if found := keys.Key(keyID); keyID != "" && len(found) > 0 && assertion.Claims(found[0].Key) == nil {
		return nil
	}
	keys, refused := s.keys(ctx, issuer)
	if refused != nil {
		return refused
	}
	s.mu.Lock()
	s.known[issuer] = keys
	s.mu.Unlock()
	switch found := keys.Key(keyID); {
	case keyID == "", len(found) == 0:
		return invalidClient(7000272, "The certificate with identifier %s used to sign the federated credential could not "+
			"be found in the metadata of identity provider %s. Please validate that your Identity Provider's metadata "+
			"exposes the key used to sign the incoming token.", keyID, issuer)
	case assertion.Claims(found[0].Key) != nil:
		return invalidClient(700027, "Client assertion failed signature validation.")
	}
	return nil
}

// keys fetches the keys of issuer, where its discovery document says (OpenID
// Connect Discovery 1.0 section 4).
func (s *issuers) keys(ctx context.Context, issuer string) (jose.JSONWebKeySet, *refusal) {
	// Three codes have this text, and no record says which is for what.
	failed := func(code int) *refusal { return badRequest(code, "Request to External OIDC endpoint failed.") }
	var document struct {
		Issuer  string `json:"issuer"`
		KeysURL string `json:"jwks_uri"`
	}
	var keys jose.JSONWebKeySet
	err := s.fetch(ctx, strings.TrimSuffix(issuer, "/")+"/.well-known/openid-configuration", &document)
	if _, unreachable := errors.AsType[net.Error](err); unreachable {
		return keys, failed(50166)
	} else if err != nil || document.Issuer != issuer {
		return keys, failed(501661)
	}
	err = s.fetch(ctx, document.KeysURL, &keys)
	if errors.Is(err, errNotJSON) {
		return keys, badRequest(900612, "Failed to parse provider signing keys.")
	} else if err != nil {
		return keys, failed(90061)
	}
	return keys, nil
}

var errNotJSON = errors.New("not the JSON that it should be")

// fetch decodes the JSON at url into document.
func (s *issuers) fetch(ctx context.Context, url string, document any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	resp, err := s.client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("fetch %s: %s", url, resp.Status)
	}
	if err := json.NewDecoder(io.LimitReader(resp.Body, maxDocument)).Decode(document); err != nil {
		return fmt.Errorf("%s: %w: %w", url, errNotJSON, err)
	}
	return nil
}
