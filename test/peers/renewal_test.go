package peers

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
)

// silent never responds.
func silent(_ int, r *http.Request) response {
	<-r.Context().Done()
	return response{err: r.Context().Err()}
}

// then responds with a first token, and to everything else as respond does.
func then(respond func(int, *http.Request) response) func(int, *http.Request) response {
	return func(n int, r *http.Request) response {
		if n == 1 {
			return response{}
		}
		return respond(n, r)
	}
}

func reject(int, *http.Request) response { return rejection }

// experience is what happened to 20 callers in a row, a second apart.
type experience struct {
	failed  int
	longest time.Duration
}

func (e experience) String() string {
	return fmt.Sprintf("%d of 20 fail, held for %.0f s", e.failed, e.longest.Seconds())
}

func (e experience) worseThan(other experience) bool {
	return e.failed > other.failed || e.longest > other.longest
}

// live sends 20 callers when a token of 24 hours has the given age and Entra ID no
// longer responds well. Each waits for patience at most, or without a deadline if zero.
func live(age, patience time.Duration, respond func(int, *http.Request) response) func(*testing.T, constructor) experience {
	return func(t *testing.T, create constructor) (e experience) {
		t.Helper()
		credential, entra := newScripted(t, create, then(respond))
		first := mustGetToken(t, credential, someScope)
		time.Sleep(age)
		for range 20 {
			start := time.Now()
			var token azcore.AccessToken
			var err error
			if patience == 0 {
				token, err = credential.GetToken(t.Context(), someScope)
			} else {
				token, err = getWithin(t, credential, patience)
			}
			e.longest = max(e.longest, time.Since(start))
			switch {
			case err != nil:
				e.failed++
			case token.Token != first:
				t.Errorf("got %q", token.Token)
			}
			time.Sleep(time.Second)
		}
		if entra.tokens() < 2 {
			t.Error("no request was sent to renew the token")
		}
		return e
	}
}

func TestCompareRenewalHangs(t *testing.T) {
	theirs, ours := both(t, live(13*time.Hour, 0, silent))
	report(t, theirs.String(), ours.String(), ours.worseThan(theirs))
}

func TestCompareRenewalHangsWithDeadline(t *testing.T) {
	theirs, ours := both(t, live(13*time.Hour, time.Second, silent))
	report(t, theirs.String(), ours.String(), ours.worseThan(theirs))
}

func TestCompareLastMinutesRejected(t *testing.T) {
	theirs, ours := both(t, live(24*time.Hour-4*time.Minute, 0, reject))
	report(t, theirs.String(), ours.String(), ours.worseThan(theirs))
}

func TestCompareLastMinutesHang(t *testing.T) {
	theirs, ours := both(t, live(24*time.Hour-4*time.Minute, time.Second, silent))
	report(t, theirs.String(), ours.String(), ours.worseThan(theirs))
}
