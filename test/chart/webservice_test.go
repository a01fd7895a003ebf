package chart

import (
	"maps"
	"strings"
	"testing"

	chart "helm.sh/helm/v4/pkg/chart/v2"
	"helm.sh/helm/v4/pkg/chart/v2/loader"
	"helm.sh/helm/v4/pkg/chart/v2/util"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
)

const webserviceDir = "../../examples/webservice/chart"

// loadWebservice loads the example's chart with its dependency, as helm dependency
// build would put it there.
func loadWebservice(t *testing.T) *chart.Chart {
	t.Helper()
	c, err := loader.Load(webserviceDir)
	if err != nil {
		t.Fatal(err)
	}
	c.SetDependencies(load(t)) // an earlier build may have left an older one
	return c
}

// TestWebservice checks the chart that shows how to base one's own on this one.
func TestWebservice(t *testing.T) {
	c := loadWebservice(t)
	var set []string
	for _, s := range required {
		set = append(set, "quick-start."+s)
	}
	if err := util.ProcessDependencies(c, values(t, set...)); err != nil {
		t.Fatal(err)
	}
	files, err := renderChart(t, c, "webservice", values(t, set...))
	if err != nil {
		t.Fatal(err)
	}
	got := decode(t, files)
	if len(got) != 3 {
		t.Errorf("%d objects, want a service account, a Deployment and a Service", len(got))
	}
	deployment := got["deployment.yaml"].(*appsv1.Deployment)
	service := got["service.yaml"].(*corev1.Service)
	if service.Name != "webservice" || deployment.Name != "webservice" {
		t.Errorf("Service %s of Deployment %s", service.Name, deployment.Name)
	}
	if selector := deployment.Spec.Selector.MatchLabels; !maps.Equal(service.Spec.Selector, selector) {
		t.Errorf("the Service selects %v, the Deployment %v", service.Spec.Selector, selector)
	}
	container := deployment.Spec.Template.Spec.Containers[0]
	if port := service.Spec.Ports[0].TargetPort.StrVal; port != container.Ports[0].Name {
		t.Errorf("the Service sends to port %q of %v", port, container.Ports)
	}
	if want := "ghcr.io/workload-identity-quickstart/webservice:" + load(t).AppVersion(); container.Image != want {
		t.Errorf("image %s, want %s", container.Image, want)
	}
}

// TestWebserviceVersionsAreInStep fails when the version has changed, and helm
// dependency update has not been run.
func TestWebserviceVersionsAreInStep(t *testing.T) {
	want := load(t).Metadata.Version
	c := loadWebservice(t)
	if len(c.Metadata.Dependencies) != 1 || c.Metadata.Dependencies[0].Version != want {
		t.Errorf("%s/Chart.yaml depends on %v, want version %s", webserviceDir, c.Metadata.Dependencies, want)
	}
	if c.Lock == nil || len(c.Lock.Dependencies) != 1 || c.Lock.Dependencies[0].Version != want {
		t.Errorf("Chart.lock is out of date: run helm dependency update %s", strings.TrimPrefix(webserviceDir, "../../"))
	}
}
