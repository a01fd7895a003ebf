package release

import (
	"bytes"
	"debug/buildinfo"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
)

// checkBinaries checks that every binary of a program says what it is, was built
// with the toolchain of go.mod, and consists of what the SBOM says.
func checkBinaries(t *testing.T, release map[string][]byte, program string) {
	listed := components(t, release[program+"-"+version(t)+".cdx.json"])
	for _, platform := range platforms {
		name := program + "-" + version(t) + "-" + platform
		info, err := buildinfo.Read(bytes.NewReader(release[name]))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if info.GoVersion != toolchain(t) {
			t.Errorf("%s was built with %s, go.mod names %s", name, info.GoVersion, toolchain(t))
		}
		linked := map[string]string{"std": info.GoVersion}
		for _, module := range info.Deps {
			linked[module.Path] = module.Version
		}
		if !maps.Equal(linked, listed) {
			t.Errorf("%s consists of %v, its SBOM lists %v", name, linked, listed)
		}
		if platform == runtime.GOOS+"-"+runtime.GOARCH {
			checkVersion(t, program, name, release[name])
		}
	}
}

// components returns the versions of the modules in an SBOM.
func components(t *testing.T, sbom []byte) map[string]string {
	t.Helper()
	var content struct {
		Metadata struct {
			Component struct{ Name, Version string }
		}
		Components []struct{ Name, Version string }
	}
	if err := json.Unmarshal(sbom, &content); err != nil {
		t.Fatalf("SBOM: %v", err)
	}
	if component := content.Metadata.Component; component.Version != "v"+version(t) {
		t.Errorf("the SBOM is about %v", component)
	}
	versions := make(map[string]string)
	for _, component := range content.Components {
		versions[component.Name] = component.Version
	}
	return versions
}

// checkVersion runs a binary of this machine's platform.
func checkVersion(t *testing.T, program, name string, binary []byte) {
	file := filepath.Join(t.TempDir(), program)
	if err := os.WriteFile(file, binary, 0o700); err != nil {
		t.Fatal(err)
	}
	out, err := run(t, ".", nil, file, "-version")
	if err != nil || !strings.HasSuffix(" "+out, " "+version(t)+"\n") {
		t.Errorf("%s prints %q as its version: %v", name, out, err)
	}
}

func toolchain(t *testing.T) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	match := regexp.MustCompile(`(?m)^toolchain (\S+)$`).FindSubmatch(content)
	if match == nil {
		t.Fatal("go.mod names no toolchain")
	}
	return string(match[1])
}
