// Package fleet simulates many pods that share one vault: the program's own
// polling, backoff, credential and Key Vault client, under the fake clock of
// testing/synctest, before a network and an Azure that exist in memory only.
//
// A run is the same every time: each pod has random numbers of its own, and its
// requests arrive at nanoseconds of its own, so that nothing depends on the order
// in which goroutines are scheduled.
package fleet
