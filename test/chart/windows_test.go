package chart

import (
	"testing"

	"helm.sh/helm/v4/pkg/chart/common"
	"helm.sh/helm/v4/pkg/chart/common/util"
	corev1 "k8s.io/api/core/v1"
)

// TestWindows checks that the values in docs/windows leave nothing in a pod that
// Kubernetes refuses on Windows, see
// https://kubernetes.io/docs/concepts/windows/intro/#compatibility-v1-pod-spec-containers-securitycontext.
func TestWindows(t *testing.T) {
	windows, err := common.ReadValuesFile("../../docs/windows/values.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range []string{"Pod", "Deployment", "Job"} {
		files, err := renderChart(t, load(t), "quick-start", util.CoalesceTables(values(t, append(required, "kind="+kind)...), windows))
		if err != nil {
			t.Fatal(err)
		}
		got := decode(t, files)
		for name, spec := range map[string]corev1.PodSpec{kind: podOf(t, got).Spec, "test": got["read-secret.yaml"].(*corev1.Pod).Spec} {
			checkWindows(t, name, spec)
		}
	}
}

func checkWindows(t *testing.T, name string, pod corev1.PodSpec) {
	t.Helper()
	if pod.OS == nil || pod.OS.Name != corev1.Windows || pod.NodeSelector[corev1.LabelOSStable] != "windows" {
		t.Errorf("%s: os %v, node selector %v", name, pod.OS, pod.NodeSelector)
	}
	context := pod.SecurityContext
	if context.RunAsUser != nil || context.RunAsGroup != nil || context.SeccompProfile != nil || context.FSGroup != nil {
		t.Errorf("%s: the pod's security context is for Linux: %v", name, context)
	}
	if !*context.RunAsNonRoot || *context.WindowsOptions.RunAsUserName != "ContainerUser" {
		t.Errorf("%s: the pod may run as an administrator: %v", name, context)
	}
	container := pod.Containers[0].SecurityContext
	if container.AllowPrivilegeEscalation != nil || container.ReadOnlyRootFilesystem != nil || container.Capabilities != nil {
		t.Errorf("%s: the container's security context is for Linux: %v", name, container)
	}
}

func TestOS(t *testing.T) {
	for _, test := range []struct {
		set  string
		want corev1.OSName // none if empty
	}{
		{"image.tag=latest", corev1.Linux},
		{"nodeSelector.kubernetes\\.io/os=null", ""},
		{"nodeSelector=null", ""},
	} {
		var got corev1.OSName
		if spec := podOf(t, objects(t, "quick-start", append(required, test.set)...)).Spec; spec.OS != nil {
			got = spec.OS.Name
		}
		if got != test.want {
			t.Errorf("with %s: os %q, want %q", test.set, got, test.want)
		}
	}
}
