package keyvault

import (
	"errors"
	"net/http"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
)

// guard is a policy below the SDK's handling of tokens and challenges: it sees the
// token that a request presents, and the response before the SDK does.
type guard struct {
	credential invalidator // may be nil
}

// invalidator is a credential that can drop a token.
type invalidator interface{ Invalidate(token string) }

func (g guard) Do(req *policy.Request) (*http.Response, error) {
	resp, err := req.Next()
	if err != nil {
		return nil, err
	}
	token, ok := strings.CutPrefix(req.Raw().Header.Get("Authorization"), "Bearer ")
	if ok && g.credential != nil && rejectsToken(resp) {
		g.credential.Invalidate(token)
	}
	if resp.StatusCode == http.StatusUnauthorized {
		if err := checkChallenge(resp.Header.Get("WWW-Authenticate")); err != nil {
			_ = resp.Body.Close() // its content does not matter
			return nil, err
		}
	}
	return resp, nil
}

// rejectsToken reports whether another token may fare better: after a 401 because
// the keys of Entra ID changed, after a 403 because the token is older than the
// caller's membership of a group. The network's 403 is not about the token.
func rejectsToken(resp *http.Response) bool {
	switch resp.StatusCode {
	case http.StatusUnauthorized:
		return true
	case http.StatusForbidden:
		switch readErrorBody(resp).InnerCode {
		case "ForbiddenByFirewall", "ForbiddenByConnection", "ForbiddenByNsp":
			return false
		}
		return true
	}
	return false
}

// checkChallenge rejects a challenge that would make the SDK panic: it takes for
// granted that the authority is a URL with a path. The SDK drops every "Bearer " in
// the header, and splits the rest at spaces.
func checkChallenge(header string) error {
	for field := range strings.SplitSeq(strings.ReplaceAll(header, "Bearer ", ""), " ") {
		authority, ok := strings.CutPrefix(field, "authorization=")
		if ok && strings.Count(authority, "/") < 3 {
			return errors.New("the WWW-Authenticate header of the response names no authority: is this the address of a Key Vault?")
		}
	}
	return nil
}
