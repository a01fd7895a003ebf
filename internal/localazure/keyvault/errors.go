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

func notImplemented(method, path string) *refusal {
	return &refusal{status: http.StatusNotImplemented, code: "NotImplemented", text: "localazure does not implement " + method + " " + path}
}

func secretDisabled() *refusal {
	return forbidden("SecretDisabled", "Operation get is not allowed on a disabled secret.")
}

func secretNotFound(id string) *refusal {
	return &refusal{status: http.StatusNotFound, code: "SecretNotFound", text: "A secret with (name/id) " + id +
		" was not found in this key vault. If you recently deleted this secret you may be able to recover it using the " +
		"correct recovery command. For help resolving this issue, please see https://go.microsoft.com/fwlink/?linkid=2125182"}
}

func deletedSecretNotFound(name string) *refusal {
	return &refusal{status: http.StatusNotFound, code: "SecretNotFound", text: "Deleted Secret not found: " + name}
}

func deletedButRecoverable(name string) *refusal {
	return &refusal{status: http.StatusConflict, code: "Conflict", inner: "ObjectIsDeletedButRecoverable", text: "Secret " + name +
		" is currently in a deleted but recoverable state, and its name cannot be reused; in this state, the secret can only be recovered or purged."}
}

func forbidden(inner, text string) *refusal {
	return &refusal{status: http.StatusForbidden, code: "Forbidden", inner: inner, text: text}
}

// location ends errors that tell which vault they are of.
func (v *Vault) location() string { return v.options.Name + ";location=" + v.options.Location }

// closed rejects every caller, if the vault's network does.
func (v *Vault) closed(c caller, address string) *refusal {
	end := fmt.Sprintf("\r\nCaller: %s\r\nVault: %s", c, v.location())
	_, network := v.model()
	inner := string(network)
	switch network {
	case Firewall:
		return forbidden(inner, "Client address is not authorized and caller is not a trusted service.\r\nClient address: "+address+end)
	case Connection:
		return forbidden(inner, "Public network access is disabled and request is not from a trusted service nor via an approved private link."+end)
	case Perimeter:
		return forbidden(inner, "Request was not allowed by NSP rules and the client address is not authorized and caller was ignored "+
			"because bypass is set to None\r\nClient address: "+address+end)
	}
	return nil
}

// operation is what a caller must be allowed to do, as each permission model
// names it.
type operation struct {
	permission string // of an access policy
	action     string // of a role, below Microsoft.KeyVault/vaults/secrets/
}

// The operations. Their actions are listed at
// https://learn.microsoft.com/azure/role-based-access-control/permissions/security#microsoftkeyvault.
var (
	opGet     = operation{"get", "getSecret/action"}
	opList    = operation{"list", "readMetadata/action"}
	opSet     = operation{"set", "setSecret/action"}
	opUpdate  = operation{"set", "update/action"}
	opDelete  = operation{"delete", "delete"}
	opRecover = operation{"recover", "recover/action"}
	opPurge   = operation{"purge", "purge/action"}
)

// authorize rejects a caller who may not do op to the secret called name, or to
// all secrets where it is empty.
func (v *Vault) authorize(c caller, op operation, name string) *refusal {
	resource := v.resourceID
	if name != "" {
		resource += "/secrets/" + strings.ToLower(name)
	}
	if v.options.Access != nil {
		if v.options.Access.Allows(c.objectID, op.permission, "Microsoft.KeyVault/vaults/secrets/"+op.action, resource) {
			return nil
		}
	} else if v.allows(c, op != opGet && op != opList) {
		return nil
	}
	if model, _ := v.model(); model == AccessPolicy {
		return forbidden("AccessDenied", fmt.Sprintf(
			"The user, group or application '%s' does not have secrets %s permission on key vault '%s'. "+
				"For help resolving this issue, please see https://go.microsoft.com/fwlink/?linkid=2125287",
			c, op.permission, v.location()))
	}
	return forbidden("ForbiddenByRbac", strings.Join([]string{
		"Caller is not authorized to perform action on resource.",
		"If role assignments, deny assignments or role definitions were changed recently, please observe propagation time.",
		"Caller: " + c.String(),
		"Action: 'Microsoft.KeyVault/vaults/secrets/" + op.action + "'",
		"Resource: '" + resource + "'",
		"Assignment: (not found)",
		"DenyAssignmentId: null",
		"DecisionReason: 'DeniedWithNoValidRBAC' ",
		"Vault: " + v.location(),
		"",
	}, "\r\n"))
}
