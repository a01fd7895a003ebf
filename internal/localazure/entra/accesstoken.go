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

// tokenClaims are those of an application's access token, see
// https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference.
type tokenClaims struct {
	Audience         string   `json:"aud"`
	Issuer           string   `json:"iss"`
	IssuedAt         int64    `json:"iat"`
	NotBefore        int64    `json:"nbf"`
	Expiry           int64    `json:"exp"`
	Opaque           string   `json:"aio"`
	ClientID         string   `json:"appid,omitempty"`    // v1.0
	ClientAuth       string   `json:"appidacr,omitempty"` // v1.0; "2": by an assertion
	ClientIDV2       string   `json:"azp,omitempty"`
	ClientAuthV2     string   `json:"azpacr,omitempty"`
	IdentityProvider string   `json:"idp,omitempty"` // v1.0
	IDType           string   `json:"idtyp"`
	ObjectID         string   `json:"oid"`
	History          string   `json:"rh"`
	Roles            []string `json:"roles,omitempty"`
	Subject          string   `json:"sub"`
	TenantID         string   `json:"tid"`
	UniqueID         string   `json:"uti"`
	Version          string   `json:"ver"`
	ManagedIdentity  string   `json:"xms_mirid,omitempty"`
	Capabilities     []string `json:"xms_cc,omitempty"`
	Name             string   `json:"name,omitempty"` // of a user, as what follows
	Scopes           string   `json:"scp,omitempty"`
	UserName         string   `json:"upn,omitempty"`
}

// backdate is how much earlier than its issue a token becomes valid, by its iat as
// well as by its nbf, for clocks that are behind.
const backdate = 5 * time.Minute

// issue signs an access token for app to a resource.
func (d *Directory) issue(app Application, t Tenant, to resource, lifetime time.Duration, capabilities []string) (string, error) {
	now := d.now()
	from := now.Add(-backdate).Unix()
	claims := tokenClaims{
		Audience:        to.audience,
		Issuer:          t.Cloud.IssuerV1(t.ID),
		IssuedAt:        from,
		NotBefore:       from,
		Expiry:          now.Add(lifetime).Unix(),
		Opaque:          opaque(36),
		IDType:          "app",
		ObjectID:        app.ObjectID,
		History:         "1." + opaque(48),
		Roles:           to.roles,
		Subject:         app.ObjectID,
		TenantID:        t.ID,
		UniqueID:        opaque(16),
		ManagedIdentity: app.ManagedIdentity,
		Capabilities:    capabilities,
	}
	if to.version == 2 {
		claims.Issuer, claims.ClientIDV2, claims.ClientAuthV2, claims.Version = t.Cloud.IssuerV2(t.ID), app.ClientID, "2", "2.0"
	} else {
		claims.ClientID, claims.ClientAuth, claims.IdentityProvider, claims.Version = app.ClientID, "2", claims.Issuer, "1.0"
	}
	token, err := jwt.Signed(d.key.signer).Claims(claims).Serialize()
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
