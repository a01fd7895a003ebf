package issuer

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/workload-identity-quickstart/msal-go/internal/localazure/pki"
)

const keysPath = "/openid/v1/jwks"

// Issuer is a running issuer. Its methods may be called concurrently.
type Issuer struct {
	url    string
	server *http.Server
	served chan error

	mu      sync.Mutex
	signing jose.JSONWebKey
	foreign *rsa.PrivateKey // never published
	public  jose.JSONWebKeySet
}

// Start listens on a free port of 127.0.0.1 and publishes a fresh RSA key, with
// a certificate from authority. The issuer serves until ctx is done or Close is
// called; the caller closes it in either case.
func Start(ctx context.Context, authority *pki.Authority) (*Issuer, error) {
	cert, err := authority.Certificate("127.0.0.1")
	if err != nil {
		return nil, fmt.Errorf("start issuer: %w", err)
	}
	var lc net.ListenConfig
	listener, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("start issuer: %w", err)
	}
	i := &Issuer{
		// The issuers of AKS end in a slash too, which matching must not ignore.
		url:    "https://" + listener.Addr().String() + "/",
		served: make(chan error, 1),
	}
	if err := i.RotateKey(); err != nil {
		return nil, errors.Join(fmt.Errorf("start issuer: %w", err), listener.Close())
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", i.serveDiscovery)
	mux.HandleFunc("GET "+keysPath, i.serveKeys)
	i.server = &http.Server{
		Handler:           mux,
		TLSConfig:         &tls.Config{Certificates: []tls.Certificate{*cert}, MinVersion: tls.VersionTLS12},
		ReadHeaderTimeout: 10 * time.Second,
		// What it would log are handshakes that clients broke off.
		ErrorLog:    log.New(io.Discard, "", 0),
		BaseContext: func(net.Listener) context.Context { return ctx },
	}
	stop := context.AfterFunc(ctx, func() { _ = i.server.Close() })
	go func() {
		defer stop()
		i.served <- i.server.ServeTLS(listener, "", "")
	}()
	return i, nil
}

// URL is the issuer's identifier, the "iss" of its tokens. It ends in a slash.
func (i *Issuer) URL() string { return i.url }

// Close stops serving. Tokens can still be made.
func (i *Issuer) Close() error {
	err := i.server.Close()
	if served := <-i.served; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	i.served <- http.ErrServerClosed // for the next Close
	return err
}

// RotateKey signs further tokens with a fresh key. The keys used before stay
// published, as an API server keeps them while tokens signed by them live.
func (i *Issuer) RotateKey() error {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return fmt.Errorf("generate signing key: %w", err)
	}
	id, err := keyID(&key.PublicKey)
	if err != nil {
		return err
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.signing = jose.JSONWebKey{Key: key, KeyID: id, Algorithm: string(jose.RS256), Use: "sig"}
	i.public.Keys = append(i.public.Keys, i.signing.Public())
	return nil
}

// keyID is the digest of the public key that Kubernetes uses as its id.
func keyID(key *rsa.PublicKey) (string, error) {
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		return "", fmt.Errorf("encode public key: %w", err)
	}
	sum := sha256.Sum256(der)
	return base64.RawURLEncoding.EncodeToString(sum[:]), nil
}

// foreignKey is a key that is not published.
func (i *Issuer) foreignKey() (*rsa.PrivateKey, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.foreign == nil {
		key, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			return nil, fmt.Errorf("generate foreign key: %w", err)
		}
		i.foreign = key
	}
	return i.foreign, nil
}

func (i *Issuer) serveDiscovery(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, "application/json", map[string]any{
		"issuer":                                i.url,
		"jwks_uri":                              i.url[:len(i.url)-1] + keysPath,
		"response_types_supported":              []string{"id_token"},
		"subject_types_supported":               []string{"public"},
		"id_token_signing_alg_values_supported": []string{string(jose.RS256)},
	})
}

func (i *Issuer) serveKeys(w http.ResponseWriter, _ *http.Request) {
	i.mu.Lock()
	keys := jose.JSONWebKeySet{Keys: append([]jose.JSONWebKey(nil), i.public.Keys...)}
	i.mu.Unlock()
	writeJSON(w, "application/jwk-set+json", keys)
}

func writeJSON(w http.ResponseWriter, contentType string, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		http.Error(w, "encode response: "+err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", contentType)
	_, _ = w.Write(body) // a client that left needs no answer
}
