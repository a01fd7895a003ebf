package peers

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
)

func TestCompareFirstToken(t *testing.T) {
	theirs, ours := both(t, func(t *testing.T, create constructor) int {
		t.Helper()
		credential, entra := newScripted(t, create, nil)
		mustGetToken(t, credential, someScope)
		if entra.tokens() != 1 {
			t.Errorf("%d requests for a token", entra.tokens())
		}
		return len(entra.requests)
	})
	report(t, plural(theirs, "request"), plural(ours, "request"), ours > theirs)
}

// MSAL_FORCE_REGION and AZURE_REGIONAL_AUTHORITY_NAME stand for regional hosts, which
// Microsoft keeps for its own services.
func TestCompareRegions(t *testing.T) {
	for _, variable := range []string{"MSAL_FORCE_REGION", "AZURE_REGIONAL_AUTHORITY_NAME"} {
		t.Setenv(variable, "westus2")
	}
	theirs, ours := both(t, func(t *testing.T, create constructor) string {
		t.Helper()
		credential, entra := newScripted(t, create, nil)
		mustGetToken(t, credential, someScope)
		host, _, _ := strings.Cut(entra.requests[len(entra.requests)-1], "/")
		return "token requested from " + host
	})
	report(t, theirs, ours, !strings.HasSuffix(ours, " login.microsoftonline.com"))
}

func TestCompareTenants(t *testing.T) {
	capitals := strings.ToUpper(otherTenant)
	theirs, ours := both(t, func(t *testing.T, create constructor) (rejected []string) {
		t.Helper()
		for _, tenant := range []string{"T", otherTenant, capitals} {
			credential, _ := newScripted(t, create, nil)
			own := mustGetToken(t, credential, someScope)
			options := someScope
			options.TenantID = tenant
			token, err := credential.GetToken(t.Context(), options)
			if err != nil {
				rejected = append(rejected, tenant)
			} else if !strings.HasSuffix(strings.ToLower(token.Token), "/"+strings.ToLower(tenant)) {
				t.Errorf("%s: got %q", tenant, token.Token)
			}
			if mustGetToken(t, credential, someScope) != own {
				t.Errorf("%s: its token is handed out for another tenant", tenant)
			}
		}
		for _, tenant := range []string{"other", "../t", otherTenant + "/"} {
			credential, entra := newScripted(t, create, nil)
			options := someScope
			options.TenantID = tenant
			if token, err := credential.GetToken(t.Context(), options); err == nil || entra.tokens() > 0 {
				t.Errorf("%q, which is not allowed: got %q after %d requests", tenant, token.Token, entra.tokens())
			}
		}
		return rejected
	})
	text := func(rejected []string) string {
		switch {
		case len(rejected) == 0:
			return "its own and the allowed ones"
		case !slices.Contains(rejected, otherTenant):
			return "its own and the allowed ones, but not in capitals"
		}
		return fmt.Sprintf("rejects %q", rejected)
	}
	report(t, text(theirs), text(ours), len(ours) > len(theirs))
}

// revocable is a service that wants a later token once one was revoked.
type revocable struct{ minimum string }

func (r *revocable) Do(req *http.Request) (*http.Response, error) {
	resp := &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: http.NoBody, Request: req}
	if req.Header.Get("Authorization") < "Bearer token "+r.minimum {
		claims := base64.StdEncoding.EncodeToString([]byte(`{"access_token":{"nbf":{"essential":true,"value":"1"}}}`))
		resp.StatusCode = http.StatusUnauthorized
		resp.Header.Set("WWW-Authenticate", `Bearer error="insufficient_claims", claims="`+claims+`"`)
	}
	return resp, nil
}

func TestCompareClaims(t *testing.T) {
	theirs, ours := both(t, func(t *testing.T, create constructor) int {
		t.Helper()
		credential, entra := newScripted(t, create, nil)
		service := &revocable{minimum: "1"}
		var clients []runtime.Pipeline
		for range 2 {
			clients = append(clients, runtime.NewPipeline("client", "v1.0.0", runtime.PipelineOptions{
				PerRetry: []policy.Policy{runtime.NewBearerTokenPolicy(credential, someScope.Scopes, nil)},
			}, &policy.ClientOptions{Transport: service}))
		}
		for _, service.minimum = range []string{"1", "2"} {
			for _, client := range clients {
				req, err := runtime.NewRequest(t.Context(), http.MethodGet, "https://service.example/")
				if err != nil {
					t.Fatal(err)
				}
				resp, err := client.Do(req)
				if err != nil || resp.StatusCode != http.StatusOK {
					t.Fatalf("got %v and error %v", resp, err)
				}
			}
		}
		for i, form := range entra.forms {
			if !strings.Contains(form, "CP1") || strings.Contains(form, "nbf") != (i > 0) {
				t.Errorf("the claims of exchange %d are wrong", i+1)
			}
		}
		return entra.tokens()
	})
	report(t, plural(theirs, "exchange"), plural(ours, "exchange"), ours > theirs || ours < 2)
}

// The kubelet rotates the file, because the key of the cluster was revoked, say.
func TestCompareTokenFile(t *testing.T) {
	theirs, ours := both(t, func(t *testing.T, create constructor) time.Duration {
		t.Helper()
		entra := &scripted{}
		file := filepath.Join(t.TempDir(), "token")
		writeToken(t, file, sampleJWT)
		credential := create(t, settings{ClientOptions: azcore.ClientOptions{Transport: entra}, file: file})
		mustGetToken(t, credential, someScope)
		writeToken(t, file, sampleJWT+"-rotated")
		start := time.Now()
		withClaims := someScope
		withClaims.Claims = "{}" // never from memory
		for !strings.Contains(entra.forms[len(entra.forms)-1], "-rotated") && time.Since(start) < time.Hour {
			time.Sleep(time.Second)
			mustGetToken(t, credential, withClaims)
		}
		return time.Since(start) - time.Second
	})
	text := func(d time.Duration) string {
		return fmt.Sprintf("the old one is sent for another %.0f min", d.Minutes())
	}
	report(t, text(theirs), text(ours), ours > theirs)
}

// A service rejects a token that has not expired, with 401 and without claims.
func TestCompareRejectedToken(t *testing.T) {
	theirs, ours := both(t, func(t *testing.T, create constructor) time.Duration {
		t.Helper()
		credential, _ := newScripted(t, create, nil)
		rejected := mustGetToken(t, credential, someScope)
		time.Sleep(time.Hour)
		start := time.Now()
		if c, ok := credential.(interface{ Invalidate(token string) }); ok {
			c.Invalidate(rejected)
		}
		for mustGetToken(t, credential, someScope) == rejected {
			time.Sleep(time.Hour)
		}
		return time.Since(start)
	})
	text := func(d time.Duration) string { return fmt.Sprintf("handed out for another %.0f h", d.Hours()) }
	report(t, text(theirs), text(ours)+", after `Invalidate`", ours > theirs)
}

func TestCompareRetryAfter(t *testing.T) {
	theirs, ours := both(t, func(t *testing.T, create constructor) int {
		t.Helper()
		credential, entra := newScripted(t, create, func(int, *http.Request) response {
			return response{status: 429, body: `{"error":"temporarily_unavailable"}`, header: http.Header{"Retry-After": {"300"}}}
		})
		for range 50 {
			if _, err := credential.GetToken(t.Context(), someScope); err == nil {
				t.Fatal("no error")
			}
			time.Sleep(time.Second)
		}
		return entra.tokens()
	})
	report(t, plural(theirs, "request"), plural(ours, "request"), ours > theirs || ours < 1)
}

// Entra ID responds after 1.5 seconds, and each of 20 callers waits for one.
func TestCompareSlowEntraID(t *testing.T) {
	type result struct{ failed, requests int }
	theirs, ours := both(t, func(t *testing.T, create constructor) (r result) {
		t.Helper()
		credential, entra := newScripted(t, create, func(_ int, req *http.Request) response {
			select {
			case <-time.After(1500 * time.Millisecond):
				return response{}
			case <-req.Context().Done():
				return response{err: req.Context().Err()}
			}
		})
		for range 20 {
			if _, err := getWithin(t, credential, time.Second); err != nil {
				r.failed++
			}
		}
		r.requests = entra.tokens()
		return r
	})
	text := func(r result) string {
		return fmt.Sprintf("%d of 20 fail, %s", r.failed, plural(r.requests, "request"))
	}
	report(t, text(theirs), text(ours), ours.failed > theirs.failed || ours.requests > theirs.requests || ours.requests < 1)
}
