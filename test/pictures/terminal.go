package pictures

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/creack/pty"
)

// columns is the width of the terminal, and of its picture.
const columns = 110

// copySources copies what "make demo" needs from the repository at root to dir,
// so that the commands can be run as the README has them and yet leave the
// repository's bin alone.
func copySources(dir, root string) error {
	for _, name := range []string{"cmd", "internal", "pkg"} {
		if err := os.CopyFS(filepath.Join(dir, name), os.DirFS(filepath.Join(root, name))); err != nil {
			return fmt.Errorf("copy the sources: %w", err)
		}
	}
	for _, name := range []string{"Makefile", "VERSION", "go.mod", "go.sum"} {
		data, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			return fmt.Errorf("copy the sources: %w", err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			return fmt.Errorf("copy the sources: %w", err)
		}
	}
	return nil
}

// record runs a shell's command line in dir, on a terminal, and returns all that
// appears there and the exit status.
func record(ctx context.Context, dir, line string) (string, int, error) {
	command := exec.CommandContext(ctx, "sh", "-c", line) //nolint:gosec // G204: running commands is what it is for
	command.Dir, command.Env = dir, environ(os.Environ())
	terminal, err := pty.StartWithSize(command, &pty.Winsize{Rows: 40, Cols: columns})
	if err != nil {
		return "", 0, fmt.Errorf("run %q on a terminal: %w", line, err)
	}
	defer terminal.Close()
	output, err := io.ReadAll(terminal)
	// EIO is how Linux says that no program has the terminal open any more.
	if err != nil && !errors.Is(err, syscall.EIO) {
		return "", 0, fmt.Errorf("read what %q writes: %w", line, err)
	}
	var exited *exec.ExitError
	if err := command.Wait(); err != nil && !errors.As(err, &exited) {
		return "", 0, fmt.Errorf("run %q: %w", line, err)
	}
	return strings.ReplaceAll(string(output), "\r\n", "\n"), command.ProcessState.ExitCode(), nil
}

// environ keeps the variables that Go needs to build. Others change what the
// programs write: NO_COLOR, their own settings, and what make tells a make that
// it runs.
func environ(all []string) []string {
	kept := []string{"TERM=xterm-256color"}
	for _, variable := range all {
		switch name, _, _ := strings.Cut(variable, "="); {
		case name == "PATH", name == "HOME", name == "TMPDIR", name == "XDG_CACHE_HOME", strings.HasPrefix(name, "GO"):
			kept = append(kept, variable)
		}
	}
	return kept
}
