package e2e

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/util/retry"
	"sigs.k8s.io/e2e-framework/klient/k8s/resources"
	"sigs.k8s.io/e2e-framework/klient/wait"
	"sigs.k8s.io/e2e-framework/pkg/envconf"
	"sigs.k8s.io/e2e-framework/pkg/features"
)

const (
	readInterval = 2 * time.Second
	maxRecovery  = time.Minute      // from the end of a disturbance
	maxSilence   = 20 * time.Second // between two lines of a log

	// quiet passes before Azure gets new keys again. A pod that has just replaced a
	// token does so again after a minute, and has no more than that minute.
	quiet = 10 * time.Second
)

var klogLine = regexp.MustCompile(`^[IWE](\d{4} \d\d:\d\d:\d\d\.\d{6}) +\d+ [\w.]+:\d+\] (.*)$`)

// TestRecovery disturbs Azure while three pods read a secret. Every start of
// localazure has new signing keys, so that the vault rejects the tokens that pods
// have in memory; they replace one at most once a minute. A test cannot restart the API
// server with another key for service account tokens: TestIssuerKeysRotated in
// cmd/quickstart rotates those of localazure's own issuer.
func TestRecovery(t *testing.T) {
	testenv.Test(t, features.New("three pods").
		Assess("recover", func(ctx context.Context, t *testing.T, cfg *envconf.Config) context.Context {
			r := newRecovery(ctx, t, cfg)
			r.expect(ctx, t, "killed every few seconds", "AKV10046", func() {
				for start := time.Now(); time.Since(start) < 30*time.Second; time.Sleep(3 * time.Second) {
					r.kill(ctx, t)
				}
				r.kill(ctx, t)
			})
			r.expect(ctx, t, "restarted with new keys", "AKV10046", func() { r.kill(ctx, t) })
			r.expect(ctx, t, "unreachable for two minutes", "failed to get secret", func() {
				r.change(ctx, t, func(d *appsv1.Deployment) { d.Spec.Replicas = new(int32(0)) })
				time.Sleep(2 * time.Minute)
				r.change(ctx, t, func(d *appsv1.Deployment) { d.Spec.Replicas = new(int32(1)) })
			})
			r.expect(ctx, t, "role taken away and given back", "ForbiddenByRbac", func() {
				r.change(ctx, t, func(d *appsv1.Deployment) {
					container := &d.Spec.Template.Spec.Containers[0]
					container.Args = append(container.Args, "--deny-secret=rbac")
				})
				since := time.Now()
				for _, pod := range r.pods {
					r.await(ctx, t, pod, "ForbiddenByRbac", func(lines []line) bool {
						return slices.ContainsFunc(lines, func(l line) bool { return l.at.After(since) && strings.Contains(l.text, "ForbiddenByRbac") })
					})
				}
				time.Sleep(quiet)
				r.change(ctx, t, func(d *appsv1.Deployment) {
					container := &d.Spec.Template.Spec.Containers[0]
					container.Args = container.Args[:len(container.Args)-1]
				})
			})
			r.checkPods(ctx, t)
			return ctx
		}).Feature())
}

// recovery holds three pods that read a secret, and localazure, where they read it.
type recovery struct {
	cfg     *envconf.Config
	azure   *resources.Resources // of localazure's namespace
	pods    []*corev1.Pod
	started time.Time
}

func newRecovery(ctx context.Context, t *testing.T, cfg *envconf.Config) *recovery {
	t.Helper()
	r := &recovery{cfg: cfg, azure: cfg.Client().Resources(azureFrom(ctx).variables["LOCALAZURE_NAMESPACE"])}
	var before appsv1.DeploymentSpec
	// Two instances must not serve at once, since their keys differ.
	r.change(ctx, t, func(d *appsv1.Deployment) {
		before = *d.Spec.DeepCopy()
		d.Spec.Strategy = appsv1.DeploymentStrategy{Type: appsv1.RecreateDeploymentStrategyType}
	})
	t.Cleanup(func() { r.change(context.WithoutCancel(ctx), t, func(d *appsv1.Deployment) { d.Spec = before }) })
	for i := range 3 {
		r.pods = append(r.pods, runPod(ctx, t, cfg, func(pod *corev1.Pod) {
			pod.Name = fmt.Sprintf("recovery-%d", i)
			container := &pod.Spec.Containers[0]
			container.Env = append(container.Env, corev1.EnvVar{Name: "POLL_INTERVAL", Value: readInterval.String()})
		}))
	}
	for _, pod := range r.pods {
		r.await(ctx, t, pod, "the secret", func(lines []line) bool { return slices.ContainsFunc(lines, line.succeeded) })
	}
	r.started = time.Now()
	return r
}

// expect checks that disturb makes every pod log text, and that each reads the secret
// again within a minute of the end.
func (r *recovery) expect(ctx context.Context, t *testing.T, what, text string, disturb func()) {
	t.Helper()
	time.Sleep(quiet)
	start := time.Now()
	disturb()
	end := time.Now()
	for _, pod := range r.pods {
		var after time.Duration
		lines := r.await(ctx, t, pod, "a read after Azure was "+what, func(lines []line) (ok bool) {
			after, ok = recoveredAfter(lines, end)
			return ok
		})
		t.Logf("%s for %s: %s recovered after %s", what, end.Sub(start).Round(time.Second), pod.Name, after.Round(time.Millisecond))
		if after > maxRecovery {
			t.Errorf("%s: %s recovered after %s, want at most %s\n%s", what, pod.Name, after, maxRecovery, podLog(ctx, r.cfg, pod))
		}
		if !slices.ContainsFunc(lines, func(l line) bool { return l.at.After(start) && strings.Contains(l.text, text) }) {
			t.Errorf("%s: %s logged no %s\n%s", what, pod.Name, text, podLog(ctx, r.cfg, pod))
		}
	}
}

// recoveredAfter returns how long after end the first read succeeded that began after
// end, which is certain once another read ended between the two.
func recoveredAfter(lines []line, end time.Time) (time.Duration, bool) {
	var previous time.Time
	for _, l := range lines {
		if l.succeeded() && previous.After(end) {
			return l.at.Sub(end), true
		}
		if l.succeeded() || l.failed() {
			previous = l.at
		}
	}
	return 0, false
}

// checkPods checks that no container was restarted and no pod was ever silent.
func (r *recovery) checkPods(ctx context.Context, t *testing.T) {
	t.Helper()
	for _, pod := range r.pods {
		if err := r.cfg.Client().Resources().Get(ctx, pod.Name, pod.Namespace, pod); err != nil {
			t.Fatal(err)
		}
		if status := pod.Status.ContainerStatuses[0]; status.RestartCount != 0 || status.State.Running == nil {
			t.Errorf("%s was restarted %d times and is %s", pod.Name, status.RestartCount, status.State.String())
		}
		last, longest, ok, failed := r.started, time.Duration(0), 0, 0
		for _, l := range append(readLog(ctx, t, r.cfg, pod), line{at: time.Now()}) {
			if silence := l.at.Sub(last); silence > maxSilence {
				t.Errorf("%s logged nothing for %s before %s", pod.Name, silence, l.at)
			}
			longest = max(longest, l.at.Sub(last))
			last = l.at
			if l.succeeded() {
				ok++
			} else if l.failed() {
				failed++
			}
		}
		t.Logf("%s: %d reads, %d failed, at most %s between two lines", pod.Name, ok+failed, failed, longest.Round(time.Millisecond))
	}
}

// kill ends localazure at once, and waits until the next one serves.
func (r *recovery) kill(ctx context.Context, t *testing.T) {
	t.Helper()
	var killed corev1.PodList
	if err := r.azure.List(ctx, &killed); err != nil {
		t.Fatal(err)
	}
	for _, pod := range killed.Items {
		if err := r.azure.Delete(ctx, &pod, resources.WithGracePeriod(0)); err != nil {
			t.Fatal(err)
		}
	}
	r.settle(ctx, t, killed.Items)
}

// change changes localazure's Deployment, and waits until its pods follow.
func (r *recovery) change(ctx context.Context, t *testing.T, change func(*appsv1.Deployment)) {
	t.Helper()
	err := retry.RetryOnConflict(retry.DefaultRetry, func() error {
		d, err := r.deployment(ctx)
		if err != nil {
			return err
		}
		change(d)
		return r.azure.Update(ctx, d)
	})
	if err != nil {
		t.Fatal(err)
	}
	r.settle(ctx, t, nil)
}

// settle waits until as many pods as the Deployment wants are ready, all of its latest
// revision, and no other is left. Old are pods that are being deleted.
func (r *recovery) settle(ctx context.Context, t *testing.T, old []corev1.Pod) {
	t.Helper()
	err := wait.For(func(ctx context.Context) (bool, error) {
		d, err := r.deployment(ctx)
		if err != nil {
			return false, err
		}
		var pods corev1.PodList
		if err := r.azure.List(ctx, &pods); err != nil {
			return false, err
		}
		for _, pod := range pods.Items {
			ready := slices.ContainsFunc(pod.Status.Conditions, func(c corev1.PodCondition) bool {
				return c.Type == corev1.PodReady && c.Status == corev1.ConditionTrue
			})
			if !ready || slices.ContainsFunc(old, func(o corev1.Pod) bool { return o.UID == pod.UID }) {
				return false, nil
			}
		}
		want := *d.Spec.Replicas // the status may be older than the pods
		return d.Status.ObservedGeneration == d.Generation && d.Status.UpdatedReplicas == want && len(pods.Items) == int(want), nil
	}, wait.WithContext(ctx), wait.WithTimeout(2*time.Minute), wait.WithInterval(200*time.Millisecond))
	if err != nil {
		t.Fatalf("wait for localazure: %v\n%s", err, describePods(ctx, r.cfg, azureFrom(ctx).variables["LOCALAZURE_NAMESPACE"]))
	}
}

func (r *recovery) deployment(ctx context.Context) (*appsv1.Deployment, error) {
	var d appsv1.Deployment
	return &d, r.azure.Get(ctx, "localazure", azureFrom(ctx).variables["LOCALAZURE_NAMESPACE"], &d)
}

// await waits until the lines of the pod's log are wanted, and returns them.
func (r *recovery) await(ctx context.Context, t *testing.T, pod *corev1.Pod, what string, wanted func([]line) bool) (lines []line) {
	t.Helper()
	err := wait.For(func(ctx context.Context) (bool, error) {
		lines = readLog(ctx, t, r.cfg, pod)
		return wanted(lines), nil
	}, wait.WithContext(ctx), wait.WithTimeout(2*maxRecovery), wait.WithInterval(time.Second))
	if err != nil {
		t.Fatalf("wait for %s in the log of %s: %v\n%s", what, pod.Name, err, podLog(ctx, r.cfg, pod))
	}
	return lines
}

// line is one of a pod's log.
type line struct {
	at   time.Time
	text string
}

func (l line) succeeded() bool { return strings.HasPrefix(l.text, `"successfully got secret"`) }
func (l line) failed() bool    { return strings.HasPrefix(l.text, `"failed to get secret"`) }

// readLog parses a pod's log. Its times are in UTC and lack the year.
func readLog(ctx context.Context, t *testing.T, cfg *envconf.Config, pod *corev1.Pod) (lines []line) {
	t.Helper()
	for text := range strings.Lines(podLog(ctx, cfg, pod)) {
		parts := klogLine.FindStringSubmatch(strings.TrimSuffix(text, "\n"))
		if parts == nil {
			continue // why there is no log yet
		}
		at, err := time.Parse("2006 0102 15:04:05", fmt.Sprint(time.Now().UTC().Year(), " ", parts[1]))
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, line{at, parts[2]})
	}
	return lines
}
