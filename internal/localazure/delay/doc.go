// Package delay puts network latency between a server and its clients.
//
// A delayed connection is a delay line: what the server writes reaches the
// client one latency later, however much is under way, and the server never
// waits for it. One round trip of a client therefore costs one latency, as it
// does across a real network.
package delay
