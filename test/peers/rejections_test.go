package peers

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"testing"
)

// TestCompareRandomRejections compares the credentials on 10,000 exchanges each, with
// an Entra ID that rejects 2.2 % of the token requests, as an operator has measured it.
func TestCompareRandomRejections(t *testing.T) {
	theirs, ours := both(t, func(t *testing.T, create constructor) (failed int) {
		t.Helper()
		random := rand.New(rand.NewPCG(1, 2)) // the same ones for both
		rejected := 0
		credential, _ := newScripted(t, create, func(int, *http.Request) response {
			if random.Float64() < 0.022 {
				rejected++
				return rejection
			}
			return response{}
		})
		withClaims := someScope
		withClaims.Claims = "{}" // never from memory
		for range 10_000 {
			if _, err := credential.GetToken(t.Context(), withClaims); err != nil {
				failed++
			}
		}
		if rejected < 100 {
			t.Errorf("only %d requests were rejected", rejected)
		}
		return failed
	})
	text := func(failed int) string { return fmt.Sprintf("%d of 10,000 exchanges fail", failed) }
	report(t, text(theirs), text(ours), ours > theirs)
}
