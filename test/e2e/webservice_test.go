package e2e

import (
	"context"
	"regexp"
	"strings"
	"testing"

	"helm.sh/helm/v4/pkg/chart/v2/loader"
	"k8s.io/client-go/kubernetes"
	"sigs.k8s.io/e2e-framework/pkg/envconf"
)

// TestWebservice deploys the example's chart, which depends on the quick start's,
// with a network policy, where the restricted Pod Security Standard is enforced.
func TestWebservice(t *testing.T) {
	testChart(t, "under a web service", func(ctx context.Context, t *testing.T, cfg *envconf.Config, helm *helm) {
		webservice, err := loader.Load("../../examples/webservice/chart")
		if err != nil {
			t.Fatal(err)
		}
		webservice.SetDependencies(helm.chart) // as helm dependency build does, which may have been long ago
		helm.chart = webservice
		image := getenv("WEBSERVICE_IMAGE", "ghcr.io/workload-identity-quickstart/webservice:0.1.0")
		colon := strings.LastIndex(image, ":")
		var values []string
		for _, value := range append(helm.values,
			"image.repository="+image[:colon], "image.tag="+image[colon+1:],
			"networkPolicy.enabled=true", "networkPolicy.extraEgress[0].ports[0].port=3128", "networkPolicy.extraIngress[0].ports[0].port=8080",
		) {
			values = append(values, "quick-start."+value)
		}
		helm.values = values
		helm.install(ctx, t, "webservice")

		client, err := kubernetes.NewForConfig(cfg.Client().RESTConfig())
		if err != nil {
			t.Fatal(err)
		}
		answer, err := client.CoreV1().Services(helm.namespace).ProxyGet("http", "webservice", "http", "/", nil).DoRaw(ctx)
		if err != nil || !regexp.MustCompile(`^my-secret has version [0-9a-f]{32}\n$`).Match(answer) {
			t.Errorf("it answers %q, error %v\n%s", answer, err, describePods(ctx, cfg, helm.namespace))
		}
	})
}
