package keyvault

import (
	"fmt"
	"net/http"
	"strings"
)

// refusal is one of Key Vault's error answers.
type refusal struct {
	status int
	code   string
	inner  string // the code of the inner error, often absent
	text   string
}

// errorBody is the JSON of a refusal, see
// https://learn.microsoft.com/azure/key-vault/general/authentication-requests-and-responses#error-responses.
type errorBody struct {
	Error struct {
		Code    string     `json:"code"`
		Message string     `json:"message"`
		Inner   *innerBody `json:"innererror,omitempty"`
	} `json:"error"`
}

type innerBody struct {
	Code string `json:"code"`
}

func (r *refusal) body() errorBody {
	var b errorBody
	b.Error.Code, b.Error.Message = r.code, r.text
	if r.inner != "" {
		b.Error.Inner = &innerBody{r.inner}
	}
	return b
}

func unauthorized(format string, args ...any) *refusal {
	return &refusal{status: http.StatusUnauthorized, code: "Unauthorized", text: fmt.Sprintf(format, args...)}
}

func badParameter(format string, args ...any) *refusal {
	return &refusal{status: http.StatusBadRequest, code: "BadParameter", text: fmt.Sprintf(format, args...)}
}

func throttled() *refusal {
	return &refusal{status: http.StatusTooManyRequests, code: "Throttled",
		text: "Request was not processed because too many requests were received. Reason: VaultRequestTypeLimitReached"}
}

func secretDisabled() *refusal {
	return &refusal{status: http.StatusForbidden, code: "Forbidden", inner: "SecretDisabled",
		text: "Operation get is not allowed on a disabled secret."}
}

func secretNotFound(id string) *refusal {
	return &refusal{status: http.StatusNotFound, code: "SecretNotFound", text: "A secret with (name/id) " + id +
		" was not found in this key vault. If you recently deleted this secret you may be able to recover it using the " +
		"correct recovery command. For help resolving this issue, please see https://go.microsoft.com/fwlink/?linkid=2125182"}
}

// operation is what a caller must be allowed to do, as each permission model
// names it.
type operation struct {
	permission string // of an access policy
	action     string // of a role
	write      bool
}

func (v *Vault) denied(c caller, op operation, name string) *refusal {
	location := fmt.Sprintf("%s;location=%s", v.options.Name, v.options.Location)
	who := fmt.Sprintf("appid=%s;oid=%s;iss=%s", c.clientID, c.objectID, c.issuer)
	if v.options.PermissionModel == AccessPolicy {
		return &refusal{status: http.StatusForbidden, code: "Forbidden", inner: "AccessDenied", text: fmt.Sprintf(
			"The user, group or application '%s' does not have secrets %s permission on key vault '%s'. "+
				"For help resolving this issue, please see https://go.microsoft.com/fwlink/?linkid=2125287",
			who, op.permission, location)}
	}
	return &refusal{status: http.StatusForbidden, code: "Forbidden", inner: "ForbiddenByRbac", text: strings.Join([]string{
		"Caller is not authorized to perform action on resource.",
		"If role assignments, deny assignments or role definitions were changed recently, please observe propagation time.",
		"Caller: " + who,
		"Action: 'Microsoft.KeyVault/vaults/secrets/" + op.action + "/action'",
		"Resource: '" + v.resourceID + "/secrets/" + strings.ToLower(name) + "'",
		"Assignment: (not found)",
		"DenyAssignmentId: null",
		"DecisionReason: 'DeniedWithNoValidRBAC' ",
		"Vault: " + location,
		"",
	}, "\r\n")}
}
