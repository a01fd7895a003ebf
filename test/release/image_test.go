package release

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"strings"
	"testing"
	"time"
)

// descriptor points to another part of an image layout, see
// https://github.com/opencontainers/image-spec/blob/main/descriptor.md.
type descriptor struct {
	Digest   string
	Platform struct{ OS, Architecture string }
}

// checkImage checks that the image layout has an image for each architecture,
// which is labelled and holds the very binary that is released.
func checkImage(t *testing.T, release map[string][]byte, program string) {
	archive := untar(t, bytes.NewReader(release[program+"-"+version(t)+".oci.tar"]))
	blob := func(d descriptor) []byte {
		return archive["blobs/sha256/"+strings.TrimPrefix(d.Digest, "sha256:")]
	}
	var layout, list struct{ Manifests []descriptor }
	parse(t, archive["index.json"], &layout)
	if len(layout.Manifests) != 1 {
		t.Fatalf("index.json: %s", archive["index.json"])
	}
	parse(t, blob(layout.Manifests[0]), &list)
	var found []string
	for _, image := range list.Manifests {
		platform := image.Platform.OS + "-" + image.Platform.Architecture
		found = append(found, platform)
		var manifest struct {
			Config descriptor
			Layers []descriptor
		}
		parse(t, blob(image), &manifest)
		checkImageConfig(t, blob(manifest.Config), program, image.Platform.Architecture)
		top, err := gzip.NewReader(bytes.NewReader(blob(manifest.Layers[len(manifest.Layers)-1])))
		if err != nil {
			t.Fatal(err)
		}
		files := untar(t, top)
		if binary := files[program]; len(files) != 1 || !bytes.Equal(binary, release[program+"-"+version(t)+"-"+platform]) {
			t.Errorf("%s: the top layer has %d files; the program has %d bytes and is not the released one", platform, len(files), len(binary))
		}
	}
	if got := strings.Join(found, " "); got != "linux-amd64 linux-arm64" {
		t.Errorf("images for %s", got)
	}
}

func checkImageConfig(t *testing.T, content []byte, program, architecture string) {
	var image struct {
		Created      time.Time
		Architecture string
		Config       struct {
			User       string
			Entrypoint []string
			Labels     map[string]string
		}
		History []struct{ Created time.Time }
	}
	parse(t, content, &image)
	if image.Architecture != architecture || image.Config.User != "65532:65532" || strings.Join(image.Config.Entrypoint, " ") != "/"+program {
		t.Errorf("the image for %s is for %s, runs %v as %s", architecture, image.Architecture, image.Config.Entrypoint, image.Config.User)
	}
	if image.Created.Unix() != epoch {
		t.Errorf("created %s", image.Created)
	}
	const repository = "https://github.com/workload-identity-quickstart/msal-go"
	for name, want := range map[string]string{
		"title":         program,
		"version":       version(t),
		"revision":      "unknown", // it was built outside of a clone
		"created":       time.Unix(epoch, 0).UTC().Format(time.RFC3339),
		"licenses":      "MIT",
		"url":           repository,
		"source":        repository,
		"documentation": repository + "/blob/v" + version(t) + "/README.md",
		"base.name":     "gcr.io/distroless/static-debian12:nonroot",
	} {
		if got := image.Config.Labels["org.opencontainers.image."+name]; got != want {
			t.Errorf("label %s is %q, want %q", name, got, want)
		}
	}
	if image.Config.Labels["org.opencontainers.image.description"] == "" {
		t.Error("the image has no description")
	}
}

func parse(t *testing.T, content []byte, into any) {
	t.Helper()
	if err := json.Unmarshal(content, into); err != nil {
		t.Fatalf("%v in %q", err, content)
	}
}
