package release

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestNoPlaceIsForgotten makes the next version as CONTRIBUTING.md says and looks
// for the old one.
func TestNoPlaceIsForgotten(t *testing.T) {
	folder, next := t.TempDir(), "98.7.6-rc.5"
	copySource(t, folder, time.Now())
	write := func(name, content string) {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("VERSION", next+"\n")
	if out, err := run(t, folder, nil, "scripts/release/stamp.sh", "--check"); err == nil {
		t.Errorf("nobody notices that the version is new:\n%s", out)
	}
	if out, err := run(t, folder, nil, "make", "version"); err == nil || !strings.Contains(out, "CHANGELOG.md: no section") {
		t.Errorf("nobody notices that the changelog says nothing of it: %v\n%s", err, out)
	}
	write("CHANGELOG.md", "## ["+next+"] - unreleased\n")
	for _, command := range [][]string{
		{"make", "version"},
		{"scripts/release/stamp.sh", "--check"},
		{"scripts/release/helm.sh", "dependency", "build", "examples/webservice/chart"}, // refuses a lock that is out of date
	} {
		if out, err := run(t, folder, nil, command...); err != nil {
			t.Errorf("%q: %v\n%s", command, err, out)
		}
	}

	current := regexp.MustCompile(`(^|[^0-9.])` + regexp.QuoteMeta(version(t)) + `($|[^0-9.]|\.($|[^0-9]))`)
	err := filepath.WalkDir(folder, func(path string, entry os.DirEntry, err error) error {
		// Modules of others may have any version, and packed charts are made anew.
		if err != nil || entry.IsDir() || filepath.Ext(path) == ".tgz" || slices.Contains([]string{"go.mod", "go.sum", "package-lock.json"}, entry.Name()) {
			return err
		}
		content, err := os.ReadFile(path)
		for i, line := range strings.Split(string(content), "\n") {
			if current.MatchString(line) {
				t.Errorf("%s:%d still names the version before: %s", strings.TrimPrefix(path, folder+"/"), i+1, line)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestVersionIsChecked(t *testing.T) {
	for _, bad := range []string{"", "1.2", "v1.2.3", "1.2.3-", "1.2.3/../x", "latest"} {
		folder := t.TempDir()
		copySource(t, folder, time.Now())
		if err := os.WriteFile(filepath.Join(folder, "VERSION"), []byte(bad), 0o600); err != nil {
			t.Fatal(err)
		}
		if out, err := run(t, folder, nil, "scripts/release/stamp.sh"); err == nil || !strings.Contains(out, "is not a version") {
			t.Errorf("version %q: %v\n%s", bad, err, out)
		}
	}
}
