package chart

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

func TestWhatIsRendered(t *testing.T) {
	if got := objects(t, "quick-start", append(required, "test.enabled=false")...); got["read-secret.yaml"] != nil {
		t.Error("there is a test although test.enabled is false")
	}
	always := []string{"read-secret.yaml", "serviceaccount.yaml"}
	tests := []struct {
		name string
		set  []string
		want []string
	}{
		{"default", nil, []string{"pod.yaml"}},
		{"deployment", []string{"kind=Deployment"}, []string{"deployment.yaml"}},
		{"deployment of two", []string{"kind=Deployment", "deployment.replicas=2"}, []string{"deployment.yaml", "poddisruptionbudget.yaml"}},
		{"without budget", []string{"kind=Deployment", "deployment.replicas=2", "podDisruptionBudget.enabled=false"}, []string{"deployment.yaml"}},
		{"job", []string{"kind=Job"}, []string{"job.yaml"}},
		{"network policy", []string{"networkPolicy.enabled=true"}, []string{"networkpolicy.yaml", "pod.yaml"}},
		{"parent's values", []string{"global.a=b"}, []string{"pod.yaml"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := slices.Sorted(maps.Keys(objects(t, "quick-start", append(required, test.set...)...)))
			want := slices.Sorted(slices.Values(append(test.want, always...)))
			if !slices.Equal(got, want) {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}

func TestNames(t *testing.T) {
	tests := []struct {
		release string
		set     []string
		want    string
	}{
		{"quick-start", nil, "quick-start"},
		{"my-quick-start", nil, "my-quick-start"},
		{"web", nil, "web-quick-start"},
		{"web", []string{"nameOverride=demo"}, "web-demo"},
		{"web", []string{"fullnameOverride=demo"}, "demo"},
	}
	for _, test := range tests {
		got := objects(t, test.release, append(required, test.set...)...)
		if name := got["pod.yaml"].(*corev1.Pod).Name; name != test.want {
			t.Errorf("release %s with %q: pod %s, want %s", test.release, test.set, name, test.want)
		}
		if name := got["read-secret.yaml"].(*corev1.Pod).Name; name != test.want+"-test" {
			t.Errorf("release %s with %q: test pod %s, want %s-test", test.release, test.set, name, test.want)
		}
		if name := got["serviceaccount.yaml"].(*corev1.ServiceAccount).Name; name != "workload-identity-sa" {
			t.Errorf("release %s: service account %s", test.release, name)
		}
	}
}

func TestServiceAccount(t *testing.T) {
	account := objects(t, "quick-start", append(required,
		"azure.tenantId=11111111-1111-1111-1111-111111111111", "azure.tokenExpirationSeconds=86400",
		"serviceAccount.name=my-sa", "serviceAccount.annotations.a=b", "serviceAccount.labels.c=d",
	)...)["serviceaccount.yaml"].(*corev1.ServiceAccount)
	want := map[string]string{
		"azure.workload.identity/client-id":                        "22222222-2222-2222-2222-222222222222",
		"azure.workload.identity/tenant-id":                        "11111111-1111-1111-1111-111111111111",
		"azure.workload.identity/service-account-token-expiration": "86400",
		"a": "b",
	}
	if !maps.Equal(account.Annotations, want) {
		t.Errorf("annotations %v, want %v", account.Annotations, want)
	}
	if account.Name != "my-sa" || account.Labels["c"] != "d" || account.Labels["azure.workload.identity/use"] != "true" {
		t.Errorf("service account %s with labels %v", account.Name, account.Labels)
	}
	if account.AutomountServiceAccountToken == nil || *account.AutomountServiceAccountToken {
		t.Error("the service account mounts tokens for the Kubernetes API")
	}
}

func TestExistingServiceAccount(t *testing.T) {
	for _, clientID := range [][]string{nil, {"azure.clientId=null"}} { // null takes back a value of a file
		set := append([]string{"serviceAccount.create=false", "serviceAccount.name=mine"}, required[1:]...)
		got := objects(t, "quick-start", append(set, clientID...)...)
		if got["serviceaccount.yaml"] != nil {
			t.Error("a service account is created")
		}
		if name := podOf(t, got).Spec.ServiceAccountName; name != "mine" {
			t.Errorf("the pod uses service account %q", name)
		}
	}
}

// TestPods checks what holds for every pod of the chart.
func TestPods(t *testing.T) {
	for _, kind := range []string{"Pod", "Deployment", "Job"} {
		t.Run(kind, func(t *testing.T) {
			got := objects(t, "quick-start", append(required, "kind="+kind,
				"extraEnv[0].name=HTTPS_PROXY", "extraEnv[0].value=http://proxy:3128",
				"extraVolumes[0].name=ca", "extraVolumes[0].configMap.name=ca",
				"extraVolumeMounts[0].name=ca", "extraVolumeMounts[0].mountPath=/ca",
				"imagePullSecrets[0].name=registry", "podAnnotations.a=b", "podLabels.c=d",
				"tolerations[0].operator=Exists", "priorityClassName=high",
				"affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchFields[0].key=metadata.name",
				"pollInterval=30s", "log.secretValue=false", "log.format=json",
			)...)
			test := got["read-secret.yaml"].(*corev1.Pod)
			for name, pod := range map[string]corev1.PodTemplateSpec{
				"pod":      podOf(t, got),
				"test pod": {ObjectMeta: test.ObjectMeta, Spec: test.Spec},
			} {
				checkPod(t, name, pod)
				wantInterval := "30s"
				if name == "test pod" || kind == "Job" {
					wantInterval = "0"
				}
				variables := env(pod.Spec.Containers[0])
				if interval := variables["POLL_INTERVAL"]; interval != wantInterval {
					t.Errorf("%s: POLL_INTERVAL is %q, want %q", name, interval, wantInterval)
				}
				wantTimeout := "5m"
				if name == "test pod" {
					wantTimeout = "30s"
				}
				if timeout := variables["STARTUP_TIMEOUT"]; timeout != wantTimeout {
					t.Errorf("%s: STARTUP_TIMEOUT is %q, want %q", name, timeout, wantTimeout)
				}
			}
		})
	}
}

func checkPod(t *testing.T, name string, pod corev1.PodTemplateSpec) {
	t.Helper()
	check := func(ok bool, what string) {
		t.Helper()
		if !ok {
			t.Errorf("%s: %s", name, what)
		}
	}
	container := pod.Spec.Containers[0]
	check(pod.Labels["azure.workload.identity/use"] == "true", "the webhook's label is missing")
	check(pod.Annotations["azure.workload.identity/use-identity-binding"] == "", "an identity binding is used unasked")
	check(pod.Annotations["a"] == "b" && pod.Labels["c"] == "d", "annotations or labels are missing")
	check(pod.Spec.ServiceAccountName == "workload-identity-sa", "another service account")
	check(pod.Spec.AutomountServiceAccountToken != nil && !*pod.Spec.AutomountServiceAccountToken, "a token for the Kubernetes API is mounted")
	check(pod.Spec.NodeSelector["kubernetes.io/os"] == "linux", "it may run on Windows")
	check(len(pod.Spec.Tolerations) == 1 && pod.Spec.PriorityClassName == "high" && pod.Spec.Affinity != nil, "scheduling is not passed on")
	check(len(pod.Spec.ImagePullSecrets) == 1 && len(pod.Spec.Volumes) == 1, "pull secrets or volumes are missing")
	check(len(container.VolumeMounts) == 1, "mounts are missing")
	check(len(container.Args) == 0 && len(container.Command) == 0, "more than the environment drives the program")

	security := container.SecurityContext
	check(*pod.Spec.SecurityContext.RunAsNonRoot && *pod.Spec.SecurityContext.RunAsUser == 65532, "it may run as root")
	check(pod.Spec.SecurityContext.SeccompProfile.Type == corev1.SeccompProfileTypeRuntimeDefault, "no seccomp profile")
	check(!*security.AllowPrivilegeEscalation && *security.ReadOnlyRootFilesystem, "privileges may grow or files be written")
	check(slices.Equal(security.Capabilities.Drop, []corev1.Capability{"ALL"}), "it has capabilities")
	check(container.Resources.Limits.Memory().Value() > 0 && container.Resources.Requests.Cpu().MilliValue() > 0, "no resources")

	variables := env(container)
	for variable, want := range map[string]string{
		"KEYVAULT_URL": "https://my-vault.vault.azure.net/", "SECRET_NAME": "my-secret",
		"LOG_SECRET_VALUE": "false", "LOG_FORMAT": "json", "HTTPS_PROXY": "http://proxy:3128",
	} {
		check(variables[variable] == want, variable+" is "+variables[variable])
	}
}

func TestHealthChecks(t *testing.T) {
	for _, test := range []struct {
		set  []string
		want string // HEALTH_ADDR
	}{
		{nil, ":8080"},
		{[]string{"health.port=9090"}, ":9090"},
		{[]string{"health.enabled=false"}, ""},
		{[]string{"kind=Job"}, ""},
	} {
		container := podOf(t, objects(t, "quick-start", append(required, test.set...)...)).Spec.Containers[0]
		if address := env(container)["HEALTH_ADDR"]; address != test.want {
			t.Errorf("with %q: HEALTH_ADDR is %q, want %q", test.set, address, test.want)
		}
		probed := container.LivenessProbe != nil && container.LivenessProbe.HTTPGet.Path == "/healthz" &&
			container.ReadinessProbe != nil && container.ReadinessProbe.HTTPGet.Path == "/readyz"
		if probed != (test.want != "") {
			t.Errorf("with %q: probes are there: %t", test.set, probed)
		}
		if probed && ":"+strconv.Itoa(int(container.Ports[0].ContainerPort)) != test.want {
			t.Errorf("with %q: port %d", test.set, container.Ports[0].ContainerPort)
		}
	}
}

func TestIdentityBinding(t *testing.T) {
	got := objects(t, "quick-start", append(required, "identityBinding.enabled=true")...)
	for name, annotations := range map[string]map[string]string{
		"pod": podOf(t, got).Annotations, "test pod": got["read-secret.yaml"].(*corev1.Pod).Annotations,
	} {
		if annotations["azure.workload.identity/use-identity-binding"] != "true" {
			t.Errorf("%s has annotations %v", name, annotations)
		}
	}
}

func TestImage(t *testing.T) {
	digest := "sha256:" + strings.Repeat("0", 64)
	for _, test := range []struct {
		set  []string
		want string
	}{
		{nil, "ghcr.io/workload-identity-quickstart/quickstart:" + load(t).AppVersion()},
		{[]string{"image.tag=latest"}, "ghcr.io/workload-identity-quickstart/quickstart:latest"},
		{[]string{"image.repository=ghcr.io/azure/azure-workload-identity/msal-go", "image.tag=v1", "image.digest=" + digest},
			"ghcr.io/azure/azure-workload-identity/msal-go:v1@" + digest},
	} {
		if image := podOf(t, objects(t, "quick-start", append(required, test.set...)...)).Spec.Containers[0].Image; image != test.want {
			t.Errorf("image %s, want %s", image, test.want)
		}
	}
}

func TestRestartPolicy(t *testing.T) {
	for _, test := range []struct {
		set  []string
		want corev1.RestartPolicy
	}{
		{nil, corev1.RestartPolicyAlways},
		{[]string{"pollInterval=0"}, corev1.RestartPolicyOnFailure},
		{[]string{"kind=Job"}, corev1.RestartPolicyNever},
	} {
		if policy := podOf(t, objects(t, "quick-start", append(required, test.set...)...)).Spec.RestartPolicy; policy != test.want {
			t.Errorf("with %q: %s, want %s", test.set, policy, test.want)
		}
	}
}

func TestDeployment(t *testing.T) {
	got := objects(t, "web", append(required, "kind=Deployment", "deployment.replicas=3", "podDisruptionBudget.maxUnavailable=50%")...)
	deployment := got["deployment.yaml"].(*appsv1.Deployment)
	pod := deployment.Spec.Template
	if *deployment.Spec.Replicas != 3 || deployment.Spec.Strategy.RollingUpdate.MaxUnavailable.IntValue() != 0 {
		t.Errorf("replicas %d, strategy %v", *deployment.Spec.Replicas, deployment.Spec.Strategy)
	}
	budget := got["poddisruptionbudget.yaml"].(*policyv1.PodDisruptionBudget)
	if budget.Spec.MaxUnavailable.String() != "50%" {
		t.Errorf("budget %v", budget.Spec.MaxUnavailable)
	}
	spread := pod.Spec.TopologySpreadConstraints
	if len(spread) != 1 || spread[0].TopologyKey != "kubernetes.io/hostname" {
		t.Fatalf("topology spread %v", spread)
	}
	test := got["read-secret.yaml"].(*corev1.Pod)
	for what, selector := range map[string]map[string]string{
		"deployment": deployment.Spec.Selector.MatchLabels, "budget": budget.Spec.Selector.MatchLabels, "spread": spread[0].LabelSelector.MatchLabels,
	} {
		if len(selector) == 0 || !contains(pod.Labels, selector) {
			t.Errorf("the %s selects %v, the pods have %v", what, selector, pod.Labels)
		}
		if contains(test.Labels, selector) {
			t.Errorf("the %s selects the test pod", what)
		}
	}
}

func contains(labels, selector map[string]string) bool {
	for name, value := range selector {
		if labels[name] != value {
			return false
		}
	}
	return true
}

// TestChangesShow checks what makes a Deployment replace its pods, a Job run anew,
// and a Pod refuse to be upgraded.
func TestChangesShow(t *testing.T) {
	checksum := func(set ...string) string {
		return podOf(t, objects(t, "quick-start", append(required, set...)...)).Annotations["checksum/config"]
	}
	jobName := func(set ...string) string {
		return objects(t, "quick-start", append(append(required, "kind=Job"), set...)...)["job.yaml"].(*batchv1.Job).Name
	}
	for _, set := range []string{
		"keyvault.secretName=other", "azure.clientId=33333333-3333-3333-3333-333333333333", "azure.tokenExpirationSeconds=7200",
		"identityBinding.enabled=true", "log.format=json", "resources.limits.memory=1Gi", "extraEnv[0].name=A",
	} {
		if checksum(set) == checksum() {
			t.Errorf("%s does not change the checksum", set)
		}
		if jobName(set) == jobName() {
			t.Errorf("%s does not change the Job's name", set)
		}
	}
	if checksum("image.tag=other") != checksum() {
		t.Error("the image changes the checksum, but a pod takes up another image in place")
	}
	for _, set := range []string{"image.tag=other", "podLabels.a=b", "podAnnotations.a=b"} {
		if jobName(set) == jobName() {
			t.Errorf("%s does not change the Job's name, and a Job's template is fixed", set)
		}
	}
	if first := jobName(); first != jobName() || !strings.HasPrefix(first, "quick-start-") {
		t.Errorf("the Job's name is %s, and not always", first)
	}
}

func TestNetworkPolicy(t *testing.T) {
	got := objects(t, "quick-start", append(required, "networkPolicy.enabled=true", "networkPolicy.extraEgress[0].ports[0].port=3128")...)
	policy := got["networkpolicy.yaml"].(*networkingv1.NetworkPolicy)
	var ports []int
	for _, rule := range policy.Spec.Egress {
		for _, port := range rule.Ports {
			ports = append(ports, port.Port.IntValue())
		}
	}
	if !slices.Equal(ports, []int{53, 53, 443, 3128}) || len(policy.Spec.PolicyTypes) != 2 || len(policy.Spec.Ingress) != 0 {
		t.Errorf("egress to %v, ingress %v, types %v", ports, policy.Spec.Ingress, policy.Spec.PolicyTypes)
	}
	got = objects(t, "quick-start", append(required, "networkPolicy.enabled=true", "networkPolicy.extraIngress[0].ports[0].port=8080")...)
	if ingress := got["networkpolicy.yaml"].(*networkingv1.NetworkPolicy).Spec.Ingress; len(ingress) != 1 || ingress[0].Ports[0].Port.IntValue() != 8080 {
		t.Errorf("ingress %v", ingress)
	}
	selector := policy.Spec.PodSelector
	for _, pod := range []runtime.Object{got["pod.yaml"], got["read-secret.yaml"]} {
		labels := pod.(*corev1.Pod).Labels
		if !contains(labels, selector.MatchLabels) || !slices.Contains(selector.MatchExpressions[0].Values, labels["app.kubernetes.io/name"]) {
			t.Errorf("the policy does not select pod %s", pod.(*corev1.Pod).Name)
		}
	}
}

func TestNotesWithoutTest(t *testing.T) {
	files, err := render(t, "quick-start", append(required, "test.enabled=false")...)
	if err != nil || strings.Contains(files["NOTES.txt"], "helm test") || !strings.Contains(files["NOTES.txt"], "is the proof.\n\nIf not") {
		t.Errorf("error %v, notes:\n%s", err, files["NOTES.txt"])
	}
}

func TestNotes(t *testing.T) {
	for _, test := range []struct{ kind, want string }{
		{"Pod", "kubectl logs quick-start -n ns"},
		{"Pod", "kubectl exec quick-start -n ns -- /quickstart doctor"},
		{"Deployment", "kubectl exec deployment/quick-start -n ns -- /quickstart doctor"},
		{"Deployment", "kubectl logs deployment/quick-start -n ns"},
		{"Job", "kubectl logs -l app.kubernetes.io/instance=quick-start -n ns"},
	} {
		files, err := render(t, "quick-start", append(required, "kind="+test.kind)...)
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{test.want, "helm test quick-start -n ns", "system:serviceaccount:ns:workload-identity-sa"} {
			if !strings.Contains(files["NOTES.txt"], want) {
				t.Errorf("%s: the notes do not say %q:\n%s", test.kind, want, files["NOTES.txt"])
			}
		}
	}
}
