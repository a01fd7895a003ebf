package release

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const changelog = `# Changelog

## [2.0.0-rc.1] - 2027-02-03

### Added

- More.

## [1.2.3] - 2026-12-24

### Fixed

- Less.

[2.0.0-rc.1]: https://example.com/
[1.2.3]: https://example.com/
`

func TestReleaseNotes(t *testing.T) {
	tests := []struct {
		name, version, tag, changelog string
		want                          string // or part of the error
		refused                       bool
	}{
		{"newest", "2.0.0-rc.1", "2.0.0-rc.1", changelog, "### Added\n\n- More.\n\n", false},
		{"older", "1.2.3", "1.2.3", changelog, "### Fixed\n\n- Less.\n\n", false},
		{"another tag", "1.2.3", "1.2.4", changelog, "VERSION says 1.2.3", true},
		{"unreleased", "1.2.3", "1.2.3", strings.Replace(changelog, "2026-12-24", "unreleased", 1), "put the date there", true},
		{"similar", "1.2.3", "1.2.3", strings.ReplaceAll(changelog, "1.2.3", "1x2.3"), "put the date there", true},
	}
	folder := t.TempDir()
	copySource(t, folder, time.Now())
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			for name, content := range map[string]string{"VERSION": test.version + "\n", "CHANGELOG.md": test.changelog} {
				if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			out, err := run(t, folder, nil, "scripts/release/notes.sh", test.tag)
			if test.refused && (err == nil || !strings.Contains(out, test.want)) {
				t.Errorf("error %v, output %q, want %q", err, out, test.want)
			}
			if !test.refused && (err != nil || out != test.want) {
				t.Errorf("printed %q, want %q, error %v", out, test.want, err)
			}
		})
	}
}
