package entra

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1" // #nosec G505 -- x5t is defined as a SHA-1 thumbprint
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"fmt"
	"math/big"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

// signingKey signs access tokens. Its id is the thumbprint of a certificate, as
// Entra ID's key ids are.
type signingKey struct {
	signer jose.Signer
	public jose.JSONWebKey
}

func newSigningKey() (signingKey, error) {
	fail := func(err error) (signingKey, error) {
		return signingKey{}, fmt.Errorf("make access token signing key: %w", err)
	}
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return fail(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		Subject:      pkix.Name{CommonName: "accounts.accesscontrol.windows.net"},
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().AddDate(5, 0, 0),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return fail(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return fail(err)
	}
	sum := sha1.Sum(der) // #nosec G401 -- see the import
	thumbprint := base64.RawURLEncoding.EncodeToString(sum[:])
	signer, err := jose.NewSigner(
		jose.SigningKey{Algorithm: jose.RS256, Key: jose.JSONWebKey{Key: key, KeyID: thumbprint}},
		new(jose.SignerOptions).WithType("JWT").WithHeader("x5t", thumbprint))
	if err != nil {
		return fail(err)
	}
	return signingKey{signer: signer, public: jose.JSONWebKey{
		Key: &key.PublicKey, KeyID: thumbprint, Use: "sig",
		Certificates: []*x509.Certificate{cert}, CertificateThumbprintSHA1: sum[:],
	}}, nil
}

// tokenClaims are those of an application's v2.0 access token, see
// https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference.
type tokenClaims struct {
	Audience     string   `json:"aud"`
	Issuer       string   `json:"iss"`
	IssuedAt     int64    `json:"iat"`
	NotBefore    int64    `json:"nbf"`
	Expiry       int64    `json:"exp"`
	Opaque       string   `json:"aio"`
	ClientID     string   `json:"azp"`
	ClientAuth   string   `json:"azpacr"` // "2": authenticated by an assertion
	IDType       string   `json:"idtyp"`
	ObjectID     string   `json:"oid"`
	History      string   `json:"rh"`
	Roles        []string `json:"roles,omitempty"`
	Subject      string   `json:"sub"`
	TenantID     string   `json:"tid"`
	UniqueID     string   `json:"uti"`
	Version      string   `json:"ver"`
	Capabilities []string `json:"xms_cc,omitempty"`
}

// issue signs an access token for app to a resource.
func (d *Directory) issue(app Application, t Tenant, audience resource, capabilities []string) (string, error) {
	now := d.now()
	token, err := jwt.Signed(d.key.signer).Claims(tokenClaims{
		Audience:     audience.appID,
		Issuer:       t.Cloud.Issuers(t.ID)[0],
		IssuedAt:     now.Unix(),
		NotBefore:    now.Add(-5 * time.Minute).Unix(), // Entra ID backdates for clocks that are behind
		Expiry:       now.Add(d.lifetime).Unix(),
		Opaque:       opaque(36),
		ClientID:     app.ClientID,
		ClientAuth:   "2",
		IDType:       "app",
		ObjectID:     app.ObjectID,
		History:      "1." + opaque(48),
		Roles:        audience.roles,
		Subject:      app.ObjectID,
		TenantID:     t.ID,
		UniqueID:     opaque(16),
		Version:      "2.0",
		Capabilities: capabilities,
	}).Serialize()
	if err != nil {
		return "", fmt.Errorf("sign access token: %w", err)
	}
	return token, nil
}

// opaque is n random bytes, for claims that mean nothing to anybody else.
func opaque(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails, says its documentation
	return base64.RawURLEncoding.EncodeToString(b)
}
