package pictures

import (
	"context"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write the pictures instead of comparing them")

// TestPictures compares the pictures in docs with what their commands write now.
func TestPictures(t *testing.T) {
	const root = "../.."
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	dir := t.TempDir()
	if err := copySources(dir, root); err != nil {
		t.Fatal(err)
	}
	// Once before, since a first build may tell what it downloads.
	build := exec.CommandContext(ctx, "make", "build")
	build.Dir = dir
	if output, err := build.CombinedOutput(); err != nil {
		t.Fatalf("make build: %v\n%s", err, output)
	}
	for _, picture := range []struct {
		file, title, command string
		status               int
	}{
		{"demo.svg", "Terminal: make demo builds the programs and logs the secret it has read", "make demo", 0},
		{
			"doctor.svg", "Terminal: quickstart doctor finds that the federated identity credential is missing",
			"bin/localazure exec --no-federated-credential -- bin/quickstart doctor", 1,
		},
	} {
		t.Run(picture.file, func(t *testing.T) {
			output, status, err := record(ctx, dir, picture.command)
			if err != nil {
				t.Fatal(err)
			}
			if status != picture.status {
				t.Fatalf("%s ended with status %d, want %d; it wrote:\n%s", picture.command, status, picture.status, output)
			}
			drawn, err := draw(picture.title, picture.command, steady(output))
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(drawn, dir) {
				t.Errorf("the picture shows the folder %s, which is of this machine", dir)
			}
			compare(t, filepath.Join(root, "docs", picture.file), drawn)
		})
	}
}

func compare(t *testing.T, file, drawn string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(drawn), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	kept, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v; make pictures draws it", err)
	}
	have, want := strings.Split(string(kept), "\n"), strings.Split(drawn, "\n")
	for i := range max(len(have), len(want)) {
		if a, b := at(have, i), at(want, i); a != b {
			t.Fatalf("%s is stale: make pictures draws it again. Line %d is\n%s\nand should be\n%s", file, i+1, a, b)
		}
	}
}

func at(lines []string, i int) string {
	if i < len(lines) {
		return lines[i]
	}
	return "(missing)"
}
