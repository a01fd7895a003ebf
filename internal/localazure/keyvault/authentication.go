package keyvault

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/workload-identity-quickstart/msal-go/internal/localazure/cloud"
)

// clockSkew is how far Entra ID's clock and Key Vault's may differ.
const clockSkew = 5 * time.Minute

// caller is who an access token says its bearer is.
type caller struct {
	clientID, objectID, issuer, managedIdentity string
}

// String is how errors name the caller.
func (c caller) String() string {
	s := fmt.Sprintf("appid=%s;oid=%s;iss=%s", c.clientID, c.objectID, c.issuer)
	if c.managedIdentity != "" {
		s += ";xms_mirid=" + c.managedIdentity
	}
	return s
}

// challenge tells a client where to get a token and for what, see
// https://learn.microsoft.com/azure/key-vault/general/authentication-requests-and-responses#authentication.
func (v *Vault) challenge() string {
	return fmt.Sprintf(`Bearer authorization="%s%s", resource="%s"`,
		v.options.Cloud.AuthorityURL(), v.options.TenantID, v.options.Cloud.VaultResource())
}

// authenticate accepts an access token for this vault, or says why not.
func (v *Vault) authenticate(authorization string, keys jose.JSONWebKeySet) (caller, *refusal) {
	scheme, raw, _ := strings.Cut(authorization, " ")
	raw = strings.TrimSpace(raw)
	if !strings.EqualFold(scheme, "Bearer") || raw == "" {
		return caller{}, unauthorized("AKV10000: Request is missing a Bearer or PoP token.")
	}
	token, err := jwt.ParseSigned(raw, []jose.SignatureAlgorithm{jose.RS256})
	if err != nil {
		return caller{}, unauthorized("Error validating token: 'IDX12741'.")
	}
	known := keys.Key(token.Headers[0].KeyID)
	if len(known) == 0 {
		header, _, _ := strings.Cut(raw, ".")
		return caller{}, unauthorized("AKV10046: Unable to resolve the key used for signature validation. EncodedJwtHeader: '%s'.", header)
	}
	var claims struct {
		jwt.Claims
		ClientID        string `json:"appid"`
		ObjectID        string `json:"oid"`
		TenantID        string `json:"tid"`
		ManagedIdentity string `json:"xms_mirid"`
	}
	if err := token.Claims(known[0].Key, &claims); err != nil {
		return caller{}, unauthorized("Error validating token: 'IDX10511'.")
	}
	resource := v.options.Cloud.VaultResource()
	if !slices.ContainsFunc(claims.Audience, func(audience string) bool {
		return audience == resource || audience == cloud.KeyVaultAppID
	}) {
		return caller{}, unauthorized("AKV10022: Invalid audience. Expected %s, found: %s.",
			resource, strings.Join(claims.Audience, ", "))
	}
	issuer := v.options.Cloud.IssuerV1(strings.ToLower(v.options.TenantID))
	if claims.Issuer != issuer || !strings.EqualFold(claims.TenantID, v.options.TenantID) {
		return caller{}, unauthorized("AKV10032: Invalid issuer. Expected one of %s, found %s.",
			issuer, claims.Issuer)
	}
	now := v.now()
	switch {
	case claims.Expiry == nil, !now.Before(claims.Expiry.Time().Add(clockSkew)):
		return caller{}, unauthorized("[TokenExpired] Error validating token: 'S2S12086'.")
	case claims.NotBefore != nil && now.Add(clockSkew).Before(claims.NotBefore.Time()):
		return caller{}, unauthorized("Error validating token: 'IDX10222'.")
	}
	return caller{claims.ClientID, claims.ObjectID, claims.Issuer, claims.ManagedIdentity}, nil
}
