package diagnose

import (
	"slices"
	"strings"

	"github.com/workload-identity-quickstart/msal-go/pkg/tokencredential"
)

// environmentOf shows what a container really has in its environment.
const environmentOf = "kubectl get pod {pod-name} --namespace {namespace} --output jsonpath='{.spec.containers[*].env}'"

// webhookEntries are about the variables of the workload: those that the
// azure-workload-identity webhook injects, see
// https://azure.github.io/azure-workload-identity/docs/topics/service-account-labels-and-annotations.html,
// and its own.
func webhookEntries() catalog {
	return catalog{
		"webhook-not-applied": {
			link: LinkWebhook,
			cause: "the webhook did not change this pod: the pod lacks the label azure.workload.identity/use=true, " +
				"or the webhook is not installed, or its namespaceSelector excludes the namespace, or the pod is older than these",
			// One command, three answers: the pod's labels, the namespace's, and
			// whether the webhook is there.
			fix: "kubectl get pod/{pod-name} namespace/{namespace} " +
				"mutatingwebhookconfiguration/azure-wi-webhook-mutating-webhook-configuration --namespace {namespace} --show-labels",
			lasting: true,
		},
		"client-id-missing": {
			link: LinkWebhook,
			cause: "service account {service-account} in namespace {namespace} lacks the annotation azure.workload.identity/client-id, " +
				"which the webhook reads when a pod is created",
			fix:     "kubectl annotate serviceaccount {service-account} --namespace {namespace} azure.workload.identity/client-id={client-id}",
			lasting: true,
		},
		"variables-missing": {
			link:    LinkConfiguration,
			cause:   "the webhook sets all of its variables, but {variables} is not set: something else set the others or removed it",
			fix:     environmentOf,
			lasting: true,
		},
		"variable-invalid": {
			link:    LinkConfiguration,
			cause:   "a variable of the workload identity cannot be used: {problems}",
			fix:     environmentOf,
			lasting: true,
		},
		"setting-invalid": {
			link:  LinkConfiguration,
			cause: "a setting of the program cannot be used: {problems}",
			fix: "helm upgrade quick-start charts/quick-start --namespace {namespace} --reuse-values " +
				"--set keyvault.url=https://{vault-name}.vault.azure.net/ --set keyvault.secretName={secret-name}",
			lasting: true,
		},
	}
}

func explainConfig(e *tokencredential.ConfigError, v values) string {
	missing := func(variable string) bool { return slices.Contains(e.Missing, variable) }
	v["variables"] = strings.Join(e.Missing, ", ")
	switch {
	case missing("AZURE_CLIENT_ID") && missing("AZURE_TENANT_ID") && missing("AZURE_FEDERATED_TOKEN_FILE"):
		return "webhook-not-applied"
	case missing("AZURE_CLIENT_ID") && len(e.Missing) == 1:
		return "client-id-missing"
	case len(e.Missing) > 0:
		return "variables-missing"
	}
	var problems []string
	for _, err := range e.Invalid {
		problems = append(problems, message(err))
	}
	v["problems"] = strings.Join(problems, "; ")
	return "variable-invalid"
}
