package fleet

import (
	"math"
	"net/http"
	"strconv"
	"time"
)

// vaultLimit is how many transactions on secrets a vault accepts within ten
// seconds, see https://learn.microsoft.com/azure/key-vault/general/service-limits.
const vaultLimit = 4000

const vaultURL = "https://" + vaultHost + "/"

// vault answers as Key Vault does.
type vault struct {
	limit *limit
	// freeChallenges says whether requests without a token count for nothing. What
	// the real Key Vault does is documented nowhere.
	freeChallenges bool
	// retryAfter says whether refusals carry Retry-After. Those of the real Key
	// Vault that people have shown do not.
	retryAfter bool
	// goneFrom and goneUntil are when nothing answers, since the start.
	goneFrom, goneUntil time.Duration
}

func (v *vault) gone(since time.Duration) bool { return since >= v.goneFrom && since < v.goneUntil }

func (v *vault) answer(req *http.Request, now time.Time) *http.Response {
	if req.Header.Get("Authorization") == "" && v.freeChallenges {
		return challenge()
	}
	if wait, ok := v.limit.admit(now); !ok {
		resp := respond(http.StatusTooManyRequests,
			`{"error":{"code":"Throttled","message":"Request was not processed because too many requests were received. Reason: VaultRequestTypeLimitReached"}}`)
		if v.retryAfter {
			resp.Header.Set("Retry-After", seconds(wait))
		}
		return resp
	}
	if req.Header.Get("Authorization") == "" {
		return challenge()
	}
	return respond(http.StatusOK, `{"value":"Hello!","id":"`+vaultURL+`secrets/my-secret/0123456789abcdef0123456789abcdef",`+
		`"attributes":{"enabled":true}}`)
}

func challenge() *http.Response {
	resp := respond(http.StatusUnauthorized,
		`{"error":{"code":"Unauthorized","message":"AKV10000: Request is missing a Bearer or PoP token."}}`)
	resp.Header.Set("WWW-Authenticate", `Bearer authorization="`+authorityURL+tenantID+`", resource="https://vault.azure.net"`)
	return resp
}

// seconds is a Retry-After header.
func seconds(d time.Duration) string { return strconv.Itoa(int(math.Ceil(d.Seconds()))) }
