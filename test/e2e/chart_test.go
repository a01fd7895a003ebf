package e2e

import (
	"bytes"
	"context"
	"regexp"
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/e2e-framework/klient/k8s"
	"sigs.k8s.io/e2e-framework/klient/k8s/resources"
	"sigs.k8s.io/e2e-framework/klient/wait"
	"sigs.k8s.io/e2e-framework/klient/wait/conditions"
	"sigs.k8s.io/e2e-framework/pkg/envconf"
	"sigs.k8s.io/e2e-framework/pkg/features"
)

const otherSecret = "keyvault.secretName=other-secret"

var otherLine = regexp.MustCompile(`"successfully got secret" secret="Goodbye!"`)

// testChart runs a test of the chart in a namespace that enforces the restricted
// Pod Security Standard.
func testChart(t *testing.T, name string, test func(ctx context.Context, t *testing.T, cfg *envconf.Config, helm *helm)) {
	testenv.Test(t, features.New("chart").Assess(name, func(ctx context.Context, t *testing.T, cfg *envconf.Config) context.Context {
		azure := azureFrom(ctx)
		namespace := azure.variables["RESTRICTED_NAMESPACE"]
		// Runs last: after what the releases of the test clean up.
		t.Cleanup(func() { expectNothingLeft(context.WithoutCancel(ctx), t, cfg, namespace) })
		test(ctx, t, cfg, newHelm(t, cfg, namespace, azure.chartValues()))
		return ctx
	}).Feature())
}

func TestChartPod(t *testing.T) {
	testChart(t, "as in the tutorial", func(ctx context.Context, t *testing.T, cfg *envconf.Config, helm *helm) {
		rel := helm.install(ctx, t, "quick-start")
		if !strings.Contains(rel.Info.Notes, "kubectl logs quick-start -n "+helm.namespace) {
			t.Errorf("the notes do not say how to see that it worked:\n%s", rel.Info.Notes)
		}
		pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "quick-start", Namespace: helm.namespace}}
		waitForLog(ctx, t, cfg, pod, tutorialLine)
		var doctor, stderr bytes.Buffer
		err := cfg.Client().Resources().ExecInPod(ctx, pod.Namespace, pod.Name, "quick-start", []string{"/quickstart", "doctor"}, &doctor, &stderr)
		if err != nil || strings.Count(doctor.String(), "  ok  ") != 5 {
			t.Errorf("quickstart doctor: %v\n%s%s", err, doctor.String(), stderr.String())
		}
		t.Logf("kubectl exec quick-start -- /quickstart doctor:\n%s", doctor.String())
		if logs, err := helm.test("quick-start"); err != nil || !tutorialLine.MatchString(logs) {
			t.Errorf("helm test: %v\n%s", err, logs)
		}
	})
}

func TestChartPodUpgrade(t *testing.T) {
	testChart(t, "changed in place or with advice", func(ctx context.Context, t *testing.T, cfg *envconf.Config, helm *helm) {
		helm.install(ctx, t, "quick-start")
		pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "quick-start", Namespace: helm.namespace}}
		client := cfg.Client().Resources()
		if err := client.Get(ctx, pod.Name, pod.Namespace, pod); err != nil {
			t.Fatal(err)
		}
		before := pod.UID
		if err := helm.upgrade(ctx, t, "podLabels.team=a", "serviceAccount.labels.team=a"); err != nil {
			t.Errorf("upgrade of labels: %v", err)
		}
		if err := client.Get(ctx, pod.Name, pod.Namespace, pod); err != nil || pod.UID != before || pod.Labels["team"] != "a" {
			t.Errorf("pod %s has labels %v, error %v", pod.UID, pod.Labels, err)
		}

		const image = "ghcr.io/azure/azure-workload-identity/msal-go:latest" // ours by the name of the sample's
		if err := helm.upgrade(ctx, t, "image.repository="+strings.TrimSuffix(image, ":latest"), "image.tag=latest"); err != nil {
			t.Errorf("upgrade of the image: %v", err)
		}
		if err := client.Get(ctx, pod.Name, pod.Namespace, pod); err != nil || pod.UID != before || pod.Spec.Containers[0].Image != image {
			t.Errorf("pod %s has image %s, error %v", pod.UID, pod.Spec.Containers[0].Image, err)
		}

		err := helm.upgrade(ctx, t, otherSecret)
		advice := "kubectl delete pod quick-start -n " + helm.namespace
		if err == nil || !strings.Contains(err.Error(), advice) {
			t.Fatalf("upgrade of the secret's name: %v, want %q", err, advice)
		}
		if err := client.Delete(ctx, pod, resources.WithGracePeriod(time.Second)); err != nil {
			t.Fatal(err)
		}
		waitFor(ctx, t, conditions.New(client).ResourceDeleted(pod), "the pod to be gone")
		if err := helm.upgrade(ctx, t, otherSecret); err != nil {
			t.Fatalf("upgrade after the advice: %v", err)
		}
		waitForLog(ctx, t, cfg, pod, otherLine)
	})
}

func TestChartSecondRelease(t *testing.T) {
	testChart(t, "beside the first", func(ctx context.Context, t *testing.T, cfg *envconf.Config, helm *helm) {
		helm.install(ctx, t, "quick-start")
		helm.install(ctx, t, "web", "serviceAccount.create=false", "azure.clientId=null", otherSecret)
		for name, want := range map[string]*regexp.Regexp{"quick-start": tutorialLine, "web-quick-start": otherLine} {
			waitForLog(ctx, t, cfg, &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: helm.namespace}}, want)
		}
	})
}

func TestChartTestFails(t *testing.T) {
	testChart(t, "without the secret", func(ctx context.Context, t *testing.T, cfg *envconf.Config, helm *helm) {
		// Nothing but the test pod reads the secret in this release.
		helm.install(ctx, t, "quick-start", "kind=Deployment", "deployment.replicas=0", "keyvault.secretName=missing")
		logs, err := helm.test("quick-start")
		if err == nil || !strings.Contains(logs, "SecretNotFound") {
			t.Errorf("helm test: %v\n%s", err, logs)
		}
		// A failed test's pod stays for a closer look.
		pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "quick-start-test", Namespace: helm.namespace}}
		if err := cfg.Client().Resources().Delete(ctx, pod); err != nil {
			t.Error(err)
		}
		waitFor(ctx, t, conditions.New(cfg.Client().Resources()).ResourceDeleted(pod), "the test pod to be gone")
	})
}

func TestChartDeployment(t *testing.T) {
	testChart(t, "rolls to another secret", func(ctx context.Context, t *testing.T, cfg *envconf.Config, helm *helm) {
		set := []string{"kind=Deployment", "deployment.replicas=2"}
		helm.install(ctx, t, "quick-start", set...)
		waitForLog(ctx, t, cfg, onePod(ctx, t, cfg, helm.namespace), tutorialLine)
		budget := &policyv1.PodDisruptionBudget{ObjectMeta: metav1.ObjectMeta{Name: "quick-start", Namespace: helm.namespace}}
		waitFor(ctx, t, conditions.New(cfg.Client().Resources()).ResourceMatch(budget, func(object k8s.Object) bool {
			return object.(*policyv1.PodDisruptionBudget).Status.ExpectedPods == 2
		}), "the disruption budget to count the pods")

		if err := helm.upgrade(ctx, t, append(set, otherSecret)...); err != nil {
			t.Fatal(err)
		}
		waitForLog(ctx, t, cfg, onePod(ctx, t, cfg, helm.namespace), otherLine)
		if _, err := helm.test("quick-start"); err != nil {
			t.Errorf("helm test: %v", err)
		}
	})
}

func TestChartJob(t *testing.T) {
	testChart(t, "runs anew for another secret", func(ctx context.Context, t *testing.T, cfg *envconf.Config, helm *helm) {
		helm.install(ctx, t, "quick-start", "kind=Job")
		waitForLog(ctx, t, cfg, onePod(ctx, t, cfg, helm.namespace), tutorialLine)
		first := theJob(ctx, t, cfg, helm.namespace)
		waitFor(ctx, t, conditions.New(cfg.Client().Resources()).JobCompleted(first), "the Job to complete")

		if err := helm.upgrade(ctx, t, "kind=Job", otherSecret); err != nil {
			t.Fatal(err)
		}
		waitFor(ctx, t, conditions.New(cfg.Client().Resources()).ResourceDeleted(first), "the first Job to be gone")
		waitForLog(ctx, t, cfg, onePod(ctx, t, cfg, helm.namespace), otherLine)
	})
}

func TestChartIdentityBinding(t *testing.T) {
	testChart(t, "through the token proxy", func(ctx context.Context, t *testing.T, cfg *envconf.Config, helm *helm) {
		ctx = installTokenProxy(ctx, t, cfg)
		helm.install(ctx, t, "quick-start", "identityBinding.enabled=true")
		waitForLog(ctx, t, cfg, &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "quick-start", Namespace: helm.namespace}}, tutorialLine)
	})
}

// onePod waits until the release's pods are all of its latest revision and
// returns one.
func onePod(ctx context.Context, t *testing.T, cfg *envconf.Config, namespace string) *corev1.Pod {
	t.Helper()
	var found corev1.Pod
	waitFor(ctx, t, func(ctx context.Context) (bool, error) {
		var pods corev1.PodList
		err := cfg.Client().Resources(namespace).List(ctx, &pods, resources.WithLabelSelector("app.kubernetes.io/name=quick-start"))
		if err != nil || len(pods.Items) == 0 {
			return false, err
		}
		found = pods.Items[0]
		for _, pod := range pods.Items {
			if pod.DeletionTimestamp != nil || pod.Annotations["checksum/config"] != found.Annotations["checksum/config"] {
				return false, nil
			}
		}
		return true, nil
	}, "pods of one revision")
	return &found
}

func theJob(ctx context.Context, t *testing.T, cfg *envconf.Config, namespace string) *batchv1.Job {
	t.Helper()
	var jobs batchv1.JobList
	if err := cfg.Client().Resources(namespace).List(ctx, &jobs); err != nil || len(jobs.Items) != 1 {
		t.Fatalf("%d Jobs, error %v", len(jobs.Items), err)
	}
	return &jobs.Items[0]
}

func waitFor(ctx context.Context, t *testing.T, condition func(context.Context) (bool, error), what string) {
	t.Helper()
	if err := wait.For(condition, wait.WithContext(ctx), wait.WithTimeout(time.Minute), wait.WithInterval(time.Second)); err != nil {
		t.Fatalf("wait for %s: %v", what, err)
	}
}

// expectNothingLeft looks for what uninstalled releases left behind.
func expectNothingLeft(ctx context.Context, t *testing.T, cfg *envconf.Config, namespace string) {
	t.Helper()
	client := cfg.Client().Resources(namespace)
	var left []string
	err := wait.For(func(ctx context.Context) (bool, error) {
		left = nil
		for _, list := range []k8s.ObjectList{
			&corev1.PodList{}, &corev1.SecretList{}, &corev1.ServiceList{}, &appsv1.DeploymentList{}, &appsv1.ReplicaSetList{}, &batchv1.JobList{}, &policyv1.PodDisruptionBudgetList{},
		} {
			if err := client.List(ctx, list); err != nil {
				return false, err
			}
			left = append(left, names(list)...)
		}
		var accounts corev1.ServiceAccountList
		if err := client.List(ctx, &accounts, resources.WithLabelSelector("app.kubernetes.io/managed-by=Helm")); err != nil {
			return false, err
		}
		left = append(left, names(&accounts)...)
		return len(left) == 0, nil
	}, wait.WithContext(ctx), wait.WithTimeout(time.Minute), wait.WithInterval(time.Second))
	if err != nil {
		t.Errorf("left behind after uninstall: %q (%v)", left, err)
	}
}
