// The SDK's pauses take their jitter from math/rand, which can only be seeded as a
// whole.
//go:debug randseednop=0

package fleet

import (
	"math/rand"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"testing"
	"testing/synctest"
	"time"
)

// simulate logs what the run took of this machine.
func simulate(t *testing.T, s Scenario) *Record {
	t.Helper()
	tokenFile := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(tokenFile, []byte("eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJzIn0.c2ln"), 0o600); err != nil {
		t.Fatal(err)
	}
	rand.Seed(1) //nolint:staticcheck // nothing else makes the SDK repeatable
	began := time.Now()
	var record *Record
	synctest.Test(t, func(t *testing.T) { record = s.Run(t.Context(), tokenFile) })
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	t.Logf("%d pods, %d requests: took %.1f s, %d MiB of heap at the end", s.Pods,
		record.Sum(-record.event, s.Duration).Requests, time.Since(began).Seconds(), memory.HeapAlloc>>20)
	return record
}

func TestSameEveryTime(t *testing.T) {
	for _, f := range Fleets() {
		t.Run(f.Name, func(t *testing.T) {
			s := Scenario{Pods: 100, Program: f.Program, Duration: 2 * time.Minute, Outage: time.Minute}
			first, second := simulate(t, s), simulate(t, s)
			if !reflect.DeepEqual(first, second) {
				t.Errorf("got %+v, then %+v", first.Sum(0, s.Duration), second.Sum(0, s.Duration))
			}
			if first.Sum(-s.Outage, 0).Unanswered < s.Pods {
				t.Error("the outage was not noticed")
			}
			if _, ok := first.Complete(); !ok {
				t.Error("not every pod has its secret")
			}
		})
	}
}
