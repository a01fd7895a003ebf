package peers

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/workload-identity-quickstart/msal-go/internal/localazure"
	"github.com/workload-identity-quickstart/msal-go/internal/localazure/cloud"
	"github.com/workload-identity-quickstart/msal-go/internal/test/fakeazure"
)

// TestMSALForPython runs a program that knows nothing of the local Azure but
// what its environment says.
func TestMSALForPython(t *testing.T) {
	if out, err := exec.CommandContext(t.Context(), "/usr/bin/python3", "-c", "import msal, requests").CombinedOutput(); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("MSAL for Python is missing in CI: %v\n%s", err, out)
		}
		t.Skip("MSAL for Python is not installed (Debian and Ubuntu: python3-msal)")
	}
	tests := []struct {
		name   string
		config localazure.SandboxConfig
		want   string
	}{
		{"secret", localazure.SandboxConfig{}, "200 Hello!"},
		{"China", localazure.SandboxConfig{Cloud: cloud.China()}, "200 Hello!"},
		{"no federated credential", localazure.SandboxConfig{NoFederatedCredential: true}, "invalid_client [70025]"},
		{"no role", localazure.SandboxConfig{DenySecret: localazure.DenyRBAC}, "403 ForbiddenByRbac"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			fakeazure.Start(t, test.config)
			out, err := exec.CommandContext(t.Context(), "/usr/bin/python3", "testdata/read_secret.py").CombinedOutput()
			if got := strings.TrimSpace(string(out)); err != nil || got != test.want {
				t.Errorf("got %q and error %v, want %q", got, err, test.want)
			}
		})
	}
}
