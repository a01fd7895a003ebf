package localazure

import (
	"os"
	"testing"
	"testing/synctest"
	"time"
)

func TestReplacedVersionsAreRemoved(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) { // the grace passes at once
		token := projectedToken{dir: dir}
		for _, step := range []struct {
			wait    time.Duration
			content string
			entries int // the file and ..data, and a directory per version
		}{
			{0, "first", 3},
			{0, "second", 4},
			{grace / 2, "third", 5},
			{grace / 2, "fourth", 5}, // without the first
			{grace, "fifth", 4},      // without the second and the third
		} {
			time.Sleep(step.wait)
			if err := token.write(step.content); err != nil {
				t.Fatal(err)
			}
			if got, err := os.ReadFile(token.path()); err != nil || string(got) != step.content {
				t.Errorf("read %q, %v, want %q", got, err, step.content)
			}
			entries, err := os.ReadDir(dir)
			if err != nil || len(entries) != step.entries {
				t.Errorf("after the %s: %v, %v, want %d entries", step.content, entries, err, step.entries)
			}
		}
	})
}

func TestTokenFileThatCannotBeWritten(t *testing.T) {
	file := t.TempDir() + "/file"
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	token := projectedToken{dir: file} // not a directory
	if err := token.write("token"); err == nil {
		t.Error("no error")
	}
}
