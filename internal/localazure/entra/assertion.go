package entra

import (
	"context"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

// clockSkew is how far ahead of this one an issuer's clock may be. No tolerance
// is given after an assertion has expired.
const clockSkew = 5 * time.Minute

// asymmetric lists the signatures an assertion may have. Entra ID documents
// RS256 and accepts others; none and shared secrets are not among them.
func asymmetric() []jose.SignatureAlgorithm {
	return []jose.SignatureAlgorithm{
		jose.RS256, jose.RS384, jose.RS512, jose.PS256, jose.PS384, jose.PS512,
		jose.ES256, jose.ES384, jose.ES512,
	}
}

// checkAssertion accepts a federated client assertion of app, or says why not.
func (d *Directory) checkAssertion(ctx context.Context, app Application, assertion string) *refusal {
	malformed := badRequest(50027, "JWT token is invalid or malformed.")
	token, err := jwt.ParseSigned(assertion, asymmetric())
	if err != nil {
		return malformed
	}
	var claims jwt.Claims
	if err := token.UnsafeClaimsWithoutVerification(&claims); err != nil {
		return malformed
	}
	if claims.Issuer == "" || claims.Subject == "" || len(claims.Audience) == 0 || claims.Expiry == nil {
		return malformed
	}
	keyID := token.Headers[0].KeyID
	if keyID == "" {
		return invalidClient(5002723, "Invalid JWT token. No certificate SHA-1 thumbprint, "+
			"certificate SHA-256 thumbprint, nor keyId specified in token header.")
	}
	now := d.now()
	credentials := app.FederatedCredentials
	if ctx.Value(tokenProxied{}) != nil {
		credentials = boundCredentials(app.IdentityBindings)
	}
	if r := matchCredential(credentials, claims, now); r != nil {
		return r
	}
	if r := d.issuers.verify(ctx, claims.Issuer, keyID, assertion); r != nil {
		return r
	}
	return checkWindow(claims, now)
}

// boundCredentials are what identity bindings amount to. What the token proxy of
// AKS says when none fits is not documented; here it is what Entra ID says.
func boundCredentials(bindings []IdentityBinding) []FederatedCredential {
	var credentials []FederatedCredential
	for _, b := range bindings {
		credentials = append(credentials, FederatedCredential{Issuer: b.Issuer, Subject: b.Subject, Audience: IdentityBindingAudience})
	}
	return credentials
}

// matchCredential looks for a credential with the issuer, the subject and the
// audience of claims, and names the first of the three that none has.
func matchCredential(credentials []FederatedCredential, claims jwt.Claims, now time.Time) *refusal {
	var issuer, subject, subjectButCase, audience bool
	for _, c := range credentials {
		if now.Before(c.AvailableAt) || c.Issuer != claims.Issuer {
			continue
		}
		issuer = true
		subjectButCase = subjectButCase || strings.EqualFold(c.Subject, claims.Subject)
		if c.Subject != claims.Subject {
			continue
		}
		subject = true
		// An assertion for several audiences is for none of them: the others could
		// present it too.
		audience = audience || len(claims.Audience) == 1 && claims.Audience[0] == c.Audience
	}
	switch {
	case !issuer:
		return noMatchingCredential(noIssuer, "issuer", claims.Issuer)
	case !subject && subjectButCase:
		return noMatchingCredential(subjectCaseDiffers, "subject", claims.Subject)
	case !subject:
		return noMatchingCredential(noSubject, "subject", claims.Subject)
	case !audience:
		return noMatchingCredential(noAudience, "audience", strings.Join(claims.Audience, ","))
	}
	return nil
}

func checkWindow(claims jwt.Claims, now time.Time) *refusal {
	var from time.Time
	for _, start := range []*jwt.NumericDate{claims.NotBefore, claims.IssuedAt} {
		if start != nil && start.Time().After(from) {
			from = start.Time()
		}
	}
	until := claims.Expiry.Time()
	if now.Add(clockSkew).Before(from) || !now.Before(until) {
		return outsideWindow(now, from, until)
	}
	return nil
}
