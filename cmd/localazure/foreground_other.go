//go:build !linux && !darwin

package main

// inForeground cannot tell here, and has every signal passed on.
func inForeground() bool { return false }
