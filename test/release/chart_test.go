package release

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"path/filepath"
	"strings"
	"testing"
)

func checkChart(t *testing.T, release map[string][]byte) {
	unpacked, err := gzip.NewReader(bytes.NewReader(release["quick-start-"+version(t)+".tgz"]))
	if err != nil {
		t.Fatal(err)
	}
	files := untar(t, unpacked)
	for _, want := range []string{"\nversion: " + version(t) + "\n", "\nappVersion: " + version(t) + "\n"} {
		if !strings.Contains(string(files["quick-start/Chart.yaml"]), want) {
			t.Errorf("Chart.yaml of the package lacks %q:\n%s", want, files["quick-start/Chart.yaml"])
		}
	}
	for _, want := range []string{"values.yaml", "values.schema.json", "templates/pod.yaml", "README.md"} {
		if len(files[filepath.Join("quick-start", want)]) == 0 {
			t.Errorf("the package lacks %s", want)
		}
	}
}

// untar returns the files of an archive, and checks that none bears another time
// than the release.
func untar(t *testing.T, archive io.Reader) map[string][]byte {
	t.Helper()
	files := make(map[string][]byte)
	reader := tar.NewReader(archive)
	for {
		header, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return files
		}
		if err != nil {
			t.Fatal(err)
		}
		if header.ModTime.Unix() != epoch {
			t.Errorf("%s bears the time %s", header.Name, header.ModTime)
		}
		if files[header.Name], err = io.ReadAll(reader); err != nil {
			t.Fatal(err)
		}
	}
}
