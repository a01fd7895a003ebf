package footprint

import (
	"runtime"
	"runtime/debug"
)

// gcPercent is GOGC after startup. At 100 the heap grows by at least 4 MB between
// collections, a third of the program; at 25, by 1 MB.
const gcPercent = 25

// Shrink gives back what the start needed: connections, certificates and the first
// token take several times what a poll does. From then on the program runs on one
// processor, as there is one thing at a time to do: a second one keeps memory of
// its own, and handing goroutines over to it takes more time than it saves.
//
// GOGC and GOMAXPROCS, read through getenv, usually os.Getenv, take precedence.
// Shrink stops the program for some milliseconds; call it once.
func Shrink(getenv func(string) string) {
	if getenv("GOMAXPROCS") == "" {
		runtime.GOMAXPROCS(1)
	}
	if getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	debug.FreeOSMemory()
}
