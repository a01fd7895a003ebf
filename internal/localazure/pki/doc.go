// Package pki is a small certificate authority: it makes the certificates with
// which one machine answers for the host names of Azure, and for nobody who
// does not trust this authority on purpose.
package pki
