package e2e

import (
	"context"
	"errors"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/e2e-framework/klient/k8s/resources"
	"sigs.k8s.io/e2e-framework/klient/wait"
	"sigs.k8s.io/e2e-framework/klient/wait/conditions"
	"sigs.k8s.io/e2e-framework/pkg/envconf"
	"sigs.k8s.io/e2e-framework/pkg/features"
)

// identityBinding is the annotation of pods that use an AKS identity binding.
const identityBinding = "azure.workload.identity/use-identity-binding"

// tutorialLine is what the tutorial shows of kubectl logs quick-start.
var tutorialLine = regexp.MustCompile(`(?m)^I\d{4} \d\d:\d\d:\d\d\.\d{6} +\d+ main\.go:\d+\] "successfully got secret" secret="Hello!"$`)

// TestBrokenWebhookLink leaves out what the webhook looks for, and reads what the
// program makes of it.
func TestBrokenWebhookLink(t *testing.T) {
	explained := func(id string) *regexp.Regexp {
		return regexp.MustCompile(`"invalid configuration.*[\s\S]*link="webhook" cause=".*` + id + `.*" fix="kubectl .+"`)
	}
	testenv.Test(t, features.New("a pod").
		Assess("without the label", func(ctx context.Context, t *testing.T, cfg *envconf.Config) context.Context {
			pod := runPod(ctx, t, cfg, func(pod *corev1.Pod) { pod.Labels = nil })
			waitForLog(ctx, t, cfg, pod, explained("lacks the label"))
			return ctx
		}).
		Assess("whose service account lacks the annotation", func(ctx context.Context, t *testing.T, cfg *envconf.Config) context.Context {
			plain := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: "plain", Namespace: azureFrom(ctx).variables["SERVICE_ACCOUNT_NAMESPACE"]}}
			if err := azureFrom(ctx).create(ctx, cfg, plain); err != nil {
				t.Fatal(err)
			}
			pod := runPod(ctx, t, cfg, func(pod *corev1.Pod) { pod.Spec.ServiceAccountName = plain.Name })
			waitForLog(ctx, t, cfg, pod, explained("lacks the annotation"))
			return ctx
		}).
		Assess("without a service account of its own", func(ctx context.Context, t *testing.T, cfg *envconf.Config) context.Context {
			pod := runPod(ctx, t, cfg, func(pod *corev1.Pod) { pod.Spec.ServiceAccountName = "default" })
			waitForLog(ctx, t, cfg, pod, explained("serviceAccountName is missing"))
			return ctx
		}).Feature())
}

func TestTutorial(t *testing.T) {
	testenv.Test(t, features.New("the tutorial's pod").
		Assess("logs the secret", func(ctx context.Context, t *testing.T, cfg *envconf.Config) context.Context {
			pod := runPod(ctx, t, cfg, func(*corev1.Pod) {})
			waitForLog(ctx, t, cfg, pod, tutorialLine)
			return ctx
		}).Feature())
}

func TestIdentityBinding(t *testing.T) {
	testenv.Test(t, features.New("a pod with an identity binding").
		Setup(installTokenProxy).
		Assess("logs the secret", func(ctx context.Context, t *testing.T, cfg *envconf.Config) context.Context {
			pod := runPod(ctx, t, cfg, func(pod *corev1.Pod) { pod.Annotations = map[string]string{identityBinding: "true"} })
			waitForLog(ctx, t, cfg, pod, tutorialLine)
			return ctx
		}).Feature())
}

// installTokenProxy makes the local Azure answer where the webhook tells pods
// that the cluster's token proxy is.
func installTokenProxy(ctx context.Context, t *testing.T, cfg *envconf.Config) context.Context {
	azure := azureFrom(ctx)
	proxy, err := url.Parse(azure.variables["TOKEN_PROXY"])
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(proxy.Hostname(), ".")
	if len(parts) < 3 || parts[2] != "svc" || proxy.Port() != "" {
		t.Skipf("the webhook injects %q: no token proxy of which the tests could take the place", proxy)
	}
	name, namespace := parts[0], parts[1]
	if azure.tokenProxyInstalled {
		return ctx
	}
	azure.tokenProxyInstalled = true
	err = errors.Join(
		azure.createCAConfigMaps(ctx, cfg, azure.variables["TOKEN_PROXY_CA_CONFIGMAP"]),
		azure.create(ctx, cfg, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}}),
		azure.create(ctx, cfg, &corev1.Service{
			ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: namespace},
			Spec: corev1.ServiceSpec{
				Type:         corev1.ServiceTypeExternalName,
				ExternalName: "localazure." + azure.variables["LOCALAZURE_NAMESPACE"] + ".svc.cluster.local",
			},
		}),
	)
	if err != nil {
		t.Fatal(err)
	}
	return ctx
}

// runPod runs the tutorial's pod, changed by change, until the test ends.
func runPod(ctx context.Context, t *testing.T, cfg *envconf.Config, change func(*corev1.Pod)) *corev1.Pod {
	t.Helper()
	pod, err := azureFrom(ctx).pod()
	if err != nil {
		t.Fatal(err)
	}
	change(pod)
	client := cfg.Client().Resources()
	if err := client.Create(ctx, pod); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx := context.WithoutCancel(ctx)
		if err := client.Delete(ctx, pod, resources.WithGracePeriod(time.Second)); err != nil {
			t.Error(err)
		}
		gone := conditions.New(client).ResourceDeleted(pod)
		if err := wait.For(gone, wait.WithContext(ctx), wait.WithTimeout(time.Minute), wait.WithInterval(time.Second)); err != nil {
			t.Errorf("wait for the end of the pod: %v", err)
		}
	})
	return pod
}

// waitForLog waits until the pod's log matches want.
func waitForLog(ctx context.Context, t *testing.T, cfg *envconf.Config, pod *corev1.Pod, want *regexp.Regexp) {
	t.Helper()
	var log string
	err := wait.For(func(ctx context.Context) (bool, error) {
		log = podLog(ctx, cfg, pod)
		return want.MatchString(log), nil
	}, wait.WithContext(ctx), wait.WithTimeout(2*time.Minute), wait.WithInterval(time.Second))
	if err != nil {
		t.Fatalf("no line that matches %s: %v\n%s", want, err, describePods(ctx, cfg, pod.Namespace))
	}
	t.Logf("kubectl logs %s:\n%s", pod.Name, log)
}

func azureFrom(ctx context.Context) *azure {
	return ctx.Value(azureKey{}).(*azure)
}
