// Package state is what the stand-in knows about its Azure, kept in a folder
// between the calls.
package state
