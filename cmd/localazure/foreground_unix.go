//go:build linux || darwin

package main

import (
	"os"
	"syscall"
	"unsafe"
)

// inForeground reports whether this process belongs to the group that the
// terminal sends SIGINT to. Then a command it started, in the same group, gets
// the signal from there, and must not get it twice: many programs take a second
// SIGINT as an order to give up their graceful end.
func inForeground() bool {
	tty, err := os.Open("/dev/tty")
	if err != nil {
		return false // no terminal
	}
	defer tty.Close()
	var group int32
	_, _, errno := syscall.Syscall(syscall.SYS_IOCTL, tty.Fd(), syscall.TIOCGPGRP,
		uintptr(unsafe.Pointer(&group))) // #nosec G103 -- the ioctl wants a pointer
	return errno == 0 && int(group) == syscall.Getpgrp()
}
