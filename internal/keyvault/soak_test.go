//go:build !race

// The race detector would make this four times as long and change what it measures.

package keyvault

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"runtime"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/workload-identity-quickstart/msal-go/internal/localazure"
	"github.com/workload-identity-quickstart/msal-go/internal/test/fakeazure"
	"github.com/workload-identity-quickstart/msal-go/pkg/tokencredential"
)

// fault responds to a tenth of all requests, of every kind, in a way that no service
// should.
func fault(w http.ResponseWriter, _ *http.Request) bool {
	switch rand.IntN(60) {
	case 0:
		w.WriteHeader([]int{204, 301, 400, 401, 403, 404, 429, 500, 503}[rand.IntN(9)])
	case 1:
		w.Header().Set("WWW-Authenticate", `Bearer authorization="x", resource=`)
		w.WriteHeader(http.StatusUnauthorized)
	case 2:
		_, _ = io.WriteString(w, `{"error":{"code":`)
	case 3:
		_, _ = io.WriteString(w, `<html>`)
	case 4:
		_, _ = fmt.Fprintf(w, `{"value":null,"id":%d,"access_token":7,"error":[]}`, rand.Int())
	case 5:
		panic(http.ErrAbortHandler)
	default:
		return false
	}
	return true
}

// TestSoak reads the secret 10,000 times and looks for what grows meanwhile.
func TestSoak(t *testing.T) {
	sandbox := fakeazure.Start(t, localazure.SandboxConfig{ThrottleLimit: 1 << 30, Intercept: fault})
	options := azcore.ClientOptions{Transport: fakeazure.Client(t, sandbox), Retry: policy.RetryOptions{MaxRetries: -1}}
	var vault *Vault
	succeeded, failed := 0, 0
	read := func(times int) (goroutines int, heap int64) {
		for i := range times {
			if vault == nil || i%50 == 0 { // a new credential discovers Entra ID anew
				credential, err := tokencredential.New(&tokencredential.Options{ClientOptions: options})
				if err != nil {
					t.Fatal(err)
				}
				if vault, err = New(os.Getenv("KEYVAULT_URL"), credential, &options); err != nil {
					t.Fatal(err)
				}
			}
			if secret, err := vault.Secret(t.Context(), "my-secret"); err != nil {
				failed++
			} else if secret.Value == "Hello!" {
				succeeded++
			} else {
				t.Fatal("another secret came back")
			}
		}
		runtime.GC()
		var memory runtime.MemStats
		runtime.ReadMemStats(&memory)
		return runtime.NumGoroutine(), int64(memory.HeapAlloc)
	}
	goroutinesBefore, heapBefore := read(5000) // by then the local Azure's log of requests is full
	goroutinesAfter, heapAfter := read(10_000)
	t.Logf("%d reads succeeded and %d failed; goroutines %d, then %d; heap %d KiB, then %d KiB",
		succeeded, failed, goroutinesBefore, goroutinesAfter, heapBefore>>10, heapAfter>>10)
	if succeeded < 5000 || failed < 500 {
		t.Errorf("%d reads succeeded and %d failed: too few of one kind", succeeded, failed)
	}
	if goroutinesAfter > goroutinesBefore+20 {
		t.Errorf("goroutines grew from %d to %d", goroutinesBefore, goroutinesAfter)
	}
	if grown := heapAfter - heapBefore; grown > 2<<20 {
		t.Errorf("the heap grew by %d KiB", grown>>10)
	}
}
