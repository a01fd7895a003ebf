package diagnose

import (
	"net/http"
	"regexp"
	"strconv"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"

	"github.com/workload-identity-quickstart/msal-go/internal/keyvault"
)

var (
	objectID      = regexp.MustCompile(`\boid=([0-9a-fA-F-]{36})\b`)
	clientAddress = regexp.MustCompile(`Client address: ([0-9a-fA-F.:]*[0-9a-fA-F])`)
)

func explainVault(e *azcore.ResponseError, v values) string {
	answer := keyvault.ReadErrorBody(e)
	if resp := e.RawResponse; resp != nil {
		if resp.Request != nil && resp.Request.URL != nil && v["vault-host"] == "" {
			v["vault-host"] = strings.ToLower(resp.Request.URL.Hostname())
			v["vault-name"], _, _ = strings.Cut(v["vault-host"], ".")
		}
	}
	code, text := answer.Code, answer.Message
	v["status"] = strconv.Itoa(e.StatusCode)
	v["message"] = strings.TrimPrefix(code+": "+text, ": ")
	if code == "" {
		v["service"], v["host"] = "Key Vault", v["vault-host"]
		v["message"] = "HTTP " + v["status"] + ", and not the JSON of Key Vault's errors"
	}
	if match := objectID.FindStringSubmatch(text); match != nil {
		v["object-id"] = match[1]
	}
	if match := clientAddress.FindStringSubmatch(text); match != nil {
		v["client-address"] = match[1]
	}
	for _, known := range []string{answer.InnerCode, code} {
		if id, ok := vaultCodes()[known]; ok {
			return id
		}
	}
	return explainVaultStatus(e.StatusCode, code, text)
}

// vaultCodes has what Key Vault's codes are about, those of inner errors too.
func vaultCodes() map[string]string {
	return map[string]string{
		"ForbiddenByRbac":               "vault-role-missing",
		"AccessDenied":                  "vault-policy-missing",
		"ForbiddenByPolicy":             "vault-policy-missing",
		"ForbiddenByFirewall":           "vault-firewall",
		"ForbiddenByConnection":         "vault-private",
		"SecretNotFound":                "secret-not-found",
		"SecretDisabled":                "secret-disabled",
		"ObjectIsDeletedButRecoverable": "secret-deleted",
		"ObjectIsBeingDeleted":          "secret-deleted",
		"Throttled":                     "vault-throttled",
	}
}

func explainVaultStatus(status int, code, text string) string {
	switch {
	case strings.Contains(text, "AKV10032"):
		return "vault-tenant"
	case strings.Contains(text, "AKV10022"):
		return "vault-audience"
	case status == http.StatusTooManyRequests:
		return "vault-throttled"
	case status >= 500 && (code != "" || ownFailure(status)):
		return "vault-unavailable"
	case code == "" && (status == http.StatusNotFound || status == http.StatusUnauthorized):
		return "not-a-vault"
	case code == "":
		return "proxy-answer"
	case status == http.StatusUnauthorized:
		return "vault-token-refused"
	case status == http.StatusForbidden:
		return "vault-forbidden"
	}
	return "vault-refused"
}
