package tokencredential

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
)

func reject(times int) func(int, *http.Request) response {
	return func(n int, _ *http.Request) response {
		if n <= times {
			return response{status: http.StatusUnauthorized, body: rejectedBody}
		}
		return response{}
	}
}

func TestRejectionsAreRepeated(t *testing.T) {
	const always = 1 << 30
	status := func(status int, body string, header http.Header) func(int, *http.Request) response {
		return func(int, *http.Request) response { return response{status: status, body: body, header: header} }
	}
	tests := []struct {
		name     string
		retries  int32
		respond  func(int, *http.Request) response
		requests int
		code     int // of the error; 0 for a token, -1 for an error without
		within   time.Duration
	}{
		{name: "once", respond: reject(1), requests: 2, within: 375 * time.Millisecond},
		{name: "three times", respond: reject(3), requests: 4, within: 2625 * time.Millisecond},
		{name: "always", respond: reject(always), requests: 4, code: 700213, within: 2625 * time.Millisecond},
		{name: "more retries", retries: 4, respond: reject(4), requests: 5, within: 6 * time.Second},
		{name: "no retries", retries: -1, respond: reject(always), requests: 1, code: 700213},
		{name: "throttled is not rejected", retries: -1, respond: status(429, throttledBody, nil), requests: 1, code: 90055},
		{name: "to be asked later", respond: status(400, rejectedBody, http.Header{"Retry-After": {"100"}}), requests: 1, code: 700213},
		{name: "a proxy's page is not Entra ID's", respond: status(403, "<html>", nil), requests: 1, code: -1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var options Options
				options.Retry.MaxRetries = test.retries
				credential, entra := newScripted(t, &options, test.respond)
				start := time.Now()
				_, err := credential.GetToken(t.Context(), someScope)
				if took := time.Since(start); took > test.within {
					t.Errorf("it took %s, more than %s", took, test.within)
				}
				if entra.requests() != test.requests {
					t.Errorf("%d requests, want %d", entra.requests(), test.requests)
				}
				rejection, rejected := errors.AsType[*AuthenticationError](err)
				switch {
				case test.code == 0 && err != nil, test.code != 0 && !rejected:
					t.Errorf("got %v", err)
				case test.code > 0 && !slices.Equal(rejection.ErrorCodes, []int{test.code}):
					t.Errorf("codes %d, want %d", rejection.ErrorCodes, test.code)
				}
			})
		})
	}
}

func TestEachAttemptReadsTheTokenFile(t *testing.T) {
	const rotated = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJyb3RhdGVkIn0.c2lnbmF0dXJl"
	synctest.Test(t, func(t *testing.T) {
		options := Options{TokenFilePath: filepath.Join(t.TempDir(), "token")}
		write := func(content string) {
			if err := os.WriteFile(options.TokenFilePath, []byte(content), 0o600); err != nil {
				t.Error(err)
			}
		}
		write(sampleJWT)
		credential, entra := newScripted(t, &options, func(n int, r *http.Request) response {
			write(rotated)
			return reject(1)(n, r)
		})
		if _, err := credential.GetToken(t.Context(), someScope); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(entra.assertions, []string{sampleJWT, rotated}) {
			t.Error("the second request did not send what the file held by then")
		}
	})
}

// An operator measured that 2.2 % of the exchanges of a credential that was right
// were rejected.
func TestRandomRejections(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		random := rand.New(rand.NewPCG(1, 2))
		rejected := 0
		credential, _ := newScripted(t, nil, func(int, *http.Request) response {
			if random.Float64() < 0.022 {
				rejected++
				return response{status: http.StatusUnauthorized, body: rejectedBody}
			}
			return response{}
		})
		failed := 0
		withClaims := someScope
		withClaims.Claims = "{}" // never from memory
		for range 10_000 {
			if _, err := credential.GetToken(t.Context(), withClaims); err != nil {
				failed++
			}
		}
		if failed > 0 || rejected < 100 {
			t.Errorf("%d of 10,000 exchanges failed; %d requests were rejected", failed, rejected)
		}
	})
}

// A caller that leaves learns why there was no token so far.
func TestLeavingDuringRejections(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		credential, _ := newScripted(t, nil, reject(1<<30))
		impatient, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		var patient sync.WaitGroup
		synctest.Wait()
		patient.Go(func() {
			if _, err := credential.GetToken(t.Context(), someScope); errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("the first caller's deadline failed another: %v", err)
			}
		})
		_, err := credential.GetToken(impatient, someScope)
		rejection, ok := errors.AsType[*AuthenticationError](err)
		if !errors.Is(err, context.DeadlineExceeded) || !ok || rejection.ErrorCodes[0] != 700213 {
			t.Errorf("got %v, want the deadline and the rejection so far", err)
		}
		if waited := time.Since(time.Now()); waited > 0 {
			t.Errorf("held for %s", waited)
		}
		patient.Wait()
	})
}

// The first caller's deadline has no say in how many times a request is repeated.
func TestFirstCallersDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		credential, entra := newScripted(t, nil, reject(3))
		first, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		go func() { _, _ = credential.GetToken(first, someScope) }()
		synctest.Wait()
		if _, err := credential.GetToken(t.Context(), someScope); err != nil || entra.requests() != 4 {
			t.Errorf("second caller: error %v after %d requests, want a token after 4", err, entra.requests())
		}
	})
}

func TestRetryOptionsBoundAnExchange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var options Options
		options.Retry = policy.RetryOptions{MaxRetries: 5, MaxRetryDelay: time.Minute}
		credential, _ := newScripted(t, &options, func(n int, _ *http.Request) response {
			if n <= 5 {
				return response{status: 503, header: http.Header{"Retry-After": {"60"}}}
			}
			return response{}
		})
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
		defer cancel()
		start := time.Now()
		if _, err := credential.GetToken(ctx, someScope); err != nil || time.Since(start) < 5*time.Minute {
			t.Errorf("got error %v after %s, want a token after 5 minutes", err, time.Since(start))
		}
	})
	synctest.Test(t, func(t *testing.T) {
		credential, entra := newScripted(t, nil, silent)
		start := time.Now()
		_, err := credential.GetToken(t.Context(), someScope)
		if took := time.Since(start); err == nil || took > time.Minute || entra.requests() != 4 {
			t.Errorf("a silent Entra ID: error %v after %s and %d requests, want 4 within a minute", err, took, entra.requests())
		}
	})
}

// silent never responds.
func silent(_ int, r *http.Request) response {
	<-r.Context().Done()
	return response{err: r.Context().Err()}
}

func TestPauseIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var throttled atomic.Bool
		throttled.Store(true)
		options := Options{AdditionallyAllowedTenants: []string{"*"}}
		credential, entra := newScripted(t, &options, func(_ int, r *http.Request) response {
			if throttled.Load() && strings.HasPrefix(r.URL.Path, "/t/") {
				return response{status: 429, body: throttledBody, header: http.Header{"Retry-After": {"300"}}}
			}
			return response{}
		})
		for i := range 50 {
			_, err := credential.GetToken(t.Context(), someScope)
			rejection, ok := errors.AsType[*AuthenticationError](err)
			if want := 300*time.Second - time.Duration(i)*time.Second; !ok || rejection.RetryAfter != want {
				t.Fatalf("call %d: got %v, want to be asked for a pause of %s", i, err, want)
			}
			time.Sleep(time.Second)
		}
		if entra.requests() != 1 {
			t.Errorf("%d requests during the pause, want 1", entra.requests())
		}
		other := someScope
		other.TenantID = "other"
		if _, err := credential.GetToken(t.Context(), other); err != nil {
			t.Errorf("another tenant, which asked for nothing: %v", err)
		}
		throttled.Store(false)
		time.Sleep(250 * time.Second)
		if _, err := credential.GetToken(t.Context(), someScope); err != nil {
			t.Errorf("after the pause: %v", err)
		}
	})
}

// Renewals that fail are seen, and rejections are repeated in them, too.
func TestFailedRenewalsAreLogged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var logged bytes.Buffer
		options := Options{Logger: slog.New(slog.NewTextHandler(&logged, nil))}
		var failing atomic.Bool
		credential, entra := newScripted(t, &options, func(n int, r *http.Request) response {
			if failing.Load() {
				return reject(n)(n, r)
			}
			return response{}
		})
		if _, err := credential.GetToken(t.Context(), someScope); err != nil {
			t.Fatal(err)
		}
		failing.Store(true)
		time.Sleep(12 * time.Hour)
		const attempts = 10
		for range attempts {
			token, err := credential.GetToken(t.Context(), someScope)
			if err != nil || token.Token != "token 1" {
				t.Fatalf("got %q and error %v, want the old token", token.Token, err)
			}
			time.Sleep(time.Minute)
		}
		synctest.Wait()
		if got := strings.Count(logged.String(), "level=WARN"); got != attempts || !strings.Contains(logged.String(), "AADSTS700213") {
			t.Errorf("%d of %d failed renewals were logged: %s", got, attempts, logged.String())
		}
		if want := 1 + 4*attempts; entra.requests() != want {
			t.Errorf("%d requests, want %d: each rejection is repeated three times", entra.requests(), want)
		}
	})
}

func TestErrorsThatAzcoreRepeats(t *testing.T) {
	tests := []struct {
		name      string
		options   policy.TokenRequestOptions
		file      string
		respond   func(int, *http.Request) response
		retriable bool
	}{
		{name: "no scope"},
		{name: "another tenant", options: policy.TokenRequestOptions{Scopes: someScope.Scopes, TenantID: "other"}},
		{name: "no token file", options: someScope, file: "absent"},
		{name: "claims that are not JSON", options: policy.TokenRequestOptions{Scopes: someScope.Scopes, Claims: "x", EnableCAE: true}},
		{name: "rejection", options: someScope, respond: reject(1 << 30)},
		{name: "unavailable", options: someScope, respond: func(int, *http.Request) response { return response{status: 503} }},
		{name: "not JSON", options: someScope, respond: func(int, *http.Request) response { return response{status: 200, body: "<html>"} }},
		{name: "network", options: someScope, retriable: true, respond: func(int, *http.Request) response { return response{err: errors.New("connection\nreset")} }},
		{name: "silence", options: someScope, retriable: true, respond: silent},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				credential, _ := newScripted(t, &Options{TokenFilePath: test.file}, test.respond)
				_, err := credential.GetToken(t.Context(), test.options)
				if err == nil {
					t.Fatal("no error")
				}
				_, permanent := errors.AsType[interface {
					error
					NonRetriable()
				}](err)
				if permanent == test.retriable {
					t.Errorf("%v: NonRetriable is %t", err, permanent)
				}
				if strings.ContainsAny(err.Error(), "\r\n") {
					t.Errorf("several lines: %v", err)
				}
			})
		})
	}
	synctest.Test(t, func(t *testing.T) {
		credential, _ := newScripted(t, nil, after(time.Second))
		defer time.Sleep(time.Minute) // the request goes on
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := credential.GetToken(ctx, someScope)
		if _, permanent := errors.AsType[permanentError](err); !errors.Is(err, context.Canceled) || permanent {
			t.Errorf("a context that has ended: got %v", err)
		}
	})
}

func TestPrinting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		credential, _ := newScripted(t, nil, nil)
		if _, err := credential.GetToken(t.Context(), someScope); err != nil {
			t.Fatal(err)
		}
		var logged bytes.Buffer
		slog.New(slog.NewTextHandler(&logged, nil)).Info("", "credential", credential)
		slog.New(slog.NewJSONHandler(&logged, nil)).Info("", "credential", credential)
		holder := struct{ c *Credential }{credential}
		for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x"} {
			fmt.Fprintf(&logged, format+format, credential, holder)
		}
		if got := logged.String(); strings.Contains(got, "token 1") || strings.Contains(got, sampleJWT) || strings.Contains(got, "746f6b656e2031") {
			t.Errorf("a token was printed: %s", got)
		}
		if got := fmt.Sprint(credential); got != "tokencredential.Credential(client ID c, tenant t)" {
			t.Errorf("prints as %s", got)
		}
	})
}

func TestZeroValue(t *testing.T) {
	for _, credential := range []*Credential{nil, {}} {
		if _, err := credential.GetToken(t.Context(), someScope); err == nil || !strings.Contains(err.Error(), "tokencredential.New") {
			t.Errorf("got %v", err)
		}
	}
	new(Credential).Invalidate("token")
}
