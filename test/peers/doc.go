// Package peers runs clients that nobody here wrote against localazure, since one
// that only its authors can talk to proves nothing. It also compares
// pkg/tokencredential with azidentity: one test for each row of docs/reuse.md.
package peers
