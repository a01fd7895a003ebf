// Package network is how the workload reaches Azure: with short timeouts, and with
// a record of what each request is waiting for, so that a silent host is named
// within seconds.
package network
