package tokencredential

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
)

// after responds with a token, d later.
func after(d time.Duration) func(int, *http.Request) response {
	return func(int, *http.Request) response {
		time.Sleep(d)
		return response{}
	}
}

func TestCallersShareACall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		credential, entra := newScripted(t, nil, after(time.Second))
		var callers sync.WaitGroup
		for range 1000 {
			callers.Go(func() {
				if token, err := credential.GetToken(t.Context(), someScope); err != nil || token.Token != "token 1" {
					t.Errorf("got %q and error %v", token.Token, err)
				}
			})
		}
		callers.Wait()
		if entra.requests() != 1 {
			t.Errorf("%d requests for 1000 callers, want 1", entra.requests())
		}
		if n := len(credential.memory.calls); n > 0 {
			t.Errorf("%d calls remembered after the last one", n)
		}
	})
}

func TestTokenFromMemoryDoesNotAllocate(t *testing.T) {
	credential, _ := newScripted(t, nil, nil)
	several := policy.TokenRequestOptions{Scopes: []string{"api://a/one", "api://a/two"}}
	for _, options := range []policy.TokenRequestOptions{someScope, several} {
		get := func() {
			if _, err := credential.GetToken(t.Context(), options); err != nil {
				t.Fatal(err)
			}
		}
		get()
		if n := testing.AllocsPerRun(100, get); n > 0 {
			t.Errorf("a token for %q from memory takes %v allocations", options.Scopes, n)
		}
	}
}

func TestWhatIsNotShared(t *testing.T) {
	requests := []policy.TokenRequestOptions{
		{Scopes: []string{"a"}},
		{Scopes: []string{"a"}, TenantID: "other"},
		{Scopes: []string{"b"}},
		{Scopes: []string{"a", "b"}},
		{Scopes: []string{"a"}, EnableCAE: true},
		{Scopes: []string{"a"}, Claims: "{}"},
	}
	synctest.Test(t, func(t *testing.T) {
		credential, entra := newScripted(t, &Options{AdditionallyAllowedTenants: []string{"other"}}, after(time.Second))
		var callers sync.WaitGroup
		for _, request := range requests {
			callers.Go(func() {
				if _, err := credential.GetToken(t.Context(), request); err != nil {
					t.Error(err)
				}
			})
		}
		callers.Wait()
		if entra.requests() != len(requests) {
			t.Errorf("%d requests for %d different tokens", entra.requests(), len(requests))
		}
	})
}

// An Entra ID that is slower than each caller's patience yields a token all the same.
func TestExchangeRunsToItsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		credential, entra := newScripted(t, nil, after(1500*time.Millisecond))
		failed := 0
		for range 20 {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			start := time.Now()
			if _, err := credential.GetToken(ctx, someScope); err != nil {
				failed++
				if !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != time.Second {
					t.Errorf("got %v after %s, want its own deadline", err, time.Since(start))
				}
			}
			cancel()
		}
		if failed != 1 || entra.requests() != 1 {
			t.Errorf("%d of 20 callers failed with %d requests, want 1 and 1", failed, entra.requests())
		}
	})
}

// A caller that has left may use its slice for something else.
func TestScopesAreCopied(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		credential, entra := newScripted(t, nil, reject(1))
		scopes := []string{"a/.default"}
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		_, _ = credential.GetToken(ctx, policy.TokenRequestOptions{Scopes: scopes})
		scopes[0] = "b/.default" // while the request is repeated
		time.Sleep(time.Minute)
		synctest.Wait()
		if len(entra.scopes) != 2 || !strings.HasPrefix(entra.scopes[1], "a/.default ") {
			t.Errorf("tokens were requested for %q, want a/.default twice", entra.scopes)
		}
		if _, ok := credential.memory.get("t", []string{"a/.default"}, false); !ok {
			t.Error("the token is not kept for the scope that was asked for")
		}
	})
}

func TestPanicReachesCallers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		credential, _ := newScripted(t, nil, func(n int, _ *http.Request) response {
			if n > 1 {
				return response{}
			}
			time.Sleep(time.Second)
			panic("a policy's bug")
		})
		var callers sync.WaitGroup
		for range 3 {
			callers.Go(func() {
				defer func() {
					if got := recover(); got != "a policy's bug" {
						t.Errorf("recovered %v", got)
					}
				}()
				token, err := credential.GetToken(t.Context(), someScope)
				t.Errorf("got %q and error %v, want a panic", token.Token, err)
			})
		}
		callers.Wait()
		if _, err := credential.GetToken(t.Context(), someScope); err != nil {
			t.Errorf("the next call: %v", err)
		}
	})
}

func TestGoexitIsAnError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		credential, _ := newScripted(t, nil, func(int, *http.Request) response {
			runtime.Goexit() // as t.Fatal in a transport does
			return response{}
		})
		if token, err := credential.GetToken(t.Context(), someScope); err == nil || token.Token != "" {
			t.Errorf("got %q and error %v", token.Token, err)
		}
	})
}

func TestOlderCallDoesNotReplaceANewerToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		credential, _ := newScripted(t, nil, func(n int, _ *http.Request) response {
			if n == 1 {
				time.Sleep(10 * time.Second)
			}
			return response{}
		})
		go func() { _, _ = credential.GetToken(t.Context(), someScope) }()
		synctest.Wait()
		challenged := someScope
		challenged.Claims = "{}"
		if _, err := credential.GetToken(t.Context(), challenged); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		if token, err := credential.GetToken(t.Context(), someScope); err != nil || token.Token != "token 2" {
			t.Errorf("got %q and error %v, want the token with claims", token.Token, err)
		}
	})
}

// Entra ID hangs while a token is due for renewal: everybody gets the old one at
// once, and there is one attempt every 30 to 45 seconds.
func TestRenewalHoldsNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var options Options
		options.Retry.MaxRetries = -1
		credential, entra := newScripted(t, &options, func(n int, r *http.Request) response {
			if n == 1 {
				return response{}
			}
			return silent(n, r)
		})
		if _, err := credential.GetToken(t.Context(), someScope); err != nil {
			t.Fatal(err)
		}
		time.Sleep(22 * time.Hour)
		for range 6000 { // ten minutes
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			start := time.Now()
			if token, err := credential.GetToken(ctx, someScope); err != nil || token.Token != "token 1" || time.Since(start) > 0 {
				t.Fatalf("got %q and error %v after %s, want the old token at once", token.Token, err, time.Since(start))
			}
			cancel()
			time.Sleep(100 * time.Millisecond)
		}
		if attempts := entra.requests() - 1; attempts < 13 || attempts > 20 {
			t.Errorf("%d attempts in ten minutes, want one every 30 to 45 s", attempts)
		}
		time.Sleep(time.Minute) // the last attempt ends
	})
}

func TestRenewal(t *testing.T) {
	file := filepath.Join(t.TempDir(), "token")
	writeToken := func(content string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	writeToken(sampleJWT)
	synctest.Test(t, func(t *testing.T) {
		var broken atomic.Bool
		credential, _ := newScripted(t, &Options{TokenFilePath: file}, func(int, *http.Request) response {
			if broken.Load() {
				return response{status: http.StatusBadRequest, body: `{"error":"invalid_client"}`}
			}
			return response{}
		})
		get := func() string {
			token, err := credential.GetToken(t.Context(), someScope)
			if err != nil {
				return "error"
			}
			return token.Token
		}
		// expect gets a token, which may begin a renewal, and waits for its end.
		expect := func(what, want string) {
			t.Helper()
			if got := get(); got != want {
				t.Errorf("%s: got %s, want %s", what, got, want)
			}
			time.Sleep(5 * time.Second)
		}
		const halfDay = 12 * time.Hour
		expect("first", "token 1")
		time.Sleep(halfDay*9/10 - time.Minute)
		expect("a tenth before RefreshOn", "token 1")
		expect("the same token", "token 1")
		time.Sleep(halfDay/10 + time.Minute)
		expect("after RefreshOn", "token 1")
		expect("renewed in the background", "token 2")

		broken.Store(true)
		time.Sleep(halfDay)
		expect("Entra ID rejects the renewal", "token 2")
		broken.Store(false)
		expect("too early for another attempt", "token 2")
		time.Sleep(45 * time.Second)
		expect("the next attempt begins", "token 2")
		second := get()
		if second == "token 2" {
			t.Error("the next attempt did not renew the token")
		}

		writeToken("torn")
		time.Sleep(halfDay)
		expect("the token file cannot be used", second)
		writeToken(sampleJWT)
		time.Sleep(45 * time.Second)
		expect("the next attempt begins", second)
		third := get()
		if third == second {
			t.Error("the next attempt did not renew the token")
		}

		broken.Store(true)
		time.Sleep(2*halfDay - time.Minute)
		expect("less than a minute left", third)
		time.Sleep(time.Minute)
		expect("expired", "error")
		broken.Store(false)
		if got := get(); got == "error" || got == third {
			t.Errorf("Entra ID is back: got %s", got)
		}
	})
}

func TestRenewalsAreSpread(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		earliest, latest := time.Duration(1<<62), time.Duration(0)
		for range 100 {
			credential, _ := newScripted(t, nil, nil)
			if _, err := credential.GetToken(t.Context(), someScope); err != nil {
				t.Fatal(err)
			}
			for _, r := range credential.memory.tokens {
				ahead := time.Until(r.renewAt)
				earliest, latest = min(earliest, ahead), max(latest, ahead)
			}
		}
		if earliest < 12*time.Hour*9/10 || latest > 12*time.Hour || latest-earliest < 30*time.Minute {
			t.Errorf("a hundred pods renew between %s and %s", earliest, latest)
		}
	})
}

func TestInvalidate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var broken atomic.Bool
		credential, entra := newScripted(t, nil, func(n int, r *http.Request) response {
			if broken.Load() {
				return reject(n)(n, r)
			}
			return response{}
		})
		expect := func(what, want string) {
			t.Helper()
			token, err := credential.GetToken(t.Context(), someScope)
			if err != nil || token.Token != want {
				t.Errorf("%s: got %q and error %v, want %s", what, token.Token, err, want)
			}
		}
		expect("first", "token 1")
		credential.Invalidate("another")
		expect("another token", "token 1")
		credential.Invalidate("token 1")
		expect("rejected", "token 2")
		time.Sleep(59 * time.Second)
		credential.Invalidate("token 2")
		expect("within a minute of the last one", "token 2")
		time.Sleep(time.Second)
		credential.Invalidate("token 2")
		expect("after a minute", "token 3")

		time.Sleep(time.Minute)
		broken.Store(true)
		credential.Invalidate("token 3")
		expect("no other to be had", "token 3")
		if entra.requests() != 3+4 {
			t.Errorf("%d requests, want one and an exchange that was repeated three times", entra.requests())
		}
		broken.Store(false)
		credential.Invalidate("token 3")
		expect("within a minute of the last one", "token 3")
		time.Sleep(time.Minute)
		credential.Invalidate("token 3")
		expect("after a minute", fmt.Sprintf("token %d", entra.requests()+1))
	})
}

func TestRetryAfter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		date := func(d time.Duration) string { return time.Now().Add(d).UTC().Format(http.TimeFormat) }
		tests := []struct {
			name, value string
			want        time.Duration
		}{
			{"Retry-After", "30", 30 * time.Second},
			{"Retry-After", "0", 0},
			{"Retry-After", "-1", 0},
			{"Retry-After", "1.5", 0},
			{"Retry-After", "soon", 0},
			{"Retry-After", date(40 * time.Second), 40 * time.Second},
			{"Retry-After", date(-time.Hour), 0},
			{"Retry-After", date(100 * time.Hour), 10 * time.Minute},
			{"Retry-After", "10000000000", 10 * time.Minute},
			{"Retry-After", "18446744073709551615", 10 * time.Minute},
			{"retry-after-ms", "1500", 1500 * time.Millisecond},
			{"x-ms-retry-after-ms", "1500", 1500 * time.Millisecond},
			{"x-ms-retry-after-ms", "10000000000000", 10 * time.Minute},
			{"Other", "30", 0},
		}
		for _, test := range tests {
			header := http.Header{}
			header.Set(test.name, test.value)
			if got := RetryAfter(header); got != test.want {
				t.Errorf("%s: %s is %s, want %s", test.name, test.value, got, test.want)
			}
		}
		both := http.Header{"Retry-After": {"2"}, "Retry-After-Ms": {"1700"}}
		if got := RetryAfter(both); got != 1700*time.Millisecond {
			t.Errorf("the more exact one is %s", got)
		}
	})
}

func FuzzRetryAfter(f *testing.F) {
	f.Add("30")
	f.Add("Fri, 31 Dec 9999 23:59:59 GMT")
	f.Fuzz(func(t *testing.T, value string) {
		for _, name := range strings.Fields("Retry-After Retry-After-Ms") {
			if got := RetryAfter(http.Header{name: {value}}); got < 0 || got > 10*time.Minute {
				t.Errorf("%s: %q is %s", name, value, got)
			}
		}
	})
}
