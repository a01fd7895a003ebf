package footprint

import (
	"runtime"
	"runtime/debug"
	"testing"
)

func TestShrink(t *testing.T) {
	processors := runtime.GOMAXPROCS(2)
	percent := debug.SetGCPercent(100)
	t.Cleanup(func() {
		runtime.GOMAXPROCS(processors)
		debug.SetGCPercent(percent)
	})
	settings := func() (processors, percent int) {
		percent = debug.SetGCPercent(100)
		debug.SetGCPercent(percent)
		return runtime.GOMAXPROCS(0), percent
	}

	dropped := make([]byte, 64<<20)
	dropped[0] = 1
	runtime.KeepAlive(dropped)
	held := heldHeap()
	Shrink(func(string) string { return "set" })
	if processors, percent := settings(); processors != 2 || percent != 100 {
		t.Errorf("GOMAXPROCS %d and GOGC %d, though the environment sets them", processors, percent)
	}
	if now := heldHeap(); now+60<<20 > held {
		t.Errorf("%d bytes of heap are held, and were %d before", now, held)
	}
	Shrink(func(string) string { return "" })
	if processors, percent := settings(); processors != 1 || percent != gcPercent {
		t.Errorf("GOMAXPROCS %d and GOGC %d", processors, percent)
	}
}

// heldHeap is what the heap has from the operating system.
func heldHeap() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapSys - m.HeapReleased
}
