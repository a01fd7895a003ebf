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
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"
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
	known map[string]*issuerKeys
}

type issuerKeys struct {
	oidc.KeySet
	url string // of the key set
}

func newIssuers(roots *x509.CertPool) *issuers {
	return &issuers{
		client: &http.Client{
			Timeout: fetchTimeout,
			Transport: boundedTransport{&http.Transport{
				// No Proxy: this process may itself be the proxy of the environment.
				TLSClientConfig:   &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
				ForceAttemptHTTP2: true,
				IdleConnTimeout:   time.Minute,
			}},
		},
		known: map[string]*issuerKeys{},
	}
}

func (s *issuers) close() { s.client.CloseIdleConnections() }

// verify checks the signature of an assertion by issuer.
func (s *issuers) verify(ctx context.Context, issuer, keyID, assertion string) *refusal {
	// Three codes have this text, and no record says which is for what.
	failed := func(code int) *refusal { return badRequest(code, "Request to External OIDC endpoint failed.") }
	keys, err := s.keys(ctx, issuer)
	if _, unreachable := errors.AsType[net.Error](err); unreachable {
		return failed(50166)
	} else if err != nil {
		return failed(501661)
	}
	if _, err = keys.VerifySignature(ctx, assertion); err == nil {
		return nil
	}
	// The key set does not tell an unknown key from a wrong signature or a failed
	// fetch, and Entra ID does.
	switch published, err := s.published(ctx, keys.url); {
	case errors.Is(err, errNotKeySet):
		return badRequest(900612, "Failed to parse provider signing keys.")
	case err != nil:
		return failed(90061)
	case keyID == "", len(published.Key(keyID)) == 0:
		return invalidClient(7000272, "The certificate with identifier %s used to sign the federated credential could not "+
			"be found in the metadata of identity provider %s. Please validate that your Identity Provider's metadata "+
			"exposes the key used to sign the incoming token.", keyID, issuer)
	default:
		return invalidClient(700027, "Client assertion failed signature validation.")
	}
}

// keys discovers the key set of issuer once. The set fetches the keys itself,
// and again whenever it meets an unknown one.
func (s *issuers) keys(ctx context.Context, issuer string) (*issuerKeys, error) {
	s.mu.Lock()
	known, ok := s.known[issuer]
	s.mu.Unlock()
	if ok {
		return known, nil
	}
	provider, err := oidc.NewProvider(oidc.ClientContext(ctx, s.client), issuer)
	if err != nil {
		return nil, err
	}
	var document struct {
		KeysURL string `json:"jwks_uri"`
	}
	if err := provider.Claims(&document); err != nil {
		return nil, err
	}
	// The set outlives this request, and its fetches end with the client's timeout.
	lasting := oidc.ClientContext(context.WithoutCancel(ctx), s.client)
	found := &issuerKeys{KeySet: oidc.NewRemoteKeySet(lasting, document.KeysURL), url: document.KeysURL}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.known[issuer] = found
	return found, nil
}

var errNotKeySet = errors.New("not a JSON Web Key Set")

// published fetches the keys at url.
func (s *issuers) published(ctx context.Context, url string) (jose.JSONWebKeySet, error) {
	var set jose.JSONWebKeySet
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return set, err
	}
	resp, err := s.client.Do(req)
	if err != nil {
		return set, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return set, fmt.Errorf("fetch keys from %s: %s", url, resp.Status)
	}
	if err := json.NewDecoder(resp.Body).Decode(&set); err != nil {
		return set, fmt.Errorf("keys from %s: %w: %w", url, errNotKeySet, err)
	}
	return set, nil
}

// boundedTransport cuts off answers that are too long to be genuine.
type boundedTransport struct{ *http.Transport }

func (t boundedTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := t.Transport.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	resp.Body = struct {
		io.Reader
		io.Closer
	}{io.LimitReader(resp.Body, maxDocument), resp.Body}
	return resp, nil
}
