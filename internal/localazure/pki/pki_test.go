package pki

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// newAuthority makes an authority.
func newAuthority(t *testing.T) *Authority {
	t.Helper()
	a, err := New()
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// handshake serves with a's certificate for host to a client that trusts roots
// and wants serverName.
func handshake(t *testing.T, a *Authority, host string, roots *x509.CertPool, serverName string) error {
	t.Helper()
	cert, err := a.Certificate(host)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.TLS = &tls.Config{Certificates: []tls.Certificate{*cert}}
	server.StartTLS()
	defer server.Close()
	conn, err := tls.Dial("tcp", server.Listener.Addr().String(), &tls.Config{RootCAs: roots, ServerName: serverName})
	if err != nil {
		return err
	}
	return conn.Close()
}

func TestCertificatesAreTrustedForTheirHostOnly(t *testing.T) {
	a, other := newAuthority(t), newAuthority(t)
	for _, test := range []struct {
		name, host, serverName string
		roots                  *x509.CertPool
		ok                     bool
	}{
		{"name", "login.example", "login.example", a.Pool(), true},
		{"address", "127.0.0.1", "127.0.0.1", a.Pool(), true},
		{"long name", strings.Repeat("a.", 60) + "example", strings.Repeat("a.", 60) + "example", a.Pool(), true},
		{"other name", "login.example", "vault.example", a.Pool(), false},
		{"other authority", "login.example", "login.example", other.Pool(), false},
	} {
		t.Run(test.name, func(t *testing.T) {
			if err := handshake(t, a, test.host, test.roots, test.serverName); (err == nil) != test.ok {
				t.Errorf("handshake: %v, want success: %t", err, test.ok)
			}
		})
	}
}

func TestLoadedAuthorityContinues(t *testing.T) {
	a := newAuthority(t)
	key, err := a.KeyPEM()
	if err != nil {
		t.Fatal(err)
	}
	loaded, err := Load(a.CertificatePEM(), key)
	if err != nil {
		t.Fatal(err)
	}
	if err := handshake(t, loaded, "login.example", a.Pool(), "login.example"); err != nil {
		t.Error(err)
	}
}

func TestLoadRefuses(t *testing.T) {
	a := newAuthority(t)
	key, err := a.KeyPEM()
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := a.Certificate("login.example")
	if err != nil {
		t.Fatal(err)
	}
	leafKey, err := x509.MarshalPKCS8PrivateKey(leaf.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	encode := func(kind string, der []byte) []byte {
		return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
	}
	for name, test := range map[string]struct{ cert, key []byte }{
		"nothing":               {},
		"no key":                {cert: a.CertificatePEM()},
		"another's certificate": {cert: newAuthority(t).CertificatePEM(), key: key},
		"a server certificate":  {encode("CERTIFICATE", leaf.Certificate[0]), encode("PRIVATE KEY", leafKey)},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := Load(test.cert, test.key); err == nil {
				t.Error("no error")
			}
		})
	}
}

func TestCertificateIsSharedByConcurrentCallers(t *testing.T) {
	a := newAuthority(t)
	var wg sync.WaitGroup
	got := make([]*tls.Certificate, 8)
	for i := range got {
		wg.Go(func() {
			var err error
			if got[i], err = a.Certificate("login.example"); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for _, c := range got {
		if c != got[0] {
			t.Fatal("callers got different certificates")
		}
	}
	if _, err := a.Certificate(""); err == nil {
		t.Error("no error for an empty host")
	}
}
