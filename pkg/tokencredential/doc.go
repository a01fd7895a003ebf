// Package tokencredential turns the service account token of a Kubernetes pod
// into Microsoft Entra ID (formerly Azure AD) access tokens.
//
// A [Credential] is an [azcore.TokenCredential], so every client of the Azure
// SDK for Go takes it. In a pod prepared by the azure-workload-identity webhook
// it needs no configuration:
//
//	cred, err := tokencredential.New(nil)
//	if err != nil {
//		return err
//	}
//	client, err := azsecrets.NewClient("https://my-vault.vault.azure.net", cred, nil)
//
// # What happens
//
// The kubelet projects a service account token into the pod and rotates it. The
// credential reads that file whenever it needs a new access token and presents
// the content to Entra ID as a client assertion ([RFC 7523], section 2.2). Entra
// ID verifies it against the issuer, subject and audience of a federated identity
// credential ([workload identity federation]) and returns an access token, which
// is kept in memory until it should be renewed.
//
// In the public and the sovereign clouds that is a single request, to the token
// endpoint that Microsoft [documents]. Elsewhere, and where none is found there, the
// credential first asks the authority host for it.
//
// # Environment
//
// The webhook sets these variables; [Options] can override each:
//
//	AZURE_CLIENT_ID             client id of the managed identity or application
//	AZURE_TENANT_ID             tenant of that identity
//	AZURE_FEDERATED_TOKEN_FILE  path of the projected service account token
//	AZURE_AUTHORITY_HOST        authority host, https://login.microsoftonline.com/ by default
//
// With [AKS identity bindings] it also sets AZURE_KUBERNETES_TOKEN_PROXY,
// AZURE_KUBERNETES_SNI_NAME and AZURE_KUBERNETES_CA_FILE (or
// AZURE_KUBERNETES_CA_DATA). Then all requests for Entra ID go to that proxy.
//
// [RFC 7523]: https://www.rfc-editor.org/rfc/rfc7523#section-2.2
// [workload identity federation]: https://learn.microsoft.com/entra/workload-id/workload-identity-federation
// [documents]: https://learn.microsoft.com/entra/identity-platform/authentication-national-cloud#microsoft-entra-authentication-endpoints
// [AKS identity bindings]: https://learn.microsoft.com/azure/aks/identity-bindings-concepts
package tokencredential
