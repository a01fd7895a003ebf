package e2e

import (
	"context"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"sigs.k8s.io/e2e-framework/pkg/envconf"
)

// TestScripts runs the scripts on the cluster, with the stand-in for the Azure CLI
// that knows the cluster as an AKS cluster.
func TestScripts(t *testing.T) {
	testChart(t, "by the scripts", func(ctx context.Context, t *testing.T, cfg *envconf.Config, helm *helm) {
		for _, tool := range []string{"bash", "kubectl", "helm"} {
			if _, err := exec.LookPath(tool); err != nil {
				if os.Getenv("CI") != "" {
					t.Fatal(err)
				}
				t.Skipf("the scripts need %s: %v", tool, err)
			}
		}
		s := newScripts(t, cfg, azureFrom(ctx).variables)
		var set []string
		for _, value := range helm.values {
			set = append(set, "--set", value)
		}

		out := s.run(t, "provision.sh")
		if !strings.Contains(out, "Everything is there") {
			t.Errorf("provision.sh:\n%s", out)
		}
		out = s.run(t, "deploy.sh", append([]string{"--"}, set...)...)
		if !tutorialLine.MatchString(out) {
			t.Errorf("deploy.sh does not show the line:\n%s", out)
		}
		out = s.run(t, "deploy.sh", append([]string{"--"}, set...)...)
		if !strings.Contains(out, "unchanged") || !tutorialLine.MatchString(out) {
			t.Errorf("deploy.sh, again:\n%s", out)
		}
		out = s.run(t, "verify.sh")
		if !tutorialLine.MatchString(out) || strings.Count(out, "  ok  ") != 5 || !strings.Contains(out, "AZURE_FEDERATED_TOKEN_FILE") {
			t.Errorf("verify.sh:\n%s", out)
		}
		out = s.run(t, "cleanup.sh", "--yes", "--purge")
		if !strings.Contains(out, "Helm release quick-start") || !strings.Contains(out, "All of it is deleted") {
			t.Errorf("cleanup.sh:\n%s", out)
		}
	})
}

// scripts is where the scripts run, with an Azure of their own.
type scripts struct {
	environ []string
}

func newScripts(t *testing.T, cfg *envconf.Config, variables map[string]string) *scripts {
	t.Helper()
	host, err := url.Parse(cfg.Client().RESTConfig().Host)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	az := filepath.Join(dir, "bin", "az")
	build := exec.Command("go", "build", "-o", az, "./fakeaz")
	build.Dir = "../scripts"
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build the stand-in for az: %v\n%s", err, out)
	}
	s := &scripts{environ: append(os.Environ(),
		"PATH="+filepath.Dir(az)+string(os.PathListSeparator)+os.Getenv("PATH"),
		"KUBECONFIG="+filepath.Join(dir, "kubeconfig"),
		"STATE_DIR="+filepath.Join(dir, "state"),
		"ENV_FILE="+os.DevNull,
		"FAKE_AZ_DIR="+filepath.Join(dir, "azure"),
		"KEYVAULT_NAME="+variables["KEYVAULT_NAME"],
		"SERVICE_ACCOUNT_NAMESPACE="+variables["RESTRICTED_NAMESPACE"],
	)}
	t.Cleanup(func() {
		if t.Failed() {
			out, err := s.command("../../scripts/cleanup.sh", "--yes").CombinedOutput()
			t.Logf("clean up: %v\n%s", err, out)
		}
	})
	if out, err := s.command(az, "fake", "init").CombinedOutput(); err != nil {
		t.Fatalf("start with an empty Azure: %v\n%s", err, out)
	}
	for _, setting := range [][2]string{
		{"account.tenantId", variables["TENANT_ID"]},
		{"defaults.clientId", variables["USER_ASSIGNED_CLIENT_ID"]},
		{"defaults.issuerUrl", variables["ISSUER"]},
		{"defaults.kubeconfig", cfg.KubeconfigFile()},
		{"defaults.fqdn", host.Hostname()},
	} {
		if out, err := s.command(az, "fake", "set", setting[0], `"`+setting[1]+`"`).CombinedOutput(); err != nil {
			t.Fatalf("set %s: %v\n%s", setting[0], err, out)
		}
	}
	return s
}

// run runs a script, which must succeed, and returns what it shows.
func (s *scripts) run(t *testing.T, name string, arguments ...string) string {
	t.Helper()
	out, err := s.command("../../scripts/"+name, arguments...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", name, err, out)
	}
	t.Logf("%s:\n%s", name, out)
	return string(out)
}

func (s *scripts) command(name string, arguments ...string) *exec.Cmd {
	command := exec.Command(name, arguments...)
	command.Env = s.environ
	return command
}
