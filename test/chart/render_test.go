package chart

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"helm.sh/helm/v4/pkg/chart/common"
	"helm.sh/helm/v4/pkg/chart/common/util"
	chart "helm.sh/helm/v4/pkg/chart/v2"
	"helm.sh/helm/v4/pkg/chart/v2/loader"
	"helm.sh/helm/v4/pkg/engine"
	"helm.sh/helm/v4/pkg/strvals"
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/client-go/kubernetes/scheme"
)

const dir = "../../charts/quick-start"

// required are the values without which nothing works.
var required = []string{
	"azure.clientId=22222222-2222-2222-2222-222222222222",
	"keyvault.url=https://my-vault.vault.azure.net/",
	"keyvault.secretName=my-secret",
}

func load(t *testing.T) *chart.Chart {
	t.Helper()
	c, err := loader.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// values reads what would stand behind --set.
func values(t *testing.T, set ...string) map[string]any {
	t.Helper()
	v := make(map[string]any)
	for _, s := range set {
		if err := strvals.ParseInto(s, v); err != nil {
			t.Fatal(err)
		}
	}
	return v
}

// render returns the text of every template, by its file name.
func render(t *testing.T, release string, set ...string) (map[string]string, error) {
	t.Helper()
	return renderChart(t, load(t), release, values(t, set...))
}

func renderChart(t *testing.T, c *chart.Chart, release string, values map[string]any) (map[string]string, error) {
	t.Helper()
	options := common.ReleaseOptions{Name: release, Namespace: "ns", Revision: 1, IsInstall: true}
	v, err := util.ToRenderValues(c, values, options, common.DefaultCapabilities)
	if err != nil {
		return nil, err
	}
	rendered, err := engine.Render(c, v)
	if err != nil {
		return nil, err
	}
	files := make(map[string]string)
	for path, text := range rendered {
		files[filepath.Base(path)] = text
	}
	return files, nil
}

// objects returns what is rendered, as the types of the Kubernetes API.
func objects(t *testing.T, release string, set ...string) map[string]runtime.Object {
	t.Helper()
	files, err := render(t, release, set...)
	if err != nil {
		t.Fatal(err)
	}
	return decode(t, files)
}

// decode fails the test if the Kubernetes API does not know a field.
func decode(t *testing.T, files map[string]string) map[string]runtime.Object {
	t.Helper()
	decoder := serializer.NewCodecFactory(scheme.Scheme, serializer.EnableStrict).UniversalDeserializer()
	decoded := make(map[string]runtime.Object)
	for file, text := range files {
		if filepath.Ext(file) != ".yaml" || strings.TrimSpace(text) == "" {
			continue
		}
		object, _, err := decoder.Decode([]byte(text), nil, nil)
		if err != nil {
			t.Errorf("%s: %v\n%s", file, err, text)
			continue
		}
		decoded[file] = object
	}
	return decoded
}

// podOf returns the pod, or the template of one, among the objects.
func podOf(t *testing.T, objects map[string]runtime.Object) corev1.PodTemplateSpec {
	t.Helper()
	if pod, ok := objects["pod.yaml"].(*corev1.Pod); ok {
		return corev1.PodTemplateSpec{ObjectMeta: pod.ObjectMeta, Spec: pod.Spec}
	}
	if deployment, ok := objects["deployment.yaml"].(*appsv1.Deployment); ok {
		return deployment.Spec.Template
	}
	if job, ok := objects["job.yaml"].(*batchv1.Job); ok {
		return job.Spec.Template
	}
	t.Fatalf("no pod among %v", slices.Collect(maps.Keys(objects)))
	panic("not reached")
}

func env(container corev1.Container) map[string]string {
	variables := make(map[string]string)
	for _, variable := range container.Env {
		variables[variable.Name] = variable.Value
	}
	return variables
}

func TestVersionsAreInStep(t *testing.T) {
	version, err := os.ReadFile("../../VERSION")
	if err != nil {
		t.Fatal(err)
	}
	want := strings.TrimSpace(string(version))
	if metadata := load(t).Metadata; metadata.Version != want || metadata.AppVersion != want {
		t.Errorf("chart %s and app %s, want %s", metadata.Version, metadata.AppVersion, want)
	}
}
