package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/client-go/kubernetes"
	"sigs.k8s.io/e2e-framework/klient/decoder"
	"sigs.k8s.io/e2e-framework/klient/k8s"
	"sigs.k8s.io/e2e-framework/klient/wait"
	"sigs.k8s.io/e2e-framework/klient/wait/conditions"
	"sigs.k8s.io/e2e-framework/pkg/envconf"

	"github.com/workload-identity-quickstart/msal-go/internal/localazure/pki"
)

// azure is the local Azure, installed in a namespace of its own, together with
// the namespace of the workload that it knows.
type azure struct {
	variables map[string]string // of the manifests in testdata
	caPEM     []byte
	created   []k8s.Object // what uninstall deletes, in the order of its making

	tokenProxyInstalled bool
}

type azureKey struct{}

func newAzure() *azure {
	workload, restricted := envconf.RandomName("quick-start", 20), envconf.RandomName("restricted", 20)
	return &azure{variables: map[string]string{
		"SERVICE_ACCOUNT_NAMESPACE": workload,
		"SERVICE_ACCOUNT_NAME":      "workload-identity-sa",
		"SUBJECT":                   "system:serviceaccount:" + workload + ":workload-identity-sa",
		"RESTRICTED_NAMESPACE":      restricted,
		"RESTRICTED_SUBJECT":        "system:serviceaccount:" + restricted + ":workload-identity-sa",
		"USER_ASSIGNED_CLIENT_ID":   "22222222-2222-2222-2222-222222222222",
		"KEYVAULT_NAME":             "azwi-kv-tutorial",
		"KEYVAULT_URL":              "https://azwi-kv-tutorial.vault.azure.net/",
		"KEYVAULT_SECRET_NAME":      "my-secret",
		"LOCALAZURE_NAMESPACE":      envconf.RandomName("localazure", 20),
		"LOCALAZURE_IMAGE":          getenv("LOCALAZURE_IMAGE", "ghcr.io/workload-identity-quickstart/localazure:0.1.0"),
		"QUICKSTART_IMAGE":          getenv("QUICKSTART_IMAGE", "ghcr.io/azure/azure-workload-identity/msal-go"),
	}}
}

func getenv(name, fallback string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return fallback
}

// install waits until the local Azure is ready.
func (a *azure) install(ctx context.Context, cfg *envconf.Config) (context.Context, error) {
	for name, standard := range map[string]string{
		a.variables["SERVICE_ACCOUNT_NAMESPACE"]: "privileged", // the tutorial's pod asks for no restriction
		a.variables["RESTRICTED_NAMESPACE"]:      "restricted",
		a.variables["LOCALAZURE_NAMESPACE"]:      "restricted",
	} {
		namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{
			Name: name, Labels: map[string]string{"pod-security.kubernetes.io/enforce": standard},
		}}
		if err := a.create(ctx, cfg, namespace); err != nil {
			return ctx, err
		}
	}
	if err := a.learnCluster(ctx, cfg); err != nil {
		return ctx, err
	}
	if err := a.distributeCA(ctx, cfg); err != nil {
		return ctx, err
	}
	if err := a.apply(ctx, cfg, "../../docs/kind/localazure.yaml", a.extend); err != nil {
		return ctx, err
	}
	available := conditions.New(cfg.Client().Resources()).DeploymentAvailable("localazure", a.variables["LOCALAZURE_NAMESPACE"])
	if err := wait.For(available, wait.WithContext(ctx), wait.WithTimeout(time.Minute), wait.WithInterval(time.Second)); err != nil {
		return ctx, fmt.Errorf("wait for localazure: %w\n%s", err, describePods(ctx, cfg, a.variables["LOCALAZURE_NAMESPACE"]))
	}
	return ctx, nil
}

// uninstall deletes everything that install and create made.
func (a *azure) uninstall(ctx context.Context, cfg *envconf.Config) (context.Context, error) {
	var errs []error
	for i := len(a.created) - 1; i >= 0; i-- {
		errs = append(errs, cfg.Client().Resources().Delete(ctx, a.created[i]))
	}
	return ctx, errors.Join(errs...)
}

// learnCluster finds out who issues the cluster's tokens and what its webhook
// injects.
func (a *azure) learnCluster(ctx context.Context, cfg *envconf.Config) error {
	client, err := kubernetes.NewForConfig(cfg.Client().RESTConfig())
	if err != nil {
		return err
	}
	document, err := client.RESTClient().Get().AbsPath("/.well-known/openid-configuration").DoRaw(ctx)
	if err != nil {
		return fmt.Errorf("read the issuer's discovery document: %w", err)
	}
	var discovery struct{ Issuer string }
	if err := json.Unmarshal(document, &discovery); err != nil {
		return fmt.Errorf("read the issuer's discovery document: %w", err)
	}
	a.variables["ISSUER"] = discovery.Issuer
	if strings.HasPrefix(discovery.Issuer, "https://kubernetes.default.") {
		// An issuer inside the cluster, as kind has it, shows its keys to service
		// accounts only, while Entra ID comes without credentials.
		err := a.create(ctx, cfg, &rbacv1.ClusterRoleBinding{
			ObjectMeta: metav1.ObjectMeta{Name: a.variables["LOCALAZURE_NAMESPACE"] + "-issuer-discovery"},
			RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "system:service-account-issuer-discovery"},
			Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.GroupKind, Name: "system:unauthenticated"}},
		})
		if err != nil {
			return err
		}
	}
	if err := a.apply(ctx, cfg, "testdata/serviceaccount.yaml"); err != nil {
		return err
	}
	return a.learnWebhook(ctx, client)
}

// learnWebhook asks the API server, in a dry run, for a pod with an identity
// binding, since the tenant and the token proxy are settings of the webhook.
func (a *azure) learnWebhook(ctx context.Context, client kubernetes.Interface) error {
	pod, err := a.pod()
	if err != nil {
		return err
	}
	pod.Annotations = map[string]string{identityBinding: "true"}
	pod, err = client.CoreV1().Pods(pod.Namespace).Create(ctx, pod, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
	if err != nil {
		return fmt.Errorf("try what the webhook injects: %w", err)
	}
	injected := make(map[string]string)
	for _, variable := range pod.Spec.Containers[0].Env {
		injected[variable.Name] = variable.Value
	}
	if injected["AZURE_TENANT_ID"] == "" {
		return errors.New("no AZURE_TENANT_ID was injected: is the azure-workload-identity webhook installed?")
	}
	a.variables["TENANT_ID"] = injected["AZURE_TENANT_ID"]
	a.variables["TOKEN_PROXY"] = injected["AZURE_KUBERNETES_TOKEN_PROXY"]
	a.variables["TOKEN_PROXY_SERVER_NAME"] = injected["AZURE_KUBERNETES_SNI_NAME"]
	if a.variables["TOKEN_PROXY_SERVER_NAME"] == "" {
		a.variables["TOKEN_PROXY_SERVER_NAME"] = "token-proxy.invalid" // a webhook without identity bindings
	}
	for _, volume := range pod.Spec.Volumes {
		if volume.Projected == nil || !strings.HasPrefix(volume.Name, "azure-workload-identity") {
			continue
		}
		for _, source := range volume.Projected.Sources {
			if source.ConfigMap != nil {
				a.variables["TOKEN_PROXY_CA_CONFIGMAP"] = source.ConfigMap.Name
			}
		}
	}
	return nil
}

// distributeCA makes a certificate authority for the local Azure, and gives its
// key to it and its certificate to the workload.
func (a *azure) distributeCA(ctx context.Context, cfg *envconf.Config) error {
	authority, err := pki.New()
	if err != nil {
		return err
	}
	key, err := authority.KeyPEM()
	if err != nil {
		return err
	}
	a.caPEM = authority.CertificatePEM()
	return errors.Join(
		a.create(ctx, cfg, &corev1.Secret{
			ObjectMeta: metav1.ObjectMeta{Name: "localazure-ca", Namespace: a.variables["LOCALAZURE_NAMESPACE"]},
			Type:       corev1.SecretTypeTLS,
			Data:       map[string][]byte{corev1.TLSCertKey: a.caPEM, corev1.TLSPrivateKeyKey: key},
		}),
		a.createCAConfigMaps(ctx, cfg, "localazure-ca"),
	)
}

// createCAConfigMaps puts the certificate into both namespaces of workloads.
func (a *azure) createCAConfigMaps(ctx context.Context, cfg *envconf.Config, name string) error {
	var errs []error
	for _, namespace := range []string{a.variables["SERVICE_ACCOUNT_NAMESPACE"], a.variables["RESTRICTED_NAMESPACE"]} {
		errs = append(errs, a.create(ctx, cfg, &corev1.ConfigMap{
			ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: namespace},
			Data:       map[string]string{"ca.crt": string(a.caPEM)},
		}))
	}
	return errors.Join(errs...)
}

// chartValues are the values of the chart with which a release finds the local
// Azure.
func (a *azure) chartValues() []string {
	return []string{
		"azure.clientId=" + a.variables["USER_ASSIGNED_CLIENT_ID"],
		"keyvault.url=" + a.variables["KEYVAULT_URL"],
		"keyvault.secretName=" + a.variables["KEYVAULT_SECRET_NAME"],
		"extraEnv[0].name=HTTPS_PROXY",
		"extraEnv[0].value=http://localazure." + a.variables["LOCALAZURE_NAMESPACE"] + ".svc.cluster.local:3128",
		"extraEnv[1].name=NO_PROXY",
		"extraEnv[1].value=.svc.cluster.local",
		"extraEnv[2].name=SSL_CERT_FILE",
		"extraEnv[2].value=/etc/localazure/ca.crt",
		"extraVolumes[0].name=localazure-ca",
		"extraVolumes[0].configMap.name=localazure-ca",
		"extraVolumeMounts[0].name=localazure-ca",
		"extraVolumeMounts[0].mountPath=/etc/localazure",
	}
}

// create makes an object that uninstall will delete.
func (a *azure) create(ctx context.Context, cfg *envconf.Config, object k8s.Object) error {
	if err := cfg.Client().Resources().Create(ctx, object); err != nil {
		return fmt.Errorf("create %T %s: %w", object, object.GetName(), err)
	}
	a.created = append(a.created, object)
	return nil
}

// extend makes the documented local Azure serve the namespace of the chart, a
// second secret, and a token proxy, too.
func (a *azure) extend(object k8s.Object) error {
	switch object := object.(type) {
	case *appsv1.Deployment:
		container := &object.Spec.Template.Spec.Containers[0]
		container.Args = append(container.Args,
			"--federated-credential=issuer="+a.variables["ISSUER"]+",subject="+a.variables["RESTRICTED_SUBJECT"],
			"--identity-binding=issuer="+a.variables["ISSUER"]+",subject="+a.variables["SUBJECT"],
			"--identity-binding=issuer="+a.variables["ISSUER"]+",subject="+a.variables["RESTRICTED_SUBJECT"],
			"--tls-listen=:8443",
			"--tls-server-name="+a.variables["TOKEN_PROXY_SERVER_NAME"],
			"--secret=other-secret=Goodbye!",
		)
	case *corev1.Service:
		object.Spec.Ports = append(object.Spec.Ports, corev1.ServicePort{Name: "token-proxy", Port: 443, TargetPort: intstr.FromInt32(8443)})
	}
	return nil
}

// apply creates the objects in a file.
func (a *azure) apply(ctx context.Context, cfg *envconf.Config, file string, changes ...decoder.MutateFunc) error {
	manifest, err := a.manifest(file)
	if err != nil {
		return err
	}
	var options []decoder.DecodeOption
	for _, change := range changes {
		options = append(options, decoder.MutateOption(change))
	}
	return decoder.DecodeEach(ctx, strings.NewReader(manifest), decoder.CreateHandler(cfg.Client().Resources()), options...)
}

// manifest returns a file with its variables filled in.
func (a *azure) manifest(file string) (string, error) {
	template, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	var missing []string
	manifest := os.Expand(string(template), func(name string) string {
		value, ok := a.variables[name]
		if !ok {
			missing = append(missing, name)
		}
		return value
	})
	if len(missing) > 0 {
		return "", fmt.Errorf("%s: no value for %s", file, strings.Join(missing, ", "))
	}
	return manifest, nil
}

// pod returns the tutorial's pod.
func (a *azure) pod() (*corev1.Pod, error) {
	manifest, err := a.manifest("testdata/pod.yaml")
	if err != nil {
		return nil, err
	}
	var pod corev1.Pod
	return &pod, decoder.DecodeString(manifest, &pod)
}
