package issuer

import (
	"cmp"
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/workload-identity-quickstart/msal-go/internal/localazure/guid"
)

// The values of a token that [TokenOptions] leaves open.
const (
	DefaultSubject  = "system:serviceaccount:default:workload-identity-sa"
	DefaultAudience = "api://AzureADTokenExchange"
	DefaultLifetime = time.Hour
)

// TokenOptions describes a service account token. The zero value is a token
// that a fitting federated identity credential accepts; the last fields break
// it on purpose.
type TokenOptions struct {
	// Subject defaults to [DefaultSubject]. The claims that Kubernetes adds name
	// the namespace and service account it spells out.
	Subject string
	// Audience defaults to [DefaultAudience].
	Audience string
	// NotBefore is also the time of issue. It defaults to now.
	NotBefore time.Time
	// Lifetime runs from NotBefore and defaults to [DefaultLifetime]. A negative
	// one makes a token that was never valid.
	Lifetime time.Duration

	// KeyID replaces the id of the signing key in the header.
	KeyID string
	// ForeignKey signs with a key that the issuer does not publish, under the
	// id of the one that it does.
	ForeignKey bool
	// Claims are added to the token's own or replace them; nil removes one.
	Claims map[string]any
}

// Token makes a service account token, signed with RS256.
func (i *Issuer) Token(o TokenOptions) (string, error) {
	i.mu.Lock()
	key := i.signing
	i.mu.Unlock()
	if o.ForeignKey {
		foreign, err := i.foreignKey()
		if err != nil {
			return "", err
		}
		key.Key = foreign
	}
	key.KeyID = cmp.Or(o.KeyID, key.KeyID)
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: key}, nil)
	if err != nil {
		return "", fmt.Errorf("sign token: %w", err)
	}
	token, err := jwt.Signed(signer).Claims(i.claims(o)).Serialize()
	if err != nil {
		return "", fmt.Errorf("sign token: %w", err)
	}
	return token, nil
}

// claims are those of a bound service account token, see
// https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/#schema-for-service-account-private-claims.
func (i *Issuer) claims(o TokenOptions) map[string]any {
	subject := cmp.Or(o.Subject, DefaultSubject)
	notBefore := o.NotBefore
	if notBefore.IsZero() {
		notBefore = time.Now()
	}
	namespace, name, _ := strings.Cut(strings.TrimPrefix(subject, "system:serviceaccount:"), ":")
	claims := map[string]any{
		"iss": i.url,
		"sub": subject,
		"aud": []string{cmp.Or(o.Audience, DefaultAudience)},
		"iat": notBefore.Unix(),
		"nbf": notBefore.Unix(),
		"exp": notBefore.Add(cmp.Or(o.Lifetime, DefaultLifetime)).Unix(),
		"jti": guid.New(),
		"kubernetes.io": map[string]any{
			"namespace":      namespace,
			"pod":            map[string]any{"name": name + "-pod", "uid": guid.New()},
			"serviceaccount": map[string]any{"name": name, "uid": guid.New()},
		},
	}
	maps.Copy(claims, o.Claims)
	maps.DeleteFunc(claims, func(_ string, v any) bool { return v == nil })
	return claims
}
