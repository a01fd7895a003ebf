package e2e

import (
	"context"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"helm.sh/helm/v4/pkg/action"
	chart "helm.sh/helm/v4/pkg/chart/v2"
	"helm.sh/helm/v4/pkg/chart/v2/loader"
	"helm.sh/helm/v4/pkg/cli"
	"helm.sh/helm/v4/pkg/kube"
	release "helm.sh/helm/v4/pkg/release/v1"
	"helm.sh/helm/v4/pkg/strvals"
	"sigs.k8s.io/e2e-framework/pkg/envconf"
)

const (
	chartDir    = "../../charts/quick-start"
	helmTimeout = 2 * time.Minute
)

// helm does in a namespace what the commands of the same names do.
type helm struct {
	config    *action.Configuration
	namespace string
	chart     *chart.Chart
	values    []string // what every release needs here
}

// newHelm packages the chart, as it would be published, and uses the archive.
func newHelm(t *testing.T, cfg *envconf.Config, namespace string, values []string) *helm {
	t.Helper()
	pack := action.NewPackage()
	pack.Destination = t.TempDir()
	archive, err := pack.Run(chartDir, nil)
	if err != nil {
		t.Fatal(err)
	}
	c, err := loader.Load(archive)
	if err != nil {
		t.Fatal(err)
	}
	settings := cli.New()
	settings.KubeConfig = cfg.KubeconfigFile()
	settings.SetNamespace(namespace)
	config := action.NewConfiguration()
	if err := config.Init(settings.RESTClientGetter(), namespace, "secret"); err != nil {
		t.Fatal(err)
	}
	return &helm{config: config, namespace: namespace, chart: c, values: values}
}

// parse reads what would stand behind --set.
func (h *helm) parse(t *testing.T, set []string) map[string]any {
	t.Helper()
	values := make(map[string]any)
	for _, s := range append(append([]string(nil), h.values...), set...) {
		if err := strvals.ParseInto(s, values); err != nil {
			t.Fatal(err)
		}
	}
	return values
}

// install installs a release, and uninstalls it when the test ends.
func (h *helm) install(ctx context.Context, t *testing.T, name string, set ...string) *release.Release {
	t.Helper()
	install := action.NewInstall(h.config)
	install.ReleaseName, install.Namespace = name, h.namespace
	install.WaitStrategy, install.Timeout = kube.StatusWatcherStrategy, helmTimeout
	installed, err := install.RunWithContext(ctx, h.chart, h.parse(t, set))
	t.Cleanup(func() {
		uninstall := action.NewUninstall(h.config)
		uninstall.WaitStrategy, uninstall.Timeout = kube.StatusWatcherStrategy, helmTimeout
		uninstall.IgnoreNotFound = true // the installation failed before it began
		if _, err := uninstall.Run(name); err != nil {
			t.Errorf("helm uninstall %s: %v", name, err)
		}
	})
	if err != nil {
		t.Fatalf("helm install %s: %v", name, err)
	}
	return installed.(*release.Release)
}

// upgrade upgrades the release quick-start.
func (h *helm) upgrade(ctx context.Context, t *testing.T, set ...string) error {
	t.Helper()
	upgrade := action.NewUpgrade(h.config)
	upgrade.Namespace = h.namespace
	upgrade.WaitStrategy, upgrade.Timeout = kube.StatusWatcherStrategy, helmTimeout
	_, err := upgrade.RunWithContext(ctx, "quick-start", h.chart, h.parse(t, set))
	return err
}

// test runs helm test --logs and returns the logs.
func (h *helm) test(name string) (logs string, err error) {
	test := action.NewReleaseTesting(h.config)
	test.Namespace, test.Timeout = h.namespace, helmTimeout
	tested, shutdown, err := test.Run(name)
	var out strings.Builder
	if rel, ok := tested.(*release.Release); ok {
		if logErr := test.GetPodLogs(io.Writer(&out), rel); logErr != nil {
			fmt.Fprintf(&out, "logs: %v", logErr)
		}
	}
	if shutdownErr := shutdown(); err == nil {
		err = shutdownErr
	}
	return out.String(), err
}
