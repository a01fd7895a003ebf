// Package localazure is Azure on this machine: a stand-in for Entra ID and Key
// Vault that an unmodified program with production settings talks to.
//
// A [Server] is an HTTP CONNECT proxy that answers for Azure's host names itself,
// with certificates of its own authority. HTTPS_PROXY and SSL_CERT_FILE are all
// that a program needs to reach it; no connection leaves the machine, other than
// those that fetch the keys of token issuers. A [Sandbox] adds what surrounds a
// pod: an issuer of service account tokens, a projected token that is rotated,
// and the environment that the workload identity webhook sets.
//
// The package is for demonstrations, tests, and clusters without a
// subscription. No workload contains it.
package localazure
