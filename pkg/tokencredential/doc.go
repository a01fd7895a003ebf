// Package tokencredential turns the service account token of a Kubernetes pod
// into Microsoft Entra ID (formerly Azure AD) access tokens.
//
// A [Credential] is an [azcore.TokenCredential], so every client of the Azure SDK
// for Go takes it. In a pod prepared by the azure-workload-identity webhook it
// needs no configuration: tokencredential.New(nil).
//
// The kubelet projects a service account token into the pod and rotates it. The
// credential reads that file whenever it needs a new access token and presents the
// content to Entra ID as a client assertion ([RFC 7523], section 2.2). Entra ID
// verifies it against a federated identity credential ([workload identity
// federation]). In the public and the sovereign clouds that is a single request, to
// the [well-known] token endpoint. Other authority hosts are first asked for theirs.
//
// The webhook sets these variables; [Options] can override each:
//
//	AZURE_CLIENT_ID             client ID of the managed identity or application
//	AZURE_TENANT_ID             tenant of that identity
//	AZURE_FEDERATED_TOKEN_FILE  path of the projected service account token
//	AZURE_AUTHORITY_HOST        authority host, https://login.microsoftonline.com/ by default
//
// With [AKS identity bindings] it also sets AZURE_KUBERNETES_TOKEN_PROXY,
// AZURE_KUBERNETES_SNI_NAME and AZURE_KUBERNETES_CA_FILE (or …_CA_DATA), and all
// requests for Entra ID go to that proxy. MSAL_FORCE_REGION has no effect.
//
// [RFC 7523]: https://www.rfc-editor.org/rfc/rfc7523#section-2.2
// [workload identity federation]: https://learn.microsoft.com/entra/workload-id/workload-identity-federation
// [well-known]: https://learn.microsoft.com/entra/identity-platform/authentication-national-cloud#microsoft-entra-authentication-endpoints
// [AKS identity bindings]: https://learn.microsoft.com/azure/aks/identity-bindings-concepts
package tokencredential
