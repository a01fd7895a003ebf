package keyvault

import (
	"errors"
	"net/http"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
)

// checkChallenge keeps challenges away from the SDK that would make it panic: it
// takes for granted that the authority in them is a URL with a path.
type checkChallenge struct{}

func (checkChallenge) Do(req *policy.Request) (*http.Response, error) {
	resp, err := req.Next()
	if err != nil || resp.StatusCode != http.StatusUnauthorized {
		return resp, err
	}
	for field := range strings.FieldsSeq(resp.Header.Get("WWW-Authenticate")) {
		if authority, ok := strings.CutPrefix(field, "authorization="); ok && strings.Count(authority, "/") < 3 {
			_ = resp.Body.Close() // its content does not matter
			return nil, errors.New("the WWW-Authenticate header of the answer names no authority: is this the address of a Key Vault?")
		}
	}
	return resp, nil
}
