package diagnose

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/workload-identity-quickstart/msal-go/pkg/tokencredential"
)

// waitForAzure is the fix for what only Microsoft can mend.
const waitForAzure = "wait: the program tries again by itself; https://azure.status.microsoft/status shows outages"

// entraEntries are about Entra ID itself.
func entraEntries() catalog {
	const (
		identities = "az identity list --query '[].[name,clientId,tenantId]' --output table"
		clouds     = "az cloud list --query '[].[name,endpoints.activeDirectory,suffixes.keyvaultDns]' --output table"
	)
	return catalog{
		"application-unknown": {
			link: LinkEntra,
			cause: "there is no application or managed identity with client id {client-id} in tenant {tenant-id}: " +
				"the client id is wrong, or it belongs to another tenant",
			fix: identities,
		},
		"application-disabled": {
			link:  LinkEntra,
			cause: "the application with client id {client-id} is disabled in tenant {tenant-id}",
			fix:   "az ad sp update --id {client-id} --set accountEnabled=true",
		},
		"tenant-unknown": {
			link:  LinkEntra,
			cause: "Entra ID at {authority-host} has no tenant {tenant-id}",
			fix:   identities,
		},
		"resource-unknown": {
			link: LinkEntra,
			cause: "tenant {tenant-id} does not know the service that the token is for: " +
				"the vault {vault-host} may be in another cloud than {authority-host}",
			fix: clouds,
		},
		"cloud-mismatch": {
			link: LinkConfiguration,
			cause: "the tenant {tenant-id}, the authority host {authority-host} and the vault {vault-host} " +
				"do not belong to the same Azure cloud",
			fix: clouds,
		},
		"client-secret": {
			link: LinkEntra,
			cause: "Entra ID speaks of a client secret, but this program has none and sends only an assertion, so " +
				"the message is another program's or something between changed the request: {message}",
			fix: environmentOf,
		},
		"conditional-access": {
			link:  LinkEntra,
			cause: "a conditional access policy of tenant {tenant-id} blocks client id {client-id}: {message} (trace id {trace-id})",
			fix: "az rest --method get --url https://graph.microsoft.com/v1.0/identity/conditionalAccess/policies " +
				"--query 'value[].[displayName,state]'",
		},
		"entra-throttled": {
			link:  LinkEntra,
			cause: "Entra ID at {authority-host} received too many requests (HTTP {status}): {message}",
			fix:   waitForAzure,
		},
		"entra-unavailable": {
			link:  LinkEntra,
			cause: "Entra ID at {authority-host} failed (HTTP {status}): {message}",
			fix:   waitForAzure,
		},
		"entra-refused": {
			link:  LinkEntra,
			cause: "Entra ID refused the token request: {message} (trace id {trace-id}, see {error-page})",
			fix:   identities,
		},
	}
}

// explainEntra chooses by the codes and, where these leave it open, by the facts.
func explainEntra(e *tokencredential.AuthenticationError, facts Facts, v values) string {
	v["message"] = e.Message
	v["status"] = strconv.Itoa(e.StatusCode)
	v["trace-id"] = e.TraceID
	v["error-page"] = "https://" + facts.authorityHost() + "/error"
	if len(e.ErrorCodes) > 0 {
		v["error-page"] += "?code=" + strconv.Itoa(e.ErrorCodes[0])
	}
	for _, code := range e.ErrorCodes {
		if id, ok := entraCodes()[code]; ok {
			return refine(id, e, facts, v)
		}
	}
	switch {
	case e.StatusCode == http.StatusTooManyRequests:
		return "entra-throttled"
	case e.StatusCode >= 500 && (e.Code != "" || ownFailure(e.StatusCode)):
		return "entra-unavailable"
	case e.Code != "":
		return "entra-refused"
	case facts.TokenProxy && e.StatusCode/100 == 4:
		return "identity-binding-missing"
	}
	v["service"], v["host"] = "Entra ID", v["authority-host"]
	v["message"] = "HTTP " + v["status"] + ", " + e.Message
	return "proxy-answer"
}

// ownFailure tells the statuses that the services' own front ends send, without a
// body of the service, from those of proxies.
func ownFailure(status int) bool {
	return status == http.StatusInternalServerError || status == http.StatusServiceUnavailable
}

// entraCodes has what the numbers of AADSTS codes are about, see
// https://learn.microsoft.com/entra/identity-platform/reference-error-codes.
func entraCodes() map[int]string {
	return map[int]string{
		70021:   "credential-missing",
		700211:  "issuer-mismatch",
		700212:  "audience-mismatch",
		700213:  "subject-mismatch",
		7002138: "subject-case",
		700024:  "token-expired",
		50027:   "token-malformed",
		5002723: "token-malformed",
		90061:   "issuer-unreachable",
		900612:  "issuer-unreachable",
		50166:   "issuer-unreachable",
		501661:  "issuer-unreachable",
		7000272: "signature-rejected",
		700027:  "signature-rejected",
		50013:   "signature-rejected",
		700016:  "application-unknown",
		7000112: "application-disabled",
		90002:   "tenant-unknown",
		900023:  "tenant-unknown",
		500011:  "resource-unknown",
		50049:   "cloud-mismatch",
		900382:  "cloud-mismatch",
		900439:  "cloud-mismatch",
		7000215: "client-secret",
		7000218: "client-secret",
		7000222: "client-secret",
		53000:   "conditional-access",
		53001:   "conditional-access",
		53002:   "conditional-access",
		53003:   "conditional-access",
		53004:   "conditional-access",
		530003:  "conditional-access",
		530004:  "conditional-access",
	}
}

// differentClouds tells whether the authority host and the vault are known to
// belong to different Azure clouds.
func differentClouds(v values) bool {
	authority := map[string]string{
		"login.microsoftonline.com":        "public",
		"login.microsoft.com":              "public",
		"login.windows.net":                "public",
		"login.microsoftonline.us":         "usgovernment",
		"login.partner.microsoftonline.cn": "china",
		"login.chinacloudapi.cn":           "china",
	}[v["authority-host"]]
	_, domain, _ := strings.Cut(v["vault-host"], ".")
	vault := map[string]string{
		"vault.azure.net":         "public",
		"vault.usgovcloudapi.net": "usgovernment",
		"vault.azure.cn":          "china",
	}[domain]
	return authority != "" && vault != "" && authority != vault
}
