package chart

import (
	"strings"
	"testing"

	"helm.sh/helm/v4/pkg/chart/v2/lint"
	"helm.sh/helm/v4/pkg/chart/v2/lint/support"
)

func TestLint(t *testing.T) {
	linter := lint.RunAll(dir, values(t, required...), "ns")
	for _, message := range linter.Messages {
		if message.Severity > support.InfoSev {
			t.Error(message)
		}
	}
	if len(linter.Messages) == 0 {
		t.Error("nothing was linted: there is always the remark about the icon")
	}
}

// TestRefusals checks what people read when they set something that cannot work.
func TestRefusals(t *testing.T) {
	tests := []struct {
		name string
		set  []string // on top of the required values
		want []string
	}{
		{"kind", []string{"kind=StatefulSet"}, []string{"/kind", "'Pod', 'Deployment', 'Job'"}},
		{"client id", []string{"azure.clientId=my-identity"}, []string{"/azure/clientId", "'my-identity' is not valid uuid"}},
		{"tenant id", []string{"azure.tenantId=contoso"}, []string{"/azure/tenantId", "'contoso' is not valid uuid"}},
		{"vault without TLS", []string{"keyvault.url=http://my-vault.vault.azure.net"}, []string{"/keyvault/url", "'^https://"}},
		{"vault's name", []string{"keyvault.url=my-vault"}, []string{"/keyvault/url", "not valid uri"}},
		{"vault with path", []string{"keyvault.url=https://my-vault.vault.azure.net/secrets"}, []string{"/keyvault/url", "does not match"}},
		{"secret name", []string{"keyvault.secretName=my_secret"}, []string{"/keyvault/secretName", "does not match"}},
		{"short token", []string{"azure.tokenExpirationSeconds=3599"}, []string{"/azure/tokenExpirationSeconds", "want 3,600"}},
		{"long token", []string{"azure.tokenExpirationSeconds=86401"}, []string{"/azure/tokenExpirationSeconds", "want 86,400"}},
		{"interval without unit", []string{"pollInterval=60"}, []string{"/pollInterval", "want 0"}},
		{"interval", []string{"pollInterval=often"}, []string{"/pollInterval", "does not match"}},
		{"startup timeout", []string{"startupTimeout=later"}, []string{"/startupTimeout", "does not match"}},
		{"privileged port", []string{"health.port=80"}, []string{"/health/port", "want 1,024"}},
		{"log format", []string{"log.format=xml"}, []string{"/log/format", "'text', 'json'"}},
		{"digest", []string{"image.digest=sha256:abc"}, []string{"/image/digest", "does not match"}},
		{"pull policy", []string{"image.pullPolicy=Sometimes"}, []string{"/image/pullPolicy", "'IfNotPresent'"}},
		{"service account name", []string{"serviceAccount.name=My_SA"}, []string{"/serviceAccount/name", "does not match"}},
		{"annotation that is no string", []string{"podAnnotations.a=true"}, []string{"/podAnnotations/a", "got boolean, want string"}},
		{"variable without name", []string{"extraEnv[0].value=x"}, []string{"/extraEnv/0", "missing property 'name'"}},
		{"test", []string{"test.enabled=often"}, []string{"/test/enabled", "want boolean"}},
		{"ingress rules", []string{"networkPolicy.extraIngress[0]=8080"}, []string{"/networkPolicy/extraIngress/0", "want object"}},
		{"replicas", []string{"deployment.replicas=-1"}, []string{"/deployment/replicas", "want 0"}},
		{"unknown key", []string{"keyVault.url=https://x"}, []string{"additional properties 'keyVault' not allowed"}},
		{"unknown key inside", []string{"azure.clientID=x"}, []string{"/azure", "additional properties 'clientID' not allowed"}},
		{"client id for an existing service account", []string{"serviceAccount.create=false"}, []string{"kubectl annotate serviceaccount workload-identity-sa -n ns"}},
		{"Deployment that ends", []string{"kind=Deployment", "pollInterval=0"}, []string{"use kind=Job"}},
		{"several at once", []string{"kind=X", "log.format=y"}, []string{"/kind", "/log/format"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := render(t, "quick-start", append(required, test.set...)...)
			if err == nil {
				t.Fatal("accepted")
			}
			for _, want := range test.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q is not said in: %v", want, err)
				}
			}
		})
	}
}

func TestMissingValuesAreNamed(t *testing.T) {
	_, err := render(t, "quick-start")
	if err == nil {
		t.Fatal("accepted")
	}
	for _, want := range []string{"'/azure': missing property 'clientId'", "'/keyvault': missing properties 'url', 'secretName'"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not said in: %v", want, err)
		}
	}
}
