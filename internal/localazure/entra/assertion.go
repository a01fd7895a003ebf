package entra

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/workload-identity-quickstart/msal-go/internal/localazure/cloud"
)

// clockSkew is how far ahead of this one an issuer's clock may be. No tolerance
// is given after an assertion has expired.
const clockSkew = 5 * time.Minute

// signatures lists what can be parsed. Only those of RSA are accepted.
func signatures() []jose.SignatureAlgorithm {
	return []jose.SignatureAlgorithm{
		jose.RS256, jose.RS384, jose.RS512, jose.PS256, jose.PS384, jose.PS512,
		jose.ES256, jose.ES384, jose.ES512, jose.HS256, jose.HS384, jose.HS512, jose.EdDSA,
	}
}

// checkAssertion accepts a federated client assertion of app, or says why not.
func (d *Directory) checkAssertion(ctx context.Context, app Application, assertion string) *refusal {
	malformed := badRequest(50027, "JWT token is invalid or malformed.")
	token, err := jwt.ParseSigned(assertion, signatures())
	if err != nil {
		return malformed
	}
	header := token.Headers[0]
	if family := header.Algorithm[:2]; family != "RS" && family != "PS" {
		// The list of algorithms in the text leaves out PS256 and its relatives.
		return invalidClient(5002738, "Invalid JWT token. '%s' is not a supported signature algorithm. "+
			"Supported signing algorithms are: 'RS256,RS384,RS512'", header.Algorithm)
	}
	var claims jwt.Claims
	if err := token.UnsafeClaimsWithoutVerification(&claims); err != nil {
		return malformed
	}
	switch {
	case claims.Issuer == "":
		return missingField("iss")
	case claims.Subject == "":
		return missingField("sub")
	case len(claims.Audience) == 0:
		return missingField("aud")
	case strings.EqualFold(claims.Issuer, app.ClientID):
		return notImplemented("client assertions that are signed with a certificate; the issuer of a federated one is a URL")
	}
	now := d.now()
	var credentials []FederatedCredential
	if ctx.Value(tokenProxied{}) != nil {
		credentials = boundCredentials(app.IdentityBindings)
	} else {
		credentials = slices.DeleteFunc(slices.Clone(app.FederatedCredentials), func(c FederatedCredential) bool { return now.Before(c.AvailableAt) })
		// The identity of an identity binding has a credential, managed by AKS, whose
		// issuer is no cluster's, see https://learn.microsoft.com/azure/aks/identity-bindings-concepts.
		if len(credentials) == 0 && len(app.IdentityBindings) == 0 {
			return invalidClient(70025, "The client '%s'(%s) has no configured federated identity credentials.", app.ClientID, app.Name)
		}
	}
	if r := matchCredential(credentials, claims); r != nil {
		return r
	}
	if u, err := url.Parse(claims.Issuer); err == nil {
		if _, ok := cloud.ForAuthority(u.Hostname()); ok {
			return invalidClient(700222, "AAD-issued tokens may not be used for federated identity flows.")
		}
	}
	if r := d.issuers.verify(ctx, claims.Issuer, token); r != nil {
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
func matchCredential(credentials []FederatedCredential, claims jwt.Claims) *refusal {
	var issuer, subject, subjectButCase, audience bool
	for _, c := range credentials {
		if c.Issuer != claims.Issuer {
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
	from, until := time.Unix(0, 0), time.Unix(0, 0)
	for _, start := range []*jwt.NumericDate{claims.NotBefore, claims.IssuedAt} {
		if start != nil && start.Time().After(from) {
			from = start.Time()
		}
	}
	if claims.Expiry != nil {
		until = claims.Expiry.Time()
	}
	if now.Add(clockSkew).Before(from) || !now.Before(until) {
		return outsideWindow(now, from, until)
	}
	return nil
}
