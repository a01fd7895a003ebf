package main

import (
	"debug/buildinfo"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// modules are all that may be linked into the workload. Teams copy its go.mod,
// and every module is one more to keep up to date.
var modules = []string{
	"github.com/Azure/azure-sdk-for-go/sdk/azcore",
	"github.com/Azure/azure-sdk-for-go/sdk/internal",
	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azsecrets",
	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/internal",
	"github.com/AzureAD/microsoft-authentication-library-for-go",
	"github.com/go-logr/logr",
	"github.com/golang-jwt/jwt/v5",  // of MSAL
	"github.com/google/uuid",        // of MSAL
	"github.com/kylelemons/godebug", // of MSAL
	"golang.org/x/net",              // of azcore
	"golang.org/x/sync",             // of MSAL
	"golang.org/x/text",             // of golang.org/x/net
	"k8s.io/klog/v2",
}

const maxBinarySize = 9_000_000

func TestReleasedBinary(t *testing.T) {
	binary := filepath.Join(t.TempDir(), "quickstart")
	build := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-ldflags=-s -w -X main.version=1.2.3", "-o", binary, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	info, err := os.Stat(binary)
	if err != nil {
		t.Fatal(err)
	}
	if info.Size() > maxBinarySize {
		t.Errorf("the binary has %d bytes, more than %d", info.Size(), maxBinarySize)
	}
	built, err := buildinfo.ReadFile(binary)
	if err != nil {
		t.Fatal(err)
	}
	for _, module := range built.Deps {
		if !slices.Contains(modules, module.Path) {
			t.Errorf("module %s got into the binary", module.Path)
		}
	}
	version, err := exec.CommandContext(t.Context(), binary, "-version").Output()
	if err != nil || string(version) != "quickstart 1.2.3\n" {
		t.Errorf("-version prints %q, error %v", version, err)
	}
}

func TestPackagesOfTheWorkload(t *testing.T) {
	const root = "github.com/workload-identity-quickstart/msal-go/"
	tests := []struct {
		name, pkg string
		forbidden []string
	}{
		{"no stand-in in the workload", root + "cmd/quickstart", []string{root + "internal/localazure", root + "internal/test"}},
		{"nothing of ours in the library", root + "pkg/tokencredential", []string{root + "internal/", root + "cmd/"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", test.pkg).Output()
			if err != nil {
				t.Fatal(err)
			}
			packages := strings.Fields(string(out))
			if !slices.Contains(packages, test.pkg) {
				t.Fatalf("go list printed %q", packages)
			}
			for _, pkg := range packages {
				for _, forbidden := range test.forbidden {
					if strings.HasPrefix(pkg, forbidden) {
						t.Errorf("%s imports %s", test.pkg, pkg)
					}
				}
			}
		})
	}
}
