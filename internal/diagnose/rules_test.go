package diagnose

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/workload-identity-quickstart/msal-go/pkg/tokencredential"
)

func rejection(code int, text string) *tokencredential.AuthenticationError {
	return &tokencredential.AuthenticationError{StatusCode: 401, Code: "invalid_client", ErrorCodes: []int{code}, Message: fmt.Sprintf("AADSTS%d: %s", code, text)}
}

// No credential helps where Entra ID cannot read the issuer.
func TestPrivateIssuer(t *testing.T) {
	for issuer, private := range map[string]bool{
		"https://kubernetes.default": true, "https://kubernetes.default.svc": true, "https://kubernetes.default.svc.cluster.local": true, "https://api.prod.svc.cluster.local/": true,
		"https://10.0.0.1": true, "https://172.20.0.1:6443/": true, "https://192.168.1.5/": true,
		"https://eastus.oic.prod-aks.azure.com/1/2/": false, "https://20.1.2.3/": false, "https://svc.example.com/": false, "": false,
	} {
		for _, code := range []int{700211, 70021, 70025, 90061} {
			got := Explain(rejection(code, "No."), Facts{Issuer: issuer, Subject: "system:serviceaccount:n:s"})
			if (got.ID == "issuer-private") != private {
				t.Errorf("issuer %q, code %d: %s", issuer, code, got.ID)
			}
			if private && (strings.Contains(got.Fix, "federated-credential") || !strings.Contains(got.Fix, "--enable-oidc-issuer")) {
				t.Errorf("issuer %q: fix %s", issuer, got.Fix)
			}
		}
	}
}

// The default account is for pods without one, and must not get an identity.
func TestDefaultAccountGetsNothing(t *testing.T) {
	facts := Facts{ClientID: "c", Subject: "system:serviceaccount:shop:default", Issuer: "https://i/"}
	for id, err := range map[string]error{
		"service-account-default": &tokencredential.ConfigError{Missing: []string{"AZURE_CLIENT_ID"}},
		"subject-default":         rejection(700213, "No match."),
	} {
		got := Explain(err, facts)
		check(t, got, id, "serviceAccountName", "kubectl set serviceaccount", "shop")
		if strings.Contains(got.Fix, "annotate") || strings.Contains(got.Fix, "federated-credential") {
			t.Errorf("%s: fix %s", id, got.Fix)
		}
	}
}

func TestTokenProxyLacksBinding(t *testing.T) {
	facts := sampleFacts()
	facts.TokenProxy = true
	for _, code := range []int{70025, 70021, 700211, 700213} {
		check(t, Explain(rejection(code, "No."), facts), "identity-binding-missing", "use-managed-identity")
	}
	check(t, Explain(rejection(90061, "No."), facts), "issuer-unreachable-aks")
}

// A mistake in the form of a name is corrected, and never offered again.
func TestNamesGetTheirForm(t *testing.T) {
	const vault = "https://my-vault.vault.azure.net/"
	for _, test := range []struct{ url, secret, wantURL, wantSecret string }{
		{"my-vault", "my-secret", vault, "my-secret"},
		{"my-vault.vault.azure.net", "my-secret", vault, "my-secret"},
		{"http://My-Vault.vault.azure.net", "my_secret", vault, "SECRET_NAME"},
		{"https://my-vault.vault.azure.net/secrets/my-secret", "https://my-vault.vault.azure.net/secrets/my-secret/0123", vault, "my-secret"},
		{"https://my-vault.privatelink.vaultcore.azure.net/", "my secret", vault, "SECRET_NAME"},
		{"https://my-vault.vault.azure.net:443/?a=b", "", vault, "SECRET_NAME"},
		{"https://vault.example/", "a.b", "VAULT_URL", "SECRET_NAME"},
		{"my_vault", "x", "VAULT_URL", "x"},
		{"", "x", "VAULT_URL", "x"},
		{"::", "x", "VAULT_URL", "x"},
	} {
		got := Explain(errors.New("KEYVAULT_URL: bad\nSECRET_NAME: bad"), Facts{VaultURL: test.url, SecretName: test.secret})
		want := "--set keyvault.url=" + test.wantURL + " --set keyvault.secretName=" + test.wantSecret + " "
		if got.ID != "setting-invalid" || !strings.Contains(got.Fix, want) {
			t.Errorf("%q and %q: %s, fix %s, want %s in it", test.url, test.secret, got.ID, got.Fix, want)
		}
	}
	got := Explain(errors.New("KEYVAULT_URL: bad"), Facts{VaultURL: "my-vault", AuthorityHost: "https://login.microsoftonline.us/"})
	check(t, got, "setting-invalid", "https://my-vault.vault.usgovcloudapi.net/")
}

// Where the context ended while a rejected request was repeated, the rejection is
// what the reader can do something about.
func TestRejectionCountsMoreThanTheContext(t *testing.T) {
	err := fmt.Errorf("get secret: %w", errors.Join(context.DeadlineExceeded, rejection(70025, "No.")))
	check(t, Explain(err, sampleFacts()), "credential-none")
}

// The times in Entra ID's message are those that it compared; the file may have
// been replaced since.
func TestTimesOfTheMessage(t *testing.T) {
	const text = "Client assertion is not within its valid time range. Current time: 2026-11-23T10:00:00.1234567Z, assertion valid from %s, expiry time of assertion %s."
	facts := sampleFacts()
	facts.IssuedAt, facts.Expires = time.Date(2026, 11, 23, 9, 59, 0, 0, time.UTC), time.Date(2026, 11, 23, 10, 59, 0, 0, time.UTC)
	expired := rejection(700024, fmt.Sprintf(text, "2026-11-23T08:00:00.0000000Z", "2026-11-23T09:00:00.0000000Z"))
	check(t, Explain(expired, facts), "token-expired", "expired at 2026-11-23T09:00:00Z", "2026-11-23T10:00:00Z")
	early := rejection(700024, fmt.Sprintf(text, "2026-11-23T10:30:00.0000000Z", "2026-11-23T11:30:00.0000000Z"))
	check(t, Explain(early, facts), "token-not-yet-valid", "issued at 2026-11-23T10:30:00Z")
}

func TestLifetime(t *testing.T) {
	year := rejection(70023, "External OIDC Provider token must have a lifetime of less than or equal to 1.01:00:00. Token issued at 1695056139. Token expires on 1726592139.")
	check(t, Explain(year, sampleFacts()), "token-lifetime", "8760h0m0s")
	eternal := rejection(70023, "External OIDC Provider token must have a lifetime of less than or equal to 1.01:00:00. Token issued at 0. Token expires on 1726592139.")
	check(t, Explain(eternal, sampleFacts()), "token-lifetime", "no claim iat")
}

// Codes change, and the words tell what a new one is about.
func TestUnknownCodesAreReadByTheirWords(t *testing.T) {
	for text, id := range map[string]string{
		"No matching federated identity record found for presented assertion subject 'x'.": "subject-mismatch",
		"The client 'x'(y) has no configured federated identity credentials.":              "credential-none",
		"Request to External OIDC endpoint failed.":                                        "issuer-unreachable-aks",
		"The federated identity is odd.":                                                   "federation-rejected",
		"The assertion is odd.":                                                            "assertion-rejected",
		"The tenant is odd.":                                                               "tenant-rejected",
		"The application is odd.":                                                          "application-rejected",
		"Odd.":                                                                             "entra-rejected",
	} {
		check(t, Explain(rejection(999999, text), sampleFacts()), id)
		if got := Explain(rejection(999999, text), sampleFacts()); strings.HasSuffix(got.ID, "-rejected") && !strings.Contains(got.Fix, "error?code=999999") {
			t.Errorf("%s: the fix is not the code's page: %s", id, got.Fix)
		}
	}
}

// What repeating cannot help is told so.
func TestPermanentNetworkFailures(t *testing.T) {
	for _, id := range []string{"host-unresolved", "vault-name-unresolved", "tls-untrusted", "tls-wrong-name", "proxy-credentials", "proxy-rejected"} {
		if !strings.Contains(entryOf(id).cause, "waiting does not help") {
			t.Errorf("%s does not tell that it is permanent", id)
		}
	}
}

func TestVaultAddress(t *testing.T) {
	denied := func() error {
		for _, s := range samples() {
			if s.id == "vault-private" {
				return s.err
			}
		}
		return nil
	}
	facts := sampleFacts()
	check(t, Explain(denied(), facts), "vault-private", "public address, probably", "private-dns link vnet create", "--public-network-access Enabled")
	facts.VaultAddress = "52.1.2.3"
	check(t, Explain(denied(), facts), "vault-private", "leads to 52.1.2.3")
	facts.VaultAddress = "10.1.2.3"
	got := Explain(denied(), facts)
	check(t, got, "vault-endpoint-unapproved", "private address 10.1.2.3")
	if strings.Contains(got.Fix, "network-rule") {
		t.Errorf("a firewall rule does not count: %s", got.Fix)
	}
}
