//go:build unix

package tokencredential

import (
	"errors"
	"path/filepath"
	"syscall"
	"testing"
)

func TestReadTokenFileDoesNotWaitForPipe(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := readTokenFile(pipe); !errors.Is(err, ErrNotToken) {
		t.Errorf("got %v, want %q", err, ErrNotToken)
	}
}
