package pki

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"sync"
	"time"
)

const (
	authorityLifetime   = 5 * 365 * 24 * time.Hour
	certificateLifetime = 90 * 24 * time.Hour
	// backdate keeps fresh certificates valid for clients whose clock is behind.
	backdate = 5 * time.Minute
)

// Authority is a certificate authority with an ECDSA P-256 key. Its methods may
// be called concurrently.
type Authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey

	mu     sync.Mutex
	issued map[string]*tls.Certificate
}

// New makes an authority with a fresh key, valid for five years.
func New() (*Authority, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("generate authority key: %w", err)
	}
	template, err := newTemplate("localazure certificate authority", authorityLifetime)
	if err != nil {
		return nil, err
	}
	template.IsCA = true
	template.BasicConstraintsValid = true
	template.MaxPathLenZero = true
	template.KeyUsage = x509.KeyUsageCertSign | x509.KeyUsageCRLSign
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, fmt.Errorf("create authority certificate: %w", err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("parse authority certificate: %w", err)
	}
	return &Authority{cert: cert, key: key, issued: map[string]*tls.Certificate{}}, nil
}

// Load returns the authority that [Authority.CertificatePEM] and
// [Authority.KeyPEM] describe. It refuses a certificate that is not an
// authority's, is outside its validity, or does not belong to the key.
func Load(certPEM, keyPEM []byte) (*Authority, error) {
	pair, err := tls.X509KeyPair(certPEM, keyPEM)
	if err != nil {
		return nil, fmt.Errorf("load authority: %w", err)
	}
	key, ok := pair.PrivateKey.(*ecdsa.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("load authority: key is a %T, want ECDSA", pair.PrivateKey)
	}
	switch now := time.Now(); {
	case !pair.Leaf.IsCA:
		return nil, errors.New("load authority: certificate is not that of a certificate authority")
	case now.Before(pair.Leaf.NotBefore), now.After(pair.Leaf.NotAfter):
		return nil, fmt.Errorf("load authority: certificate is valid from %s to %s only",
			pair.Leaf.NotBefore.Format(time.RFC3339), pair.Leaf.NotAfter.Format(time.RFC3339))
	}
	return &Authority{cert: pair.Leaf, key: key, issued: map[string]*tls.Certificate{}}, nil
}

// CertificatePEM is the authority's own certificate, what clients must trust.
func (a *Authority) CertificatePEM() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.cert.Raw})
}

// KeyPEM is the authority's private key in PKCS #8 form. Keep it secret.
func (a *Authority) KeyPEM() ([]byte, error) {
	der, err := x509.MarshalPKCS8PrivateKey(a.key)
	if err != nil {
		return nil, fmt.Errorf("encode authority key: %w", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil
}

// Pool returns a new pool that trusts this authority alone.
func (a *Authority) Pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(a.cert)
	return pool
}

// Certificate returns a server certificate for host, a DNS name or an IP
// address. It issues one per host, valid for 90 days, and replaces it when half
// of that has passed.
func (a *Authority) Certificate(host string) (*tls.Certificate, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if c, ok := a.issued[host]; ok && time.Until(c.Leaf.NotAfter) > certificateLifetime/2 {
		return c, nil
	}
	c, err := a.issue(host)
	if err != nil {
		return nil, fmt.Errorf("issue certificate for %q: %w", host, err)
	}
	a.issued[host] = c
	return c, nil
}

func (a *Authority) issue(host string) (*tls.Certificate, error) {
	if host == "" {
		return nil, errors.New("host is empty")
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template, err := newTemplate(host, certificateLifetime)
	if err != nil {
		return nil, err
	}
	template.KeyUsage = x509.KeyUsageDigitalSignature
	template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	if ip := net.ParseIP(host); ip != nil {
		template.IPAddresses = []net.IP{ip}
	} else {
		template.DNSNames = []string{host}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, &key.PublicKey, a.key)
	if err != nil {
		return nil, err
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}, nil
}

func newTemplate(commonName string, lifetime time.Duration) (*x509.Certificate, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return nil, fmt.Errorf("choose serial number: %w", err)
	}
	if len(commonName) > 64 { // ub-common-name, RFC 5280 appendix A.1
		commonName = commonName[:64]
	}
	now := time.Now()
	return &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{CommonName: commonName},
		NotBefore:    now.Add(-backdate),
		NotAfter:     now.Add(lifetime),
	}, nil
}
