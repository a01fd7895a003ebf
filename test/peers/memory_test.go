package peers

import (
	"fmt"
	"math"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
)

// cost is that of one token from memory.
type cost struct {
	allocations float64
	nanoseconds float64
}

func (c cost) String() string {
	if c.allocations == 0 {
		return fmt.Sprintf("no allocation, about %.1f µs", c.nanoseconds/1000)
	}
	return fmt.Sprintf("about %.0f allocations, %.1f µs", c.allocations, c.nanoseconds/1000)
}

func compareMemory(t *testing.T, options policy.TokenRequestOptions) {
	t.Helper()
	theirs, ours := bothInRealTime(t, func(t *testing.T, create constructor) cost {
		t.Helper()
		credential, entra := newScripted(t, create, nil)
		get := func() { mustGetToken(t, credential, options) }
		get()
		c := cost{allocations: testing.AllocsPerRun(100, get), nanoseconds: math.Inf(1)}
		const rounds = 2000
		for range 5 { // the best, since the machine may be busy
			start := time.Now()
			for range rounds {
				get()
			}
			c.nanoseconds = min(c.nanoseconds, float64(time.Since(start).Nanoseconds())/rounds)
		}
		if entra.tokens() != 1 {
			t.Errorf("%d requests", entra.tokens())
		}
		return c
	})
	report(t, theirs.String(), ours.String(), ours.allocations > 0 || ours.nanoseconds > theirs.nanoseconds)
}

func TestCompareTokenFromMemory(t *testing.T) { compareMemory(t, someScope) }

func TestCompareScopesFromMemory(t *testing.T) {
	compareMemory(t, policy.TokenRequestOptions{Scopes: []string{"api://a/one", "api://a/two", "api://a/three"}})
}

func TestCompareManyTenants(t *testing.T) {
	theirs, ours := bothInRealTime(t, func(t *testing.T, create constructor) float64 {
		t.Helper()
		entra := &scripted{respond: func(n int, _ *http.Request) response {
			token := fmt.Sprint(n, strings.Repeat("x", 1500)) // about as long as those of Entra ID
			return response{status: http.StatusOK, body: `{"token_type":"Bearer","expires_in":86400,"access_token":"` + token + `"}`}
		}}
		credential := create(t, settings{ClientOptions: azcore.ClientOptions{Transport: entra}, tenants: []string{"*"}})
		heap := func() uint64 {
			var stats runtime.MemStats
			runtime.GC()
			runtime.GC()
			runtime.ReadMemStats(&stats)
			return stats.HeapAlloc
		}
		before := heap()
		options := someScope
		for i := range 3000 {
			options.TenantID = fmt.Sprintf("44444444-4444-4444-4444-%012d", i)
			mustGetToken(t, credential, options)
		}
		if entra.tokens() != 3000 {
			t.Errorf("%d requests", entra.tokens())
		}
		entra.requests, entra.forms = nil, nil
		after := heap()
		runtime.KeepAlive(credential)
		return float64(after-before) / 1e6
	})
	text := func(megabytes float64) string { return fmt.Sprintf("about %.1f MB", megabytes) }
	report(t, text(theirs), text(ours), ours > 1.1*theirs || ours <= 0)
}
