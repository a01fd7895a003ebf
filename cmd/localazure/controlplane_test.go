package main

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/workload-identity-quickstart/msal-go/internal/localazure/arm"
)

func TestControlPlaneFlags(t *testing.T) {
	kubeconfig := filepath.Join(t.TempDir(), "config")
	if err := os.WriteFile(kubeconfig, []byte("apiVersion: v1"), 0o600); err != nil {
		t.Fatal(err)
	}
	o, err := parseServe([]string{"--empty", "--role", "Reader", "--cluster", "c1", "--kubeconfig", kubeconfig, "--issuer", "https://i",
		"--delay", "graph=30s", "--delay", "cluster=1m", "--clock", "2027-03-01", "--fault", "after PUT *"}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	cp := o.world.ControlPlane
	if !o.world.Empty || cp.Role != "Reader" || cp.UserRole != "Owner" || string(cp.Cluster.Kubeconfig) != "apiVersion: v1" || cp.Cluster.Issuer != "https://i" ||
		cp.Delays[arm.Graph] != 30*time.Second || cp.Delays[arm.ClusterChange] != time.Minute || cp.Clock.Year() != 2027 || len(o.faults) != 1 {
		t.Errorf("%+v", o)
	}
	for _, test := range []struct{ args, want string }{
		{"--issuer https://i", "-kubeconfig and -issuer need -cluster"},
		{"--kubeconfig /does/not/exist", "/does/not/exist"},
		{"--delay graph", "graph=30s"},
		{"--delay nothing=1s", "group-deletion"},
		{"--clock tomorrow", "is not a date such as 2027-03-01"},
		{"--fault PUT", "before|after METHOD HOST/PATH"},
		{"--role King", `role "King" is not known`},
	} {
		status, _, stderr := invoke(t, append([]string{"serve", "--listen", "127.0.0.1:0"}, strings.Fields(test.args)...)...)
		if status != exitUsage || !strings.Contains(stderr, test.want) {
			t.Errorf("%s: status %d, %q", test.args, status, stderr)
		}
	}
}
