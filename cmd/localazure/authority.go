package main

import (
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/workload-identity-quickstart/msal-go/internal/localazure/pki"
)

// loadAuthority reads the authority from two files, or makes one and, given
// names for the files, writes them.
func loadAuthority(certFile, keyFile string) (*pki.Authority, error) {
	if certFile == "" {
		return pki.New()
	}
	certPEM, certErr := os.ReadFile(certFile)
	keyPEM, keyErr := os.ReadFile(keyFile)
	if errors.Is(certErr, fs.ErrNotExist) && errors.Is(keyErr, fs.ErrNotExist) {
		return writeAuthority(certFile, keyFile)
	}
	if err := errors.Join(certErr, keyErr); err != nil {
		return nil, fmt.Errorf("read authority: %w", err)
	}
	authority, err := pki.Load(certPEM, keyPEM)
	if err != nil {
		return nil, fmt.Errorf("%s and %s: %w", certFile, keyFile, err)
	}
	return authority, nil
}

func writeAuthority(certFile, keyFile string) (*pki.Authority, error) {
	authority, err := pki.New()
	if err != nil {
		return nil, err
	}
	keyPEM, err := authority.KeyPEM()
	if err != nil {
		return nil, err
	}
	// The key first: a certificate without its key would be an error next time,
	// with nothing to tell which of the two is missing.
	if err := os.WriteFile(keyFile, keyPEM, 0o600); err != nil {
		return nil, fmt.Errorf("write authority: %w", err)
	}
	if err := os.WriteFile(certFile, authority.CertificatePEM(), 0o644); err != nil {
		return nil, fmt.Errorf("write authority: %w", err)
	}
	return authority, nil
}

// loadRoots reads the roots in a PEM file; without one, nil means the system's.
func loadRoots(file string) (*x509.CertPool, error) {
	if file == "" {
		return nil, nil
	}
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read issuer roots: %w", err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("read issuer roots: %s has no PEM certificate", file)
	}
	return roots, nil
}
