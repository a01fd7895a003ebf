package entra

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

// Caller is who an access token was issued to.
type Caller struct {
	ObjectID, TenantID string
	// Name is a user's principal name or an application's client ID.
	Name string
	User bool
}

// TokenError is why a service rejects an access token.
type TokenError struct {
	// Missing, Audience and Expired tell the reason; the token is invalid if none is set.
	Missing  bool
	Audience string
	Expired  time.Time
}

func (e *TokenError) Error() string { return fmt.Sprintf("the access token is rejected: %+v", *e) }

// Authenticate verifies the access token of an Authorization header for a service
// with the given audiences, which may end in a slash in the token.
func (d *Directory) Authenticate(authorization string, audiences ...string) (Caller, *TokenError) {
	scheme, raw, _ := strings.Cut(authorization, " ")
	if !strings.EqualFold(scheme, "Bearer") || raw == "" {
		return Caller{}, &TokenError{Missing: true}
	}
	var claims struct {
		jwt.Claims
		ObjectID string `json:"oid"`
		TenantID string `json:"tid"`
		ClientID string `json:"appid"`
		UserName string `json:"upn"`
	}
	token, err := jwt.ParseSigned(strings.TrimSpace(raw), []jose.SignatureAlgorithm{jose.RS256})
	if err != nil || token.Claims(d.key.public.Key, &claims) != nil || len(claims.Audience) != 1 || claims.Expiry == nil {
		return Caller{}, &TokenError{}
	}
	if !slices.Contains(audiences, strings.TrimSuffix(claims.Audience[0], "/")) {
		return Caller{}, &TokenError{Audience: claims.Audience[0]}
	}
	if expiry := claims.Expiry.Time(); !d.now().Before(expiry) {
		return Caller{}, &TokenError{Expired: expiry}
	}
	return Caller{ObjectID: claims.ObjectID, TenantID: claims.TenantID, Name: cmp.Or(claims.UserName, claims.ClientID), User: claims.UserName != ""}, nil
}
