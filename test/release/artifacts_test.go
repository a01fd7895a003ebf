package release

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"flag"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

var withImages = flag.Bool("images", false, "build the images too, which takes buildah and their base images")

var (
	programs  = []string{"quickstart", "localazure"}
	platforms = []string{"linux-amd64", "linux-arm64", "windows-amd64.exe"}
)

// epoch is the time that everything in the releases of these tests bears.
const epoch = 1700000000

// TestReleaseIsReproducible builds a release twice, in folders and environments
// that have little in common, and then looks into it.
func TestReleaseIsReproducible(t *testing.T) {
	first := build(t, filepath.Join(t.TempDir(), "a"), time.Now())
	second := build(t, filepath.Join(t.TempDir(), "some where", "quite", "deep"), time.Unix(1, 0),
		"TZ=Asia/Kathmandu", "LC_ALL=C", "GOFLAGS=-tags=other", "GOAMD64=v3", "HELM_DEBUG=true")
	if names, others := slices.Sorted(maps.Keys(first)), slices.Sorted(maps.Keys(second)); !slices.Equal(names, others) {
		t.Errorf("one release has %q, the other %q", names, others)
	}
	for name, content := range first {
		if !bytes.Equal(content, second[name]) {
			t.Errorf("%s is not the same in both releases", name)
		}
	}

	t.Run("is complete", func(t *testing.T) { checkNames(t, first) })
	t.Run("checksums", func(t *testing.T) { checkSums(t, first) })
	t.Run("chart", func(t *testing.T) { checkChart(t, first) })
	for _, program := range programs {
		t.Run(program, func(t *testing.T) {
			checkBinaries(t, first, program)
			if *withImages {
				checkImage(t, first, program)
			}
		})
	}
}

// build returns the files of a release built in folder.
func build(t *testing.T, folder string, modified time.Time, env ...string) map[string][]byte {
	t.Helper()
	copySource(t, folder, modified)
	command := []string{"scripts/release/artifacts.sh"}
	if !*withImages {
		command = append(command, "--without-images")
	}
	if out, err := run(t, folder, append(env, "SOURCE_DATE_EPOCH=1700000000"), command...); err != nil {
		t.Fatalf("release: %v\n%s", err, out)
	}
	entries, err := os.ReadDir(filepath.Join(folder, "dist"))
	if err != nil {
		t.Fatal(err)
	}
	files := make(map[string][]byte)
	for _, entry := range entries {
		if files[entry.Name()], err = os.ReadFile(filepath.Join(folder, "dist", entry.Name())); err != nil {
			t.Fatal(err)
		}
	}
	return files
}

func checkNames(t *testing.T, release map[string][]byte) {
	want := []string{"SHA256SUMS", "quick-start-" + version(t) + ".tgz"}
	for _, program := range programs {
		for _, platform := range platforms {
			want = append(want, program+"-"+version(t)+"-"+platform)
		}
		want = append(want, program+"-"+version(t)+".cdx.json")
		if *withImages {
			want = append(want, program+"-"+version(t)+".oci.tar")
		}
	}
	slices.Sort(want)
	if names := slices.Sorted(maps.Keys(release)); !slices.Equal(names, want) {
		t.Errorf("the release has %q, want %q", names, want)
	}
}

func checkSums(t *testing.T, release map[string][]byte) {
	sums := make(map[string]string)
	for line := range strings.Lines(string(release["SHA256SUMS"])) {
		sum, name, _ := strings.Cut(strings.TrimSpace(line), "  ")
		sums[name] = sum
	}
	for name, content := range release {
		sum := sha256.Sum256(content)
		if name != "SHA256SUMS" && sums[name] != hex.EncodeToString(sum[:]) {
			t.Errorf("SHA256SUMS has %q for %s", sums[name], name)
		}
	}
	if len(sums) != len(release)-1 {
		t.Errorf("SHA256SUMS has %d files, the release %d besides", len(sums), len(release)-1)
	}
}
