// Package peers runs clients that nobody here wrote against localazure, since one
// that only its authors can talk to proves nothing.
package peers
