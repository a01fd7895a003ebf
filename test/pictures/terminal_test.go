package pictures

import (
	"slices"
	"strings"
	"testing"
)

func TestRecord(t *testing.T) {
	t.Setenv("NO_COLOR", "1")
	t.Setenv("MAKEFLAGS", "w")
	dir := t.TempDir()
	output, status, err := record(t.Context(), dir,
		`test -t 1 && test -t 2 && echo "terminal $TERM $NO_COLOR$MAKEFLAGS"; stty size; echo error >&2; exit 3`)
	if err != nil {
		t.Fatal(err)
	}
	if want := "terminal xterm-256color \n40 110\nerror\n"; output != want || status != 3 {
		t.Errorf("got %q and status %d, want %q and status 3", output, status, want)
	}
}

func TestRecordNeedsItsFolder(t *testing.T) {
	if _, _, err := record(t.Context(), t.TempDir()+"/missing", "true"); err == nil || !strings.Contains(err.Error(), `run "true"`) {
		t.Errorf("got %v, want an error that names the command", err)
	}
}

func TestEnviron(t *testing.T) {
	got := environ([]string{"PATH=/bin", "HOME=/h", "GOFLAGS=-x", "NO_COLOR=1", "MAKELEVEL=1", "TERM=dumb", "LOG_FORMAT=json"})
	if want := []string{"TERM=xterm-256color", "PATH=/bin", "HOME=/h", "GOFLAGS=-x"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
