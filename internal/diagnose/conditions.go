package diagnose

import (
	"net/http"
	"slices"
	"strings"

	"github.com/workload-identity-quickstart/msal-go/internal/azurecloud"
)

// conditions are those that entries of the catalog name in their field When.
var conditions = map[string]func(*evidence) bool{
	"lacks-token-file": func(ev *evidence) bool { return slices.Contains(ev.missing, "AZURE_FEDERATED_TOKEN_FILE") },
	"lacks-client-id":  func(ev *evidence) bool { return slices.Contains(ev.missing, "AZURE_CLIENT_ID") },
	"lacks-variable":   func(ev *evidence) bool { return len(ev.missing) > 0 },
	"setting":          func(ev *evidence) bool { return ev.values["problems"] != "" },
	"default-account":  func(ev *evidence) bool { return ev.values["service-account"] == "default" },

	// The webhook before 1.6.0 mounted the token there.
	"old-token-path": func(ev *evidence) bool {
		return strings.HasSuffix(strings.ReplaceAll(ev.values["token-file"], `\`, "/"), "azure/tokens/azure-identity-token")
	},
	// The tokens in secrets have this issuer, and no audience.
	"legacy-issuer": func(ev *evidence) bool {
		return ev.facts.Issuer == "kubernetes/serviceaccount" && (noCredential(ev) || ev.says("assertion") || ev.says("jwt") || ev.says("missing from the credential"))
	},
	"other-audience": func(ev *evidence) bool { return len(ev.facts.Audience) > 0 && !ev.facts.hasExchangeAudience() },
	"issued-later":   func(ev *evidence) bool { return ev.issued.After(ev.now) },
	"private-issuer": func(ev *evidence) bool { return isPrivateIssuer(hostname(ev.facts.Issuer)) },
	"aks-issuer": func(ev *evidence) bool {
		return strings.HasSuffix(hostname(ev.facts.Issuer), ".oic.prod-aks.azure.com")
	},
	"clouds-differ": cloudsDiffer,
	"entra-fails": func(ev *evidence) bool {
		return serviceFails(ev) || ev.says("transient error") || slices.ContainsFunc(passing, ev.hasCode)
	},
	"own-response": func(ev *evidence) bool { return ev.oauthError != "" || ev.code != "" },

	// The token proxy of AKS identity bindings rejects in its own name, or with what
	// Entra ID responded.
	"token-proxy": func(ev *evidence) bool {
		return ev.facts.TokenProxy && (noCredential(ev) || ev.oauthError == "" && ev.status/100 == 4 && ev.status != http.StatusTooManyRequests)
	},

	"private-client": func(ev *evidence) bool { return isPrivate(ev.values["client-address"]) },
	"private-vault":  func(ev *evidence) bool { return isPrivate(ev.facts.VaultAddress) },
	"other-action":   func(ev *evidence) bool { return ev.values["action"] != "get" },
	"same-service":   func(ev *evidence) bool { return !ev.says("first party") },
	"unauthorized":   func(ev *evidence) bool { return ev.status == http.StatusUnauthorized },
	"vault-fails":    serviceFails,

	// A response to a request for a secret that no vault sends, or a vault of another
	// kind.
	"not-a-vault": func(ev *evidence) bool {
		return ev.origin == fromVault && (ev.status == http.StatusNotFound || ev.status == http.StatusUnauthorized) ||
			ev.origin == fromText && (ev.says("www-authenticate header") || ev.says("challenge resource") ||
				ev.says("is this the address of a key vault?") || ev.says("unmarshalling type"))
	},
	"foreign-response": func(ev *evidence) bool {
		return ev.origin == fromEntra || ev.origin == fromVault
	},

	// Names below vaultcore.azure.net are for DNS, not for people.
	"dns-only-name": func(ev *evidence) bool { return strings.Contains(ev.values["host"], "vaultcore.azure.") },
	"host-is-vault": func(ev *evidence) bool { return ev.role == roleVault },
	"host-unknown":  func(ev *evidence) bool { return ev.values["host"] == "" },
}

// passing are codes of failures within Entra ID, see
// https://learn.microsoft.com/entra/identity-platform/reference-error-codes.
var passing = []int{50000, 50033, 90006, 90012, 90024, 90033, 90036, 90090, 90091}

// noCredential reports whether Entra ID did not find a credential for the token.
func noCredential(ev *evidence) bool {
	return ev.says("no matching federated identity record") || ev.says("no configured federated") ||
		slices.ContainsFunc([]int{70021, 70025, 700211, 700212, 700213, 7002138}, ev.hasCode)
}

// isPrivateIssuer reports whether only the cluster can know the issuer's host.
func isPrivateIssuer(host string) bool {
	return strings.HasPrefix(host, "kubernetes.default") || strings.HasSuffix(host, ".svc") || strings.HasSuffix(host, ".cluster.local") || isPrivate(host)
}

// serviceFails tells failures of the service from those of proxies: it sends its
// own body, or its front end sends one of two statuses.
func serviceFails(ev *evidence) bool {
	return ev.status >= 500 && (ev.oauthError != "" || ev.code != "") ||
		ev.status == http.StatusInternalServerError || ev.status == http.StatusServiceUnavailable
}

// cloudsDiffer reports whether Entra ID says so, or does not know a part of the
// request while the authority host and the vault are of different Azure clouds.
func cloudsDiffer(ev *evidence) bool {
	authority, known := azurecloud.OfAuthority(ev.values["authority-host"])
	vault, ok := azurecloud.OfVault(ev.values["vault-host"])
	differ := known && ok && authority.VaultDomain != vault.VaultDomain
	return differ && slices.ContainsFunc([]int{90002, 900023, 700016, 500011}, ev.hasCode) ||
		slices.ContainsFunc([]int{50049, 90038, 900382, 900432, 900439}, ev.hasCode) ||
		ev.says("cross cloud") || ev.says("cross-cloud") || ev.says("national cloud")
}
