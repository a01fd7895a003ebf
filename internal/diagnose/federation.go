package diagnose

import (
	"slices"
	"strings"
	"time"

	"github.com/workload-identity-quickstart/msal-go/pkg/tokencredential"
)

const (
	// legacyIssuer is that of the tokens in secrets, which have no audience, see
	// https://kubernetes.io/docs/concepts/security/service-accounts/#authenticating-credentials.
	legacyIssuer = "kubernetes/serviceaccount"
	// exchangeAudience begins the audiences for token exchange in all clouds.
	exchangeAudience = "api://AzureADTokenExchange"
)

// federationEntries are about Entra ID's trust in the issuer of the token, see
// https://learn.microsoft.com/entra/workload-id/workload-identity-federation.
func federationEntries() catalog {
	const (
		identity = " --identity-name IDENTITY_NAME --resource-group RESOURCE_GROUP"
		create   = "az identity federated-credential create --name quick-start" + identity +
			" --issuer {issuer} --subject {subject} --audiences {exchange-audience}"
		noRecord = "no federated identity credential of client id {client-id} has the "
	)
	return catalog{
		"credential-missing": {
			link: LinkFederation,
			cause: noRecord + "issuer {issuer}, the subject {subject} and the audience {audience}, " +
				"all three compared exactly",
			fix: create,
		},
		"issuer-mismatch": {
			link:  LinkFederation,
			cause: noRecord + "issuer {issuer}; a slash at its end counts, and a new credential takes a while to work",
			fix:   create,
		},
		"subject-mismatch": {
			link:  LinkFederation,
			cause: noRecord + "subject {subject} for the issuer {issuer}",
			fix:   create,
		},
		"subject-case": {
			link: LinkFederation,
			cause: "a federated identity credential of client id {client-id} has the subject {subject} " +
				"with other capital letters, and these count",
			fix: "az identity federated-credential update --name CREDENTIAL_NAME" + identity +
				" --issuer {issuer} --subject {subject} --audiences {audience}",
		},
		"audience-mismatch": {
			link: LinkFederation,
			cause: "the federated identity credential of client id {client-id} for the subject {subject} " +
				"lacks the audience {audience}",
			fix: "az identity federated-credential update --name CREDENTIAL_NAME" + identity +
				" --issuer {issuer} --subject {subject} --audiences {audience}",
		},
		"identity-binding-missing": {
			link: LinkFederation,
			cause: "the cluster's token proxy does not get tokens of client id {client-id} for {subject}: the AKS identity binding " +
				"is missing, or the role that lets the service account use it: {message}",
			fix: "az aks identity-binding create --name quick-start --resource-group RESOURCE_GROUP " +
				"--cluster-name CLUSTER_NAME --managed-identity-resource-id MANAGED_IDENTITY_RESOURCE_ID",
		},
		"issuer-unreachable": {
			link: LinkIssuer,
			cause: "Entra ID cannot fetch the discovery document or the keys of the issuer {issuer}, " +
				"which must be on the internet with a publicly trusted certificate",
			fix: "curl --fail --show-error {discovery-url}",
		},
		"signature-rejected": {
			link: LinkIssuer,
			cause: "the token is not signed by a key that the issuer {issuer} publishes: " +
				"the cluster signs with another key, or another cluster has the same issuer",
			fix: "kubectl get --raw /openid/v1/jwks && curl --fail --show-error {discovery-url}",
		},
	}
}

// refine replaces what a code is about by what the facts show to lie behind it.
func refine(id string, e *tokencredential.AuthenticationError, facts Facts, v values) string {
	federation := federationEntries()[id].link == LinkFederation
	switch {
	case facts.Issuer == legacyIssuer && (federation || strings.HasPrefix(id, "token-")):
		return "token-legacy"
	case facts.TokenProxy && federation:
		return "identity-binding-missing"
	case id == "audience-mismatch" && len(facts.Audience) > 0 && !strings.HasPrefix(facts.Audience[0], exchangeAudience):
		return "token-audience"
	case id == "token-expired":
		return refineTime(e, facts, v)
	case slices.Contains([]string{"tenant-unknown", "application-unknown", "resource-unknown"}, id) && differentClouds(v):
		return "cloud-mismatch"
	}
	return id
}

// refineTime compares the token's times with Entra ID's clock, which decides.
func refineTime(e *tokencredential.AuthenticationError, facts Facts, v values) string {
	now := e.Timestamp
	if now.IsZero() {
		now = time.Now()
	}
	v["now"] = now.UTC().Format(time.RFC3339)
	if !facts.Expires.IsZero() {
		v["expires"] = facts.Expires.UTC().Format(time.RFC3339)
	}
	if facts.IssuedAt.After(now) {
		v["issued"] = facts.IssuedAt.UTC().Format(time.RFC3339)
		return "token-not-yet-valid"
	}
	return "token-expired"
}
