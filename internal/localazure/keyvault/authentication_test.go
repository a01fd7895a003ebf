package keyvault

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/workload-identity-quickstart/msal-go/internal/localazure/cloud"
)

func TestChallengeNamesAuthorityAndResourceOfTheCloud(t *testing.T) {
	f := newFixture(t)
	for _, c := range cloud.All() {
		v := f.vault(t, func(o *Options) { o.Cloud = c })
		var got errorBody
		resp := f.send(t, http.MethodGet, v.URL()+"secrets/s?api-version=7.4", "", "", &got)
		refused(t, resp, got, refusal{401, "Unauthorized", "", "AKV10000: Request is missing a Bearer or PoP token."})
		want := `Bearer authorization="https://` + c.AuthorityHost + "/" + tenantID + `", resource="https://` + c.VaultDomain + `"`
		if challenge := resp.Header.Get("WWW-Authenticate"); challenge != want {
			t.Errorf("challenge = %s\nwant %s", challenge, want)
		}
	}
}

func TestTokens(t *testing.T) {
	f := newFixture(t)
	v := f.vault(t, nil)
	if _, err := v.Set("s", Secret{Value: "v"}); err != nil {
		t.Fatal(err)
	}
	const issuer = "https://sts.windows.net/" + tenantID + "/"
	claim := func(name string, value any) map[string]any { return map[string]any{name: value} }
	unix := func(d time.Duration) int64 { return f.clock.Now().Add(d).Unix() }
	good := f.token(t, "entra", false, nil)
	unauthorized := func(text string) refusal { return refusal{401, "Unauthorized", "", text} }
	for _, test := range []struct {
		name, authorization string
		want                refusal
	}{
		{"as issued", "Bearer " + good, refusal{status: 200}},
		{"scheme in lower case", "bearer " + good, refusal{status: 200}},
		{"audience by application id", "Bearer " + f.token(t, "entra", false, claim("aud", cloud.KeyVaultAppID)), refusal{status: 200}},
		{"expired within the skew", "Bearer " + f.token(t, "entra", false, claim("exp", unix(-clockSkew+time.Second))), refusal{status: 200}},
		{"other scheme", "Basic " + good, unauthorized("AKV10000: Request is missing a Bearer or PoP token.")},
		{"empty token", "Bearer ", unauthorized("AKV10000")},
		{"no JWT", "Bearer token", unauthorized("IDX12741")},
		{"unknown key", "Bearer " + f.token(t, "other", false, nil), // hashicorp/terraform#30912 of 2026-05 has the text with the header left out.
			unauthorized("AKV10046: Unable to resolve the key used for signature validation. EncodedJwtHeader: 'eyJ")},
		{"wrong signature", "Bearer " + f.token(t, "entra", true, nil), unauthorized("IDX10511")},
		// Code index 32775100639 and 16166093443.
		{"other audience", "Bearer " + f.token(t, "entra", false, claim("aud", "https://management.azure.com/")),
			unauthorized("AKV10022: Invalid audience. Expected https://vault.azure.net, found: https://management.azure.com/.")},
		{"audience with a slash", "Bearer " + f.token(t, "entra", false, claim("aud", "https://vault.azure.net/")), unauthorized("AKV10022")},
		// Code index 52449796999 and 59199156698, which lists more tenants of its vault.
		{"other issuer", "Bearer " + f.token(t, "entra", false, claim("iss", "https://issuer.example/")),
			unauthorized("AKV10032: Invalid issuer. Expected one of " + issuer + ", found https://issuer.example/.")},
		{"other tenant's issuer", "Bearer " + f.token(t, "entra", false, claim("iss", cloud.Public().IssuerV1(otherID))), unauthorized("AKV10032")},
		{"v2.0 token", "Bearer " + f.token(t, "entra", false, claim("iss", cloud.Public().IssuerV2(tenantID))), unauthorized("AKV10032")},
		{"other tenant", "Bearer " + f.token(t, "entra", false, claim("tid", otherID)), unauthorized("AKV10032")},
		{"expired", "Bearer " + f.token(t, "entra", false, claim("exp", unix(-clockSkew))), unauthorized("[TokenExpired] Error validating token: 'S2S12086'.")},
		{"never expires", "Bearer " + f.token(t, "entra", false, claim("exp", nil)), unauthorized("TokenExpired")},
		{"not yet valid", "Bearer " + f.token(t, "entra", false, claim("nbf", unix(clockSkew+time.Second))), unauthorized("IDX10222")},
	} {
		t.Run(test.name, func(t *testing.T) {
			var got errorBody
			resp := f.send(t, http.MethodGet, v.URL()+"secrets/s?api-version=7.4", test.authorization, "", &got)
			refused(t, resp, got, test.want)
			if challenged := resp.Header.Get("WWW-Authenticate") != ""; challenged != (test.want.status == 401) {
				t.Errorf("challenged: %t", challenged)
			}
			if _, raw, _ := strings.Cut(test.authorization, " "); len(raw) > 20 && strings.Contains(got.Error.Message, raw) {
				t.Error("the error repeats the token")
			}
		})
	}
}
