package diagnose

import (
	"errors"
	"io/fs"
	"net/http"
	"slices"
	"strings"

	"github.com/workload-identity-quickstart/msal-go/internal/azurecloud"
	"github.com/workload-identity-quickstart/msal-go/pkg/tokencredential"
)

// Fixes, or parts of them, that several entries share. CAPITALS are for what the
// pod cannot know.
const (
	environmentOf = "kubectl get pod {pod-name} --namespace {namespace} --output jsonpath='{.spec.containers[*].env}'"
	volume        = "kubectl get pod {pod-name} --namespace {namespace} --output yaml | grep -C 8 azure-identity-token"
	identities    = "az identity list --query '[].[name,clientId,tenantId]' --output table # an application: az ad app show --id {client-id}"
	clouds        = "az cloud list --query '[].[name,endpoints.activeDirectory,suffixes.keyvaultDns]' --output table"
	ofIdentity    = " --identity-name {identity-name} --resource-group RESOURCE_GROUP"
	ofToken       = ofIdentity + " --issuer {issuer} --subject {subject} --audiences {exchange-audience}"
	create        = "az identity federated-credential create --name quick-start" + ofToken +
		` # an application: az ad app federated-credential create --id {client-id} --parameters ` +
		`'{"name":"quick-start","issuer":"'{issuer}'","subject":"'{subject}'","audiences":["'{exchange-audience}'"]}'`
	anew = "; listed already, letter by letter: delete it (az identity federated-credential delete --name CREDENTIAL_NAME" + ofIdentity + ") and create it again"
	test = "; test without the pod: AZURE_CONFIG_DIR=$(mktemp -d) az login --service-principal --username {client-id} --tenant {tenant-id} " +
		`--allow-no-subscriptions --federated-token "$(kubectl create token {service-account} --namespace {namespace} --audience {exchange-audience})"`
	useAccount = "kubectl set serviceaccount deployment DEPLOYMENT_NAME SERVICE_ACCOUNT_NAME --namespace {namespace} " +
		"# a bare pod: set spec.serviceAccountName in its manifest, delete it and create it again"
	enableIssuer = "az aks update --name CLUSTER_NAME --resource-group RESOURCE_GROUP --enable-oidc-issuer --enable-workload-identity " +
		"&& kubectl delete pod {pod-name} --namespace {namespace} # and create it again"
	vaultID        = "$(az keyvault show --name {vault-name} --query id --output tsv)"
	vaultURI       = "az keyvault show --name {vault-name} --query properties.vaultUri --output tsv"
	vaultTenant    = "az keyvault show --name {vault-name} --query properties.tenantId --output tsv"
	createEndpoint = "az network private-endpoint create --name {vault-name} --resource-group RESOURCE_GROUP --vnet-name VNET_NAME --subnet SUBNET_NAME " +
		"--connection-name {vault-name} --group-id vault --private-connection-resource-id " + vaultID +
		" && az network private-endpoint dns-zone-group create --name default --resource-group RESOURCE_GROUP --endpoint-name {vault-name} " +
		"--private-dns-zone privatelink.vaultcore.azure.net --zone-name vault"
	selected          = "az keyvault update --name {vault-name} --public-network-access Enabled --default-action Deny"
	run               = "kubectl run connection-test --namespace {namespace} --rm --stdin --tty --restart=Never "
	resolve           = run + "--image=busybox -- nslookup {host}"
	connect           = run + "--image=curlimages/curl -- --verbose --max-time 20 https://{host}/"
	signer            = "openssl s_client -connect {host}:443 -servername {host} -showcerts </dev/null"
	describe          = "kubectl describe pod {pod-name} --namespace {namespace}"
	waitForAzure      = "wait: the program tries again by itself; https://azure.status.microsoft/status shows outages"
	errorPage         = "curl --location --silent {error-page} # or open it in a browser"
	setVaultAndSecret = "helm upgrade quick-start charts/quick-start --namespace {namespace} --reuse-values " +
		"--set keyvault.url={vault-url} --set keyvault.secretName={secret-name} # az keyvault list --query '[].name' shows the names of your vaults"
)

// Sources of the claims below.
const (
	webhookPages    = "https://azure.github.io/azure-workload-identity/docs/"
	webhookAccount  = webhookPages + "topics/service-account-labels-and-annotations.html"
	webhookTrouble  = webhookPages + "troubleshooting.html"
	webhookIssues   = webhookPages + "known-issues.html"
	webhookFAQ      = webhookPages + "faq.html"
	webhookCode     = "https://github.com/Azure/azure-workload-identity/blob/main/pkg/webhook/webhook.go"
	learn           = "https://learn.microsoft.com/"
	aksIssuer       = learn + "azure/aks/use-oidc-issuer"
	aksBindings     = learn + "azure/aks/identity-bindings"
	federation      = learn + "entra/workload-id/workload-identity-federation"
	considerations  = learn + "entra/workload-id/workload-identity-federation-considerations"
	createTrust     = learn + "entra/workload-id/workload-identity-federation-create-trust"
	entraCodes      = learn + "entra/identity-platform/reference-error-codes"
	nationalClouds  = learn + "entra/identity-platform/authentication-national-cloud"
	vaultErrors     = learn + "azure/key-vault/general/rest-error-codes"
	vaultNetwork    = learn + "azure/key-vault/general/network-security"
	vaultPrivate    = learn + "azure/key-vault/general/private-link-diagnostics"
	vaultEndpoint   = learn + "azure/key-vault/general/private-link-service"
	vaultRoles      = learn + "azure/key-vault/general/rbac-guide"
	vaultPolicies   = learn + "azure/key-vault/general/assign-access-policy"
	vaultThrottling = learn + "azure/key-vault/general/overview-throttling"
	vaultFirewall   = learn + "azure/key-vault/general/access-behind-firewall"
	vaultNames      = learn + "azure/key-vault/general/about-keys-secrets-certificates"
	vaultAuth       = learn + "azure/key-vault/general/authentication-requests-and-responses"
	vaultRecovery   = learn + "azure/key-vault/general/key-vault-recovery"
	perimeter       = learn + "azure/private-link/network-security-perimeter-concepts"
	projected       = "https://kubernetes.io/docs/concepts/storage/projected-volumes/"
	accounts        = "https://kubernetes.io/docs/concepts/security/service-accounts/"
	goProxies       = "https://pkg.go.dev/net/http#ProxyFromEnvironment"
	goRoots         = "https://pkg.go.dev/crypto/x509#SystemCertPool"
)

const (
	// legacyIssuer is that of the tokens in secrets, which have no audience.
	legacyIssuer = "kubernetes/serviceaccount"
	// keyVaultApplication is Key Vault's own application in every tenant.
	keyVaultApplication = "cfa8b339-82a2-471a-a3c9-0fc0be7a4093"
	// oldTokenFile ends the path at which the webhook before 1.6.0 mounted the token.
	oldTokenFile = "azure/tokens/azure-identity-token"
)

// noRecord begins the texts of all codes for a credential that does not match.
const noRecord = "no matching federated identity record"

// catalog has all explanations. The first that matches is given, so those that
// depend on more evidence stand before those that depend on less.
var catalog = []entry{
	// The variables of the workload identity.
	{
		id: "webhook-not-applied", link: LinkWebhook, from: fromConfig,
		when: func(ev *evidence) bool { return ev.lacks("AZURE_FEDERATED_TOKEN_FILE") },
		about: "The webhook mounts the token and sets AZURE_FEDERATED_TOKEN_FILE, so without that variable it did not change this container. " +
			"It acts on pods that have the label, when they are created; it adds each variable that a container lacks and leaves the others alone, " +
			"so some may be there that were set by hand. A label on the service account, a Deployment or a CronJob itself does not count. " +
			"AKS keeps webhooks from kube-system, its own namespaces and those with the label control-plane.",
		cause: `AZURE_FEDERATED_TOKEN_FILE is not set, so the webhook did not change this pod: its template lacks the label azure.workload.identity/use: "true" (one on the service account or the Deployment does not count), ` +
			"or the webhook is not installed, was not reachable or not installed yet when the pod was created, or does not act on this namespace " +
			"(AKS keeps kube-system from it) or container (missing variables: {variables})",
		// One command, three answers: the pod's labels, the namespace's, and
		// whether the webhook is there.
		fix: "kubectl get pod/{pod-name} namespace/{namespace} mutatingwebhookconfiguration/azure-wi-webhook-mutating-webhook-configuration --namespace {namespace} --show-labels " +
			"# no label: set azure.workload.identity/use: \"true\" in the pod template; no webhook: az aks update --name CLUSTER_NAME --resource-group RESOURCE_GROUP " +
			"--enable-oidc-issuer --enable-workload-identity; then delete the pod and create it again",
		sources: []string{webhookAccount, webhookTrouble, webhookIssues, webhookCode},
	},
	{
		id: "service-account-default", link: LinkWebhook, from: fromConfig,
		when: func(ev *evidence) bool { return ev.lacks("AZURE_CLIENT_ID") && isDefaultAccount(ev) },
		about: "A pod whose template names no service account runs as the namespace's default one, " +
			"which has no annotation and should get none: all pods without an account would have the identity.",
		cause: "the pod runs as service account default of namespace {namespace}: serviceAccountName is missing from its template, " +
			"so the webhook found no annotation azure.workload.identity/client-id",
		fix:     useAccount,
		sources: []string{accounts, webhookCode},
	},
	{
		id: "client-id-missing", link: LinkWebhook, from: fromConfig,
		when: func(ev *evidence) bool { return ev.lacks("AZURE_CLIENT_ID") },
		about: "Everything but the client ID arrived. The webhook reads it from the annotation of the pod's service account when the pod is created: not from one of the pod, " +
			"and not after a change. It is that of an application or of a user-assigned managed identity.",
		cause: "AZURE_CLIENT_ID is not set: service account {service-account} in namespace {namespace} lacks the annotation azure.workload.identity/client-id, " +
			"or got it after the pod was created, or the container sets the variable to nothing",
		fix: "kubectl annotate serviceaccount {service-account} --namespace {namespace} --overwrite azure.workload.identity/client-id={client-id} " +
			"&& kubectl delete pod {pod-name} --namespace {namespace} # and create it again; with the chart: helm upgrade … --set azure.clientId={client-id}",
		sources: []string{webhookAccount, webhookCode},
	},
	{
		id: "variables-missing", link: LinkConfiguration, from: fromConfig,
		when: func(ev *evidence) bool { return len(ev.missing) > 0 },
		about: "The webhook adds each variable that a container lacks, and counts one with an empty value as there. " +
			"The tenant is the webhook's own unless the service account has the annotation azure.workload.identity/tenant-id.",
		cause: "{variables} is not set although the token file's variable is: the container's env sets it to an empty value, which the webhook leaves alone, " +
			"or the annotation azure.workload.identity/tenant-id of the service account is empty, or the variables were set by hand",
		fix:     environmentOf + " # remove the empty value, then create the pod again",
		sources: []string{webhookAccount, webhookCode},
	},
	{
		id: "variable-invalid", link: LinkConfiguration, from: fromConfig,
		about: "A variable has a value that no Entra ID or token proxy has, such as one with a quotation mark or a line break from a template. " +
			"Most of them come from the annotations azure.workload.identity/client-id and azure.workload.identity/tenant-id of the service account.",
		cause: "a variable of the workload identity cannot be used: {problems}",
		fix: environmentOf + " && kubectl get serviceaccount {service-account} --namespace {namespace} --output jsonpath='{.metadata.annotations}' " +
			"# correct the value, then create the pod again",
		sources: []string{webhookAccount},
	},

	// The token file. The kubelet writes it.
	{
		id: "token-file-old-path", link: LinkTokenFile, from: fromFile,
		when: func(ev *evidence) bool {
			return errors.Is(ev.err, fs.ErrNotExist) && strings.HasSuffix(strings.ReplaceAll(ev.values["token-file"], `\`, "/"), oldTokenFile)
		},
		about: "Webhook 1.6.0 moved the token. It leaves a variable alone that the container has, so a path set by hand stays, and leads to nothing.",
		cause: "there is no file {token-file}, which is where the webhook before 1.6.0 mounted the token: the path is set by hand, or built in, and the token is now in " +
			"/var/run/secrets/azure/wi/token/azure-identity-token; or its volume is not mounted into this container, as on a virtual node",
		fix:     volume + " # where is it? remove AZURE_FEDERATED_TOKEN_FILE from the container's env, so that the webhook sets it, and create the pod again",
		sources: []string{"https://github.com/Azure/azure-workload-identity/blob/main/pkg/webhook/consts.go", webhookCode},
	},
	{
		id: "token-file-missing", link: LinkTokenFile, from: fromFile,
		when: func(ev *evidence) bool { return errors.Is(ev.err, fs.ErrNotExist) },
		about: "The webhook mounts the token into all containers of the pod, other than those in the annotation azure.workload.identity/skip-containers. " +
			"Virtual nodes are not supported.",
		cause:   "there is no file {token-file}: the token's volume is not mounted into this container, or the path is set by hand, or the program does not run in a pod",
		fix:     volume + " # the volume and its mounts; a path set by hand in env has to be that of the mount",
		sources: []string{webhookAccount, webhookCode, learn + "azure/aks/workload-identity-overview#limitations"},
	},
	{
		id: "token-file-unreadable", link: LinkTokenFile, from: fromFile,
		when:    func(ev *evidence) bool { return errors.Is(ev.err, fs.ErrPermission) },
		about:   "A container that runs as a user other than root needs runAsUser for the whole pod, or fsGroup. 65532 is the user of this repository's image.",
		cause:   "the user of this container may not read {token-file}: the kubelet gives it to the pod's fsGroup, or to runAsUser if that is the same for all containers",
		fix:     "helm upgrade quick-start charts/quick-start --namespace {namespace} --reuse-values --set podSecurityContext.fsGroup=65532",
		sources: []string{projected, webhookIssues},
	},
	{
		id: "token-file-empty", link: LinkTokenFile, from: fromFile,
		when:    func(ev *evidence) bool { return errors.Is(ev.err, tokencredential.ErrTokenFileEmpty) },
		about:   "The kubelet replaces the file in one step, so a reader never finds it empty. Something else is mounted at this path.",
		cause:   "the file {token-file} is empty: something other than the kubelet wrote it, or its disk was full",
		fix:     volume,
		sources: []string{projected},
	},
	{
		id: "token-file-not-a-token", link: LinkTokenFile, from: fromFile,
		when:    func(ev *evidence) bool { return isNotToken(ev) },
		about:   "AZURE_FEDERATED_TOKEN_FILE names a directory, a device or another file, or a tool wrote a placeholder. The content is not shown, since it may be a secret.",
		cause:   "{token-file} is not a service account token, which is a JWT: {reason}",
		fix:     environmentOf + " # AZURE_FEDERATED_TOKEN_FILE has to name the file azure-identity-token",
		sources: []string{projected, webhookCode},
	},
	{
		id: "token-file-failed", link: LinkTokenFile, from: fromFile,
		about:   "The operating system failed to read the file, as when a node's disk is broken. The pod's events may tell more.",
		cause:   "the file {token-file} could not be read: {reason}",
		fix:     describe,
		sources: []string{projected},
	},

	// The token, as Entra ID sees it.
	{
		id: "token-legacy", link: LinkTokenFile, from: fromEntra,
		when: func(ev *evidence) bool {
			return ev.facts.Issuer == legacyIssuer && (isFederation(ev) || ev.says("assertion") || ev.says("jwt"))
		},
		about: "Before Kubernetes 1.24 every service account had a secret with a token that never expires. Federation needs a projected token, which the webhook mounts.",
		cause: "{token-file} holds a token of a service account's secret (issuer {issuer}), which no federated identity credential can match: " +
			"it takes a projected token, which has an issuer's URL and an audience",
		fix:     volume + " # AZURE_FEDERATED_TOKEN_FILE has to name this file",
		sources: []string{accounts, federation},
	},
	{
		id: "identity-binding-missing", link: LinkFederation, from: fromEntra,
		when: func(ev *evidence) bool {
			return ev.facts.TokenProxy && (isFederation(ev) || ev.oauthError == "" && ev.status/100 == 4 && ev.status != http.StatusTooManyRequests)
		},
		about: "With AKS identity bindings the cluster's token proxy checks the binding of the managed identity to the cluster, and a ClusterRole that grants " +
			"the verb use-managed-identity on the client ID to the service account. Check both. The command needs the extension aks-preview.",
		cause: "the cluster's token proxy does not get tokens of client ID {client-id} for {subject}: the AKS identity binding is missing, " +
			"or the ClusterRole that lets the service account use it: {message}",
		fix: "az aks identity-binding create --name quick-start --resource-group RESOURCE_GROUP --cluster-name CLUSTER_NAME " +
			"--managed-identity-resource-id MANAGED_IDENTITY_RESOURCE_ID # it exists: grant {service-account} the verb use-managed-identity on {client-id} (cid.wi.aks.azure.com)",
		sources: []string{aksBindings, learn + "azure/aks/identity-bindings-concepts"},
	},
	{
		id: "token-lifetime", link: LinkTokenFile, from: fromEntra, aadsts: []int{70023}, says: []string{"must have a lifetime of less"},
		about: "Entra ID exchanges tokens that live for a day at most. The token that the webhook projects lives for an hour; one that Kubernetes mounts for its own API, " +
			"or that a tool made, may live for a year.",
		cause:   "the token in {token-file} lives longer than a day ({lifetime}), which Entra ID does not exchange: it is not the one that the webhook projects",
		fix:     volume + " # AZURE_FEDERATED_TOKEN_FILE has to name this file; a projection of your own: expirationSeconds of 86400 at most",
		sources: []string{"https://github.com/MicrosoftDocs/azure-docs/issues/86916", aksIssuer, webhookAccount},
	},
	{
		id: "token-from-entra", link: LinkTokenFile, from: fromEntra, aadsts: []int{700222, 700229, 700231},
		says:    []string{"aad-issued tokens", "entra-issued tokens", "obtained using another federated"},
		about:   "A token of Entra ID itself was sent as the assertion, for example an access token. What is exchanged is the service account token.",
		cause:   "the token in {token-file} was issued by Entra ID itself (issuer {issuer}), which does not exchange its own tokens here: {message}",
		fix:     volume + " # AZURE_FEDERATED_TOKEN_FILE has to name the service account token",
		sources: []string{"https://github.com/MicrosoftDocs/azure-docs/issues/90276", federation, entraCodes},
	},
	{
		id: "token-algorithm", link: LinkTokenFile, from: fromEntra, aadsts: []int{5002738, 5002730},
		says:  []string{"not a supported signature algorithm", "unsupported key for the signing algorithm"},
		about: "The API server signs with the kind of key that --service-account-signing-key-file has. Entra ID takes RSA only.",
		cause: "the token in {token-file} is signed with {algorithm}, and Entra ID takes RS256 and its RSA relatives only: the cluster's signing key is not an RSA key",
		fix: "kubectl get --raw /openid/v1/jwks # kty has to be RSA: start the API server with an RSA key in --service-account-signing-key-file (openssl genrsa -out sa.key 2048), " +
			"publish its JWKS, then create the pod again",
		sources: []string{"https://github.com/AzureAD/microsoft-identity-web/issues/3467", considerations, webhookPages + "installation/self-managed-clusters/service-account-key-generation.html"},
	},
	{
		id: "token-audience", link: LinkTokenFile, from: fromEntra, aadsts: []int{700212}, says: []string{noRecord + " found for presented assertion audience"},
		when:    func(ev *evidence) bool { return len(ev.facts.Audience) > 0 && !ev.facts.hasExchangeAudience() },
		about:   "AZURE_FEDERATED_TOKEN_FILE probably names the token for the API server. The one for Entra ID is projected by the webhook.",
		cause:   "the token in {token-file} is for the audience {audience} rather than {exchange-audience}: another volume's token is used",
		fix:     volume + " # AZURE_FEDERATED_TOKEN_FILE has to name this file; a projection of your own needs audience: {exchange-audience}",
		sources: []string{webhookCode, createTrust},
	},
	{
		id: "token-not-yet-valid", link: LinkTokenFile, from: fromEntra, aadsts: []int{700024}, says: []string{"not within its valid time range"},
		when:    func(ev *evidence) bool { return ev.issued.After(ev.now) },
		about:   "The API server's clock runs ahead of Entra ID's. The command compares its clock with yours.",
		cause:   "the token in {token-file} was issued at {issued}, and Entra ID's clock says {now}: the API server's clock is ahead",
		fix:     "curl --silent --head {issuer} | grep -i ^date: && date -u",
		sources: []string{entraCodes},
	},
	{
		id: "token-expired", link: LinkTokenFile, from: fromEntra, aadsts: []int{700024, 500133}, says: []string{"not within its valid time range"},
		about: "The kubelet renews a projected token after 80 % of its lifetime, and programs have to read the file again. A copy of the file is not renewed, nor is a file mounted with subPath.",
		cause: "the token in {token-file} expired at {expires}, and Entra ID's clock says {now}: the kubelet does not renew the file, as with a copy or a subPath mount, " +
			"or the API server's clock is behind",
		fix: "kubectl get events --namespace {namespace} --field-selector involvedObject.name={pod-name} " +
			"# a copy or subPath: mount the projected volume itself; kubectl delete pod {pod-name} gets a new token at once",
		sources: []string{projected, "https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/#launch-a-pod-using-service-account-token-projection"},
	},
	{
		id: "token-malformed", link: LinkTokenFile, from: fromEntra, aadsts: []int{50027, 5002723, 90014, 50013},
		says:    []string{"jwt token is invalid", "invalid jwt token", "is missing from the credential"},
		about:   "The file has the form of a JWT, but Entra ID misses a claim or the ID of the key. Use the token that the webhook projects, as it is.",
		cause:   "Entra ID cannot use the token in {token-file} as an assertion: {message}",
		fix:     volume + " # AZURE_FEDERATED_TOKEN_FILE has to name this file",
		sources: []string{entraCodes, federation},
	},

	// Its issuer.
	{
		id: "issuer-private", link: LinkIssuer, from: fromEntra, aadsts: issuerCodes, says: []string{noRecord, "external oidc endpoint", "no configured federated"},
		when: func(ev *evidence) bool { return isPrivateIssuer(ev.facts.Issuer) },
		about: "Entra ID reads the issuer's keys over the internet. A cluster whose OIDC issuer is not enabled names itself by an address that only the cluster knows; " +
			"no credential can make Entra ID reach it. Pods that are older than the issuer keep tokens of the old one until they are created again.",
		cause:   "the issuer {issuer} is an address inside the cluster, which Entra ID cannot read: the cluster's OIDC issuer is not enabled, or was enabled after the pod was created",
		fix:     enableIssuer + "; other clusters: set the API server's --service-account-issuer to a public URL",
		sources: []string{aksIssuer, webhookPages + "installation/self-managed-clusters/oidc-issuer.html"},
	},
	{
		id: "issuer-unreachable-aks", link: LinkIssuer, from: fromEntra, aadsts: unreachableCodes, says: []string{"external oidc endpoint"},
		when: func(ev *evidence) bool {
			return strings.HasSuffix(hostname(ev.facts.Issuer), ".oic.prod-aks.azure.com")
		},
		about:   "Microsoft runs the issuer of an AKS cluster, and Entra ID fails to read it now and then. The program tries again by itself.",
		cause:   "Entra ID could not read the AKS issuer {issuer}: passing trouble between the two is known, so wait for some minutes (trace ID {trace-id})",
		fix:     "az aks update --name CLUSTER_NAME --resource-group RESOURCE_GROUP # if it lasts: this reconciles the cluster; then ask Azure's support, with the trace ID",
		sources: []string{webhookTrouble, "https://github.com/Azure/AKS/issues/4029", "https://github.com/Azure/azure-workload-identity/issues/642"},
	},
	{
		id: "issuer-unreachable", link: LinkIssuer, from: fromEntra, aadsts: unreachableCodes, says: []string{"external oidc endpoint"},
		about: "Entra ID reads the discovery document and the keys over the internet. Publish both, for example in a storage account, with a publicly trusted certificate. " +
			"Run the command from outside of the cluster's network.",
		cause:   "Entra ID cannot fetch the discovery document or the keys of the issuer {issuer}, which must be on the internet with a publicly trusted certificate",
		fix:     "curl --fail --show-error {discovery-url} # from outside of the cluster's network; then the same for the jwks_uri in it",
		sources: []string{webhookTrouble, webhookPages + "installation/self-managed-clusters/oidc-issuer.html"},
	},
	{
		id: "signature-rejected", link: LinkIssuer, from: fromEntra, aadsts: []int{7000272, 700027, 500136},
		says:    []string{"signature validation", "invalid signature", "key was not found", "key not found"},
		about:   "Compare the key IDs (kid) of both outputs with the one in the token's header. After the cluster's signing key was rotated, the published keys must be updated; on AKS that happens by itself.",
		cause:   "the token is not signed by a key that the issuer {issuer} publishes: the cluster signs with another key, such as a rotated one, or another cluster has the same issuer",
		fix:     "kubectl get --raw /openid/v1/jwks && curl --fail --show-error {discovery-url} # publish the first one's keys at the jwks_uri of the second",
		sources: []string{aksIssuer, webhookPages + "topics/self-managed-clusters/service-account-key-rotation.html"},
	},

	// The federated identity credential.
	{
		id: "subject-default", link: LinkFederation, from: fromEntra, aadsts: []int{700213, 7002138, 70021}, says: []string{noRecord + " found for presented assertion subject"},
		when:  isDefaultAccount,
		about: "A pod whose template names no service account runs as the namespace's default one. A credential for that would give the identity to all pods without an account.",
		cause: "the pod runs as service account default of namespace {namespace} (subject {subject}), for which no federated identity credential exists: " +
			"serviceAccountName is missing from its template",
		fix:     useAccount,
		sources: []string{accounts, federation},
	},
	{
		id: "credential-none", link: LinkFederation, from: fromEntra, aadsts: []int{70025}, says: []string{"no configured federated identity credentials"},
		about: "What a newcomer meets first: the identity has no federated credential at all, or AZURE_CLIENT_ID is that of another identity. " +
			"The first credential takes up to two minutes to work, and until then the message is the same.",
		cause: "client ID {client-id} has no federated identity credential yet, or its first one was created within the last minutes and does not work yet, " +
			"or the client ID is that of another identity",
		fix:     create + test,
		sources: []string{webhookFAQ, considerations, "https://github.com/Azure/azure-workload-identity/issues/1362"},
	},
	{
		id: "issuer-mismatch", link: LinkFederation, from: fromEntra, aadsts: []int{700211}, says: []string{noRecord + " found for presented assertion issuer"},
		about: "No credential of the identity has this issuer: it does not exist yet, belongs to another cluster or another identity, or its issuer differs by the slash at the end. " +
			"A cluster that was created again has another issuer. az identity federated-credential list shows what there is.",
		cause:   "no federated identity credential of client ID {client-id} has the issuer {issuer}; a slash at its end counts, and a new credential takes minutes to work",
		fix:     create + anew + test,
		sources: []string{federation, webhookTrouble, considerations},
	},
	{
		id: "subject-case", link: LinkFederation, from: fromEntra, aadsts: []int{7002138}, says: []string{"but not with case-sensitive comparison"},
		about:   "Entra ID compares upper and lower case. Correct the credential rather than the service account.",
		cause:   "a federated identity credential of client ID {client-id} has the subject {subject} with other capital letters, and upper and lower case count",
		fix:     "az identity federated-credential update --name CREDENTIAL_NAME" + ofToken + " # an edited credential may not take effect" + anew,
		sources: []string{"https://learn.microsoft.com/entra/identity-platform/reference-breaking-changes#august-2024"},
	},
	{
		id: "subject-mismatch", link: LinkFederation, from: fromEntra, aadsts: []int{700213}, says: []string{noRecord + " found for presented assertion subject"},
		about:   "The issuer is trusted, but for another service account. The subject is system:serviceaccount:NAMESPACE:NAME of the account that the pod runs as; there are no wildcards.",
		cause:   "no federated identity credential of client ID {client-id} has the subject {subject} for the issuer {issuer}: namespace and service account name have to match exactly",
		fix:     create + anew + test,
		sources: []string{federation, considerations},
	},
	{
		id: "audience-mismatch", link: LinkFederation, from: fromEntra, aadsts: []int{700212}, says: []string{noRecord + " found for presented assertion audience"},
		about:   "The issuer and the subject fit and the audience does not. It is api://AzureADTokenExchange unless the webhook was told otherwise; the sovereign clouds have their own.",
		cause:   "the federated identity credential of client ID {client-id} for the subject {subject} lacks the audience {audience}",
		fix:     "az identity federated-credential update --name CREDENTIAL_NAME" + ofToken,
		sources: []string{createTrust, federation},
	},
	{
		id: "credential-missing", link: LinkFederation, from: fromEntra, aadsts: []int{70021, 700210}, says: []string{noRecord},
		about: "An older code for any of the three: no credential has this issuer, subject and audience together.",
		cause: "no federated identity credential of client ID {client-id} has the issuer {issuer}, the subject {subject} and the audience {audience}, all three compared exactly; " +
			"a slash at the issuer's end counts, and a new credential takes minutes to work",
		fix:     create + anew + test,
		sources: []string{federation, webhookTrouble, considerations},
	},

	// Entra ID itself.
	{
		id: "cloud-mismatch", link: LinkConfiguration, from: fromEntra, when: cloudsDiffer,
		about:   "Each Azure cloud has its own Entra ID with its own tenants and applications, and its own domain for vaults. The command lists which belong together. The authority host comes from the webhook's setting azureEnvironment.",
		cause:   "the tenant {tenant-id}, the authority host {authority-host} and the vault {vault-host} do not belong to the same Azure cloud",
		fix:     clouds + " # set AZURE_AUTHORITY_HOST and KEYVAULT_URL to those of one line",
		sources: []string{nationalClouds, entraCodes, vaultNames},
	},
	{
		id: "service-principal-missing", link: LinkEntra, from: fromEntra, aadsts: []int{7000229}, says: []string{"missing service principal"},
		about:   "An application's registration is not enough: the tenant needs a service principal for it. A managed identity has one.",
		cause:   "the application with client ID {client-id} has no service principal in tenant {tenant-id}",
		fix:     "az ad sp create --id {client-id}",
		sources: []string{"https://go.microsoft.com/fwlink/?linkid=2225119"},
	},
	{
		id: "federation-forbidden", link: LinkEntra, from: fromEntra, aadsts: []int{700223, 700238}, says: []string{"federation was disabled"},
		about:   "An administrator of the tenant disabled workload identity federation, or allowed it for some issuers or kinds of identities only.",
		cause:   "a policy of tenant {tenant-id} forbids federation, or does not allow it with the issuer {issuer} or for this kind of identity: {message}",
		fix:     "wait: an administrator of tenant {tenant-id} has to allow the issuer {issuer} for federated credentials, of applications or of managed identities; see {error-page}",
		sources: []string{"https://learn.microsoft.com/azure/devops/pipelines/release/troubleshoot-workload-identity"},
	},
	{
		id: "application-public", link: LinkEntra, from: fromEntra, aadsts: []int{700025}, says: []string{"client is public"},
		about:   "The application is registered as a public client, such as a desktop program, and those have no credentials. A managed identity cannot have this.",
		cause:   "the application with client ID {client-id} is a public client, from which Entra ID takes no assertion",
		fix:     "az ad app update --id {client-id} --is-fallback-public-client false",
		sources: []string{entraCodes},
	},
	{
		id: "application-multitenant", link: LinkEntra, from: fromEntra, aadsts: []int{70052}, says: []string{"must be a managed identity, a single tenant app"},
		about:   "An application that is registered for several tenants cannot use this kind of federated credential.",
		cause:   "the application with client ID {client-id} is multitenant, which this kind of federation does not take: {message}",
		fix:     "az ad app update --id {client-id} --sign-in-audience AzureADMyOrg # or use a managed identity",
		sources: []string{federation},
	},
	{
		id: "resource-disabled", link: LinkEntra, from: fromEntra, aadsts: []int{500014}, says: []string{"the service principal for resource"},
		about:   "The service for which the token is, not the application, is disabled in the tenant, by an administrator or since a subscription lapsed.",
		cause:   "the service for which the token is is disabled in tenant {tenant-id}: {message}",
		fix:     "az ad sp show --id " + keyVaultApplication + " --query accountEnabled # Key Vault; false: az ad sp update --id " + keyVaultApplication + " --set accountEnabled=true, or renew the tenant's subscription",
		sources: []string{entraCodes, vaultAuth},
	},
	{
		id: "assignment-missing", link: LinkEntra, from: fromEntra, aadsts: []int{50105, 501051}, says: []string{"is not assigned to a role", "isn't assigned to a role"},
		about:   "The service for which the token is wants each application to be assigned to one of its roles. Key Vault does not; an API of your own may.",
		cause:   "client ID {client-id} is not assigned to a role of the service for which the token is, and that service requires it: {message}",
		fix:     "az ad sp show --id RESOURCE_APP_ID --query '[appRoleAssignmentRequired,appRoles]' # assign one of these app roles to the service principal of {client-id}",
		sources: []string{entraCodes},
	},
	{
		id: "application-unknown", link: LinkEntra, from: fromEntra, aadsts: []int{700016, 700011, 70001}, says: []string{"was not found in the directory"},
		about:   "Compare AZURE_CLIENT_ID with the list. It is the client ID, not the object ID, and the tenant must be that of the identity. A new identity takes a while to be known everywhere.",
		cause:   "there is no application or managed identity with client ID {client-id} in tenant {tenant-id}: the client ID is wrong (an object ID?), or it belongs to another tenant",
		fix:     identities,
		sources: []string{entraCodes},
	},
	{
		id: "application-disabled", link: LinkEntra, from: fromEntra, aadsts: []int{7000112}, says: []string{"is disabled"},
		about:   "An administrator, or Microsoft, disabled the application's service principal.",
		cause:   "the application with client ID {client-id} is disabled in tenant {tenant-id}",
		fix:     "az ad sp update --id {client-id} --set accountEnabled=true",
		sources: []string{entraCodes},
	},
	{
		id: "tenant-unknown", link: LinkEntra, from: fromEntra, aadsts: []int{90002, 900023, 900021, 50059}, says: []string{"tenant-identifying information", "tenant not found", "is neither a valid dns name"},
		about:   "Compare AZURE_TENANT_ID with the list. A tenant exists in one cloud only.",
		cause:   "Entra ID at {authority-host} has no tenant {tenant-id}",
		fix:     "az account list --query '[].[tenantId,name,environmentName]' --output table # correct azure.workload.identity/tenant-id of the service account, or the webhook's azureTenantID",
		sources: []string{entraCodes, webhookAccount},
	},
	{
		id: "region-unsupported", link: LinkEntra, from: fromEntra, aadsts: []int{100007}, says: []string{"entra regional only", "aad regional only"},
		about:   "Entra ID's regional endpoints serve Microsoft's own applications only. A library asks them if a variable names a region.",
		cause:   "the request went to a regional endpoint of Entra ID, which does not serve client ID {client-id}",
		fix:     environmentOf + " # remove AZURE_REGIONAL_AUTHORITY_NAME and MSAL_FORCE_REGION, and use AZURE_AUTHORITY_HOST=https://login.microsoftonline.com/",
		sources: []string{entraCodes},
	},
	{
		id: "resource-unknown", link: LinkEntra, from: fromEntra, aadsts: []int{500011, 50001, 650052, 650057}, says: []string{"resource principal named"},
		about:   "The token was requested for a service that the tenant does not know. With Key Vault that is nearly always a vault in another cloud.",
		cause:   "tenant {tenant-id} does not know the service that the token is for: the vault {vault-host} may be in another cloud than {authority-host}: {message}",
		fix:     clouds,
		sources: []string{entraCodes, vaultNames},
	},
	{
		id: "scope-invalid", link: LinkEntra, from: fromEntra, aadsts: []int{70011, 1002012, 28002, 28003, 700022, 700023}, says: []string{"parameter scope", "parameter 'scope'"},
		about:   "A program asked for a token with a scope that is not of the form RESOURCE/.default. This program derives it from the vault's address.",
		cause:   "Entra ID does not accept the scope of the request, which is that of the vault's service followed by /.default: {message}",
		fix:     vaultURI + " # KEYVAULT_URL has to be this; the scope of the public cloud is https://vault.azure.net/.default",
		sources: []string{entraCodes, learn + "azure/aks/workload-identity-overview#azure-identity-client-libraries"},
	},
	{
		id: "client-secret", link: LinkEntra, from: fromEntra, aadsts: []int{7000215, 7000218, 7000222, 70002}, says: []string{"client secret", "client_secret"},
		about:   "Workload identity has no secret that could be wrong or expire. See whether another program wrote the message, or uses AZURE_CLIENT_SECRET.",
		cause:   "Entra ID speaks of a client secret, but this program has none and sends only an assertion, so the message is another program's or something between changed the request: {message}",
		fix:     environmentOf + " # which program uses AZURE_CLIENT_SECRET?",
		sources: []string{entraCodes, federation},
	},
	{
		id: "conditional-access", link: LinkEntra, from: fromEntra, aadsts: []int{53000, 53001, 53002, 53003, 53004, 53011, 530003, 530004, 530032, 530035, 50005},
		says:    []string{"conditional access"},
		about:   "Policies for workload identities apply to applications of your own tenant. The sign-in log of the service principal names the policy; look for the trace ID.",
		cause:   "a conditional access policy of tenant {tenant-id} blocks client ID {client-id}: {message} (trace ID {trace-id})",
		fix:     "az rest --method get --url https://graph.microsoft.com/v1.0/identity/conditionalAccess/policies --query 'value[].[displayName,state]'",
		sources: []string{entraCodes, learn + "entra/identity/conditional-access/workload-identity"},
	},
	{
		id: "tenant-restricted", link: LinkNetwork, from: fromEntra, aadsts: []int{500021, 500022, 50002}, says: []string{"restricted proxy", "restrict-access-to-tenant", "tenant is denied"},
		about:   "A proxy that intercepts TLS adds the header that restricts tenants.",
		cause:   "a proxy on the way restricts tenants, and {tenant-id} is not among those that it allows: {message}",
		fix:     environmentOf + " # see HTTPS_PROXY, and have the proxy's administrator allow tenant {tenant-id}",
		sources: []string{entraCodes, learn + "entra/identity/enterprise-apps/tenant-restrictions"},
	},
	{
		id: "entra-throttled", link: LinkEntra, from: fromEntra,
		when: func(ev *evidence) bool {
			return ev.status == http.StatusTooManyRequests || ev.hasCode(90055) || ev.hasCode(50196)
		},
		about:   "Many processes ask for tokens at once. The credential keeps its tokens and repeats as Entra ID asks, so there is nothing to do unless this lasts.",
		cause:   "Entra ID at {authority-host} received too many requests (HTTP {status}): {message}",
		fix:     waitForAzure,
		sources: []string{entraCodes},
	},
	{
		id: "entra-unavailable", link: LinkEntra, from: fromEntra,
		when: func(ev *evidence) bool {
			return ev.status >= 500 && (ev.oauthError != "" || ownFailure(ev)) || ev.says("transient error") || slices.ContainsFunc(passingCodes, ev.hasCode)
		},
		about:   "A failure inside Entra ID, which as a rule passes. The program tries again; support asks for the trace ID.",
		cause:   "Entra ID at {authority-host} failed (HTTP {status}): {message}",
		fix:     waitForAzure,
		sources: []string{entraCodes},
	},
	// Codes that nobody knows yet: what the words are about.
	{
		id: "federation-rejected", link: LinkFederation, from: fromEntra, says: []string{"federated", "oidc"}, when: isFromEntra,
		about:   "A code that this program does not know, about the federated credential or the issuer. The page behind the link explains it; support asks for the trace ID.",
		cause:   "Entra ID rejected the federated token with the issuer {issuer} and the subject {subject}: {message} (trace ID {trace-id})",
		fix:     errorPage + "; the credentials: az identity federated-credential list" + ofIdentity,
		sources: []string{federation, entraCodes},
	},
	{
		id: "assertion-rejected", link: LinkTokenFile, from: fromEntra, says: []string{"assertion", "jwt"}, when: isFromEntra,
		about:   "A code that this program does not know, about the token that was sent. The page behind the link explains it; support asks for the trace ID.",
		cause:   "Entra ID rejected the token in {token-file} (issuer {issuer}, subject {subject}, audience {audience}, {algorithm}): {message} (trace ID {trace-id})",
		fix:     errorPage,
		sources: []string{federation, entraCodes},
	},
	{
		id: "tenant-rejected", link: LinkEntra, from: fromEntra, says: []string{"tenant"}, when: isFromEntra,
		about:   "A code that this program does not know, about the tenant. The page behind the link explains it; support asks for the trace ID.",
		cause:   "Entra ID rejected the request for tenant {tenant-id} and client ID {client-id}: {message} (trace ID {trace-id})",
		fix:     errorPage,
		sources: []string{entraCodes},
	},
	{
		id: "application-rejected", link: LinkEntra, from: fromEntra, says: []string{"application", "client"}, when: isFromEntra,
		about:   "A code that this program does not know, about the application or identity. The page behind the link explains it; support asks for the trace ID.",
		cause:   "Entra ID rejected the request of client ID {client-id} in tenant {tenant-id}: {message} (trace ID {trace-id})",
		fix:     errorPage,
		sources: []string{entraCodes},
	},
	{
		id: "entra-rejected", link: LinkEntra, from: fromEntra, when: isFromEntra,
		about:   "A code that this program does not know. The page behind the link explains it; support asks for the trace ID.",
		cause:   "Entra ID rejected the token request: {message} (trace ID {trace-id})",
		fix:     errorPage,
		sources: []string{entraCodes},
	},

	// Key Vault.
	{
		id: "vault-firewall-subnet", link: LinkVault, from: fromVault, codes: []string{"ForbiddenByFirewall"}, says: []string{"client address is not authorized"},
		when:    func(ev *evidence) bool { return isPrivate(ev.values["client-address"]) },
		about:   "The vault sees a private address when the pod's subnet has a service endpoint for Key Vault. The vault's firewall then needs a rule for the subnet; it takes no rule for a private address.",
		cause:   "the firewall of vault {vault-name} does not let the subnet of the private address {client-address} in, which came through the subnet's service endpoint",
		fix:     "az keyvault network-rule add --name {vault-name} --subnet SUBNET_RESOURCE_ID # of the pod's nodes, with the service endpoint Microsoft.KeyVault; an address rule for a private address is not possible",
		sources: []string{vaultNetwork, vaultErrors},
	},
	{
		id: "vault-firewall", link: LinkVault, from: fromVault, codes: []string{"ForbiddenByFirewall"}, says: []string{"client address is not authorized"},
		about:   "The address is that of the cluster's outbound traffic. A service endpoint or a private endpoint is better than an address that may change.",
		cause:   "the firewall of vault {vault-name} does not let this cluster's traffic in, which comes from the address {client-address}",
		fix:     "az keyvault network-rule add --name {vault-name} --ip-address {client-address} # better, since it does not change: --subnet SUBNET_RESOURCE_ID with the service endpoint Microsoft.KeyVault, or a private endpoint",
		sources: []string{vaultNetwork, vaultErrors},
	},
	{
		id: "vault-endpoint-unapproved", link: LinkVault, from: fromVault, codes: []string{"ForbiddenByConnection"}, says: []string{"public network access is disabled"},
		when:    func(ev *evidence) bool { return isPrivate(ev.facts.VaultAddress) },
		about:   "The vault's name leads to a private address, but the vault does not see an approved private endpoint: the connection waits for approval, was rejected, or a proxy took the request.",
		cause:   "public access to vault {vault-name} is disabled; its name leads to the private address {vault-address}, but the request did not arrive through an approved private endpoint",
		fix:     "az keyvault show --name {vault-name} --query properties.privateEndpointConnections # not Approved: az network private-endpoint-connection approve --id CONNECTION_ID; and keep the vault out of HTTPS_PROXY with NO_PROXY",
		sources: []string{vaultPrivate, vaultEndpoint},
	},
	{
		id: "vault-private", link: LinkVault, from: fromVault, codes: []string{"ForbiddenByConnection"}, says: []string{"public network access is disabled"},
		about:   "With public access disabled only private endpoints reach the vault, and no firewall rule counts. The vault's name has to lead to the endpoint's private address, which a private DNS zone does that is linked to the cluster's network.",
		cause:   "public access to vault {vault-name} is disabled, and the request did not come through a private endpoint: the vault's name leads to {vault-address}; firewall rules do not count",
		fix:     "az network private-dns link vnet create --name {vault-name} --resource-group RESOURCE_GROUP --zone-name privatelink.vaultcore.azure.net --virtual-network VNET_ID --registration-enabled false # no endpoint yet: " + createEndpoint + "; or open the vault to selected networks: " + selected,
		sources: []string{vaultPrivate, vaultEndpoint, learn + "dotnet/api/azure.provisioning.keyvault.keyvaultproperties.publicnetworkaccess"},
	},
	{
		id: "vault-perimeter", link: LinkVault, from: fromVault, codes: []string{"ForbiddenByNsp"}, says: []string{"nsp policy", "network security perimeter"},
		about:   "The vault is in a network security perimeter, which lets in what its inbound access rules name.",
		cause:   "the network security perimeter of vault {vault-name} has no access rule for this request: {message}",
		fix:     "az network perimeter profile access-rule create --name quick-start --resource-group RESOURCE_GROUP --perimeter-name PERIMETER_NAME --profile-name PROFILE_NAME --address-prefixes '[OUTBOUND_ADDRESS/32]'",
		sources: []string{perimeter, learn + "cli/azure/network/perimeter/profile/access-rule"},
	},
	{
		id: "vault-wrong-endpoint", link: LinkVault, from: fromVault, says: []string{"tcp connection does not allow access"},
		about:   "The request reached Key Vault through the private endpoint of another vault: the DNS record has the wrong address, or a proxy changed the Host header.",
		cause:   "the name {vault-host} leads to another vault's private endpoint ({vault-address}), or a proxy changes the Host header",
		fix:     resolve + " # compare with the vault's own endpoint, and correct the record in the private DNS zone privatelink.vaultcore.azure.net",
		sources: []string{vaultPrivate},
	},
	{
		id: "vault-role-missing", link: LinkVault, from: fromVault, codes: []string{"ForbiddenByRbac"}, says: []string{"caller is not authorized to perform action"},
		about:   "The vault uses Azure RBAC. The object ID is the one that the vault saw. Assignments take up to ten minutes to work.",
		cause:   "no role lets client ID {client-id} read secrets of vault {vault-name}; a new role assignment takes minutes to work",
		fix:     "az role assignment create --role 'Key Vault Secrets User' --assignee-object-id {object-id} --assignee-principal-type ServicePrincipal --scope " + vaultID,
		sources: []string{vaultRoles},
	},
	{
		id: "vault-policy-application", link: LinkVault, from: fromVault, says: []string{"on-behalf-of (obo) flow"},
		about:   "The access policy has an authorized application, which only a token of the on-behalf-of flow satisfies.",
		cause:   "the access policy of vault {vault-name} for this identity names an authorized application, and so wants the on-behalf-of flow",
		fix:     "az keyvault set-policy --name {vault-name} --secret-permissions get --object-id {object-id} # then delete the policy with the authorized application",
		sources: []string{vaultErrors, vaultPolicies},
	},
	{
		id: "vault-policy-incomplete", link: LinkVault, from: fromVault, codes: []string{"AccessDenied", "ForbiddenByPolicy"}, says: []string{"does not have secrets"},
		when:    func(ev *evidence) bool { return ev.values["action"] != "get" },
		about:   "The vault uses access policies, and the one for this identity lacks a permission other than get. This program needs get only.",
		cause:   "the access policy of vault {vault-name} lacks the permission {action}: {message}",
		fix:     "az keyvault set-policy --name {vault-name} --secret-permissions get {action} --object-id {object-id}",
		sources: []string{vaultPolicies},
	},
	{
		id: "vault-policy-missing", link: LinkVault, from: fromVault, codes: []string{"AccessDenied", "ForbiddenByPolicy"}, says: []string{"does not have secrets", "not found on any access policy"},
		when:    func(ev *evidence) bool { return !ev.says("first party") },
		about:   "The vault uses access policies. Add one, or change the vault to Azure RBAC. A policy for another object ID, such as that of the application instead of its service principal, does not count.",
		cause:   "no access policy of vault {vault-name} lets client ID {client-id} get secrets: {message}",
		fix:     "az keyvault set-policy --name {vault-name} --secret-permissions get --object-id {object-id} # with roles instead: az keyvault update --name {vault-name} --enable-rbac-authorization true",
		sources: []string{vaultPolicies, vaultErrors, vaultRoles},
	},
	{
		id: "secret-name-invalid", link: LinkVault, from: fromVault, says: []string{"contains an invalid name"},
		about:   "Names of secrets have letters, digits and hyphens; an underscore or a space is not allowed.",
		cause:   "the name of the secret is not one that a secret can have, with letters, digits and hyphens: {message}",
		fix:     "az keyvault secret list --vault-name {vault-name} --query '[].name' --output tsv # SECRET_NAME has to be one of these",
		sources: []string{vaultNames},
	},
	{
		id: "secret-not-found", link: LinkVault, from: fromVault, codes: []string{"SecretNotFound"},
		about:   "The first list has the secrets that exist, the second those that az keyvault secret recover brings back.",
		cause:   "vault {vault-name} has no secret {secret-name}, or it was deleted and can be recovered",
		fix:     "az keyvault secret list --vault-name {vault-name} --output table && az keyvault secret list-deleted --vault-name {vault-name} --output table # az keyvault secret set creates it, secret recover brings it back",
		sources: []string{vaultRecovery},
	},
	{
		id: "secret-disabled", link: LinkVault, from: fromVault, codes: []string{"SecretDisabled"}, says: []string{"on a disabled secret"},
		about:   "The newest version counts, even if an older one is enabled.",
		cause:   "the current version of secret {secret-name} in vault {vault-name} is disabled",
		fix:     "az keyvault secret set-attributes --vault-name {vault-name} --name {secret-name} --enabled true",
		sources: []string{learn + "azure/key-vault/secrets/about-secrets#secret-attributes"},
	},
	{
		id: "secret-deleted", link: LinkVault, from: fromVault, codes: []string{"ObjectIsDeletedButRecoverable", "ObjectIsBeingDeleted"},
		about:   "The secret is in the vault's recycle bin.",
		cause:   "the secret {secret-name} of vault {vault-name} is deleted",
		fix:     "az keyvault secret recover --vault-name {vault-name} --name {secret-name}",
		sources: []string{vaultRecovery},
	},
	{
		id: "vault-tenant", link: LinkVault, says: []string{"akv10032", "invalid issuer", "token requested for tenant"},
		about:   "A vault trusts one tenant. Use an identity of that tenant, which the command prints, or correct the vault's name: it may be somebody else's vault.",
		cause:   "vault {vault-name} belongs to another tenant than the workload identity, whose tenant is {tenant-id}: the issuer of its access token is not one that the vault trusts",
		fix:     vaultTenant + " # has to be the identity's tenant; not found: " + vaultURI + " and correct KEYVAULT_URL",
		sources: []string{vaultErrors, vaultAuth},
	},
	{
		id: "vault-audience", link: LinkVault, from: fromVault, says: []string{"akv10022", "invalid audience", "invalid_audience"},
		about:   "The vault wants a token for Key Vault of its own cloud. All vaults of a cloud have the same audience; a single vault's address is not one.",
		cause:   "the access token is for another service (audience) than vault {vault-host}: {message}",
		fix:     clouds + " # the scope is https:// and keyvaultDns and /.default, such as https://vault.azure.net/.default",
		sources: []string{vaultErrors, vaultAuth},
	},
	{
		id: "vault-token-time", link: LinkVault, from: fromVault, says: []string{"expired", "s2s12086", "idx10223", "not yet valid", "idx10222", "lifetime"},
		when:    isUnauthorized,
		about:   "The program requests a new access token in time, so this passes, unless the clock of the node is wrong.",
		cause:   "for vault {vault-name} the access token has expired or is not valid yet: {message}",
		fix:     "wait: the program gets a new token by itself; if it lasts, compare the clock of the node: date -u",
		sources: []string{vaultErrors},
	},
	{
		id: "vault-token-key", link: LinkVault, from: fromVault, says: []string{"akv10046", "signature", "signing key", "idx10500", "idx10501", "idx10503"}, when: isUnauthorized,
		about:   "Key Vault's servers did not find the key of Entra ID that signed the token. That passes; roles and policies have nothing to do with it.",
		cause:   "vault {vault-name} did not find the key that signed the access token, which is passing trouble of the service: {message}",
		fix:     waitForAzure,
		sources: []string{vaultErrors, "https://github.com/hashicorp/terraform-provider-azurerm/issues/30912"},
	},
	{
		id: "vault-token-rejected", link: LinkVault, from: fromVault, when: func(ev *evidence) bool { return isUnauthorized(ev) && ev.code != "" },
		about:   "The token came from Entra ID, and the vault cannot use it. If this lasts, compare the vault's tenant with AZURE_TENANT_ID.",
		cause:   "vault {vault-name} does not accept the access token: {message}",
		fix:     vaultTenant + " # if this lasts: has to be {tenant-id}",
		sources: []string{vaultErrors},
	},
	{
		id: "vault-throttled", link: LinkVault, from: fromVault,
		when:    func(ev *evidence) bool { return ev.status == http.StatusTooManyRequests || ev.code == "Throttled" },
		about:   "A vault serves 4,000 requests in ten seconds, and a subscription five times that. Raise POLL_INTERVAL, or share what was read.",
		cause:   "vault {vault-name} received too many requests: {message}",
		fix:     "wait: the program tries again by itself, more slowly with a longer POLL_INTERVAL",
		sources: []string{vaultThrottling, vaultErrors},
	},
	{
		id: "vault-unavailable", link: LinkVault, from: fromVault,
		when:    func(ev *evidence) bool { return ev.status >= 500 && (ev.code != "" || ownFailure(ev)) },
		about:   "A failure inside Key Vault. The program tries again.",
		cause:   "vault {vault-name} failed (HTTP {status}): {message}",
		fix:     waitForAzure,
		sources: []string{vaultErrors},
	},
	{
		id: "vault-forbidden", link: LinkVault, from: fromVault, when: func(ev *evidence) bool { return ev.status == http.StatusForbidden && ev.code != "" },
		about:   "Something else than the known reasons, such as an expired subscription or a policy. The cause quotes the vault.",
		cause:   "vault {vault-name} forbids client ID {client-id} to read the secret: {message}",
		fix:     "az role assignment list --all --assignee {client-id} --output table",
		sources: []string{vaultErrors},
	},
	{
		id: "vault-rejected", link: LinkVault, from: fromVault, when: func(ev *evidence) bool { return ev.code != "" },
		about:   "The vault rejected the request for another reason, which the cause quotes.",
		cause:   "vault {vault-name} rejected the request (HTTP {status}): {message}",
		fix:     vaultURI,
		sources: []string{vaultErrors},
	},
	{
		id: "not-a-vault", link: LinkVault, when: isNotVault,
		about:   "The host responds, but not as a vault does: a vault's first response, the challenge, names its service and tenant. KEYVAULT_URL has the form https://NAME.vault.azure.net/.",
		cause:   "{vault-host} does not respond as a Key Vault does, with the challenge of a vault of this domain: KEYVAULT_URL is not a vault's address, or a proxy responded",
		fix:     vaultURI + " # KEYVAULT_URL has to be this",
		sources: []string{vaultAuth, vaultNames},
	},
	{
		id: "proxy-response", link: LinkNetwork,
		when: func(ev *evidence) bool {
			return ev.origin == fromEntra || ev.origin == fromVault || ev.says("is not the json that entra id sends")
		},
		about:   "The response does not have the form of Entra ID's or Key Vault's: a proxy, a captive portal, an application gateway or a firewall sent it.",
		cause:   "something in between, such as a proxy, responded in place of {service} (HTTP {status}): {message}",
		fix:     connect,
		sources: []string{entraCodes, vaultErrors, goProxies},
	},

	// The network: no response came.
	{
		id: "proxy-unreachable", link: LinkNetwork, from: fromNetwork, when: failed(proxyUnreachable),
		about:   "The variable HTTPS_PROXY of the container names a proxy that does not listen, or whose name does not resolve.",
		cause:   "the proxy that HTTPS_PROXY names cannot be reached: {reason}",
		fix:     environmentOf + " # correct HTTPS_PROXY, or except the hosts with NO_PROXY",
		sources: []string{goProxies},
	},
	{
		id: "proxy-credentials", link: LinkNetwork, from: fromNetwork,
		when: func(ev *evidence) bool {
			return ev.failure == proxyRejected && ev.status == http.StatusProxyAuthRequired
		},
		about:   "The proxy wants a user name and a password, and the URL in HTTPS_PROXY has none, or wrong ones. Trying again does not help.",
		cause:   "the proxy that HTTPS_PROXY names wants credentials (407) before it connects to {host} ({service}); waiting does not help",
		fix:     environmentOf + " # set HTTPS_PROXY=http://USER:PASSWORD@PROXY:PORT from a secret, or except the hosts with NO_PROXY",
		sources: []string{goProxies, "https://www.rfc-editor.org/rfc/rfc9110#section-15.5.8"},
	},
	{
		id: "proxy-failed", link: LinkNetwork, from: fromNetwork, when: func(ev *evidence) bool { return ev.failure == proxyRejected && ev.status >= 500 },
		about:   "The proxy tried to connect to the host and failed: it does not resolve the name, or its own way out is closed. A private endpoint is often not reachable for a proxy.",
		cause:   "the proxy that HTTPS_PROXY names could not connect to {host} ({service}): {reason}",
		fix:     environmentOf + " # except a host that the pod reaches itself with NO_PROXY; otherwise ask the proxy's administrator about {host}",
		sources: []string{goProxies, "https://www.rfc-editor.org/rfc/rfc9110#section-15.6.3"},
	},
	{
		id: "proxy-rejected", link: LinkNetwork, from: fromNetwork, when: failed(proxyRejected),
		about:   "The proxy's rules do not allow the host. Trying again does not help.",
		cause:   "the proxy that HTTPS_PROXY names does not allow connections to {host} ({service}): {reason}; waiting does not help",
		fix:     environmentOf + " # have the proxy's administrator allow {host}, or except it with NO_PROXY",
		sources: []string{goProxies},
	},
	{
		id: "vault-address-form", link: LinkVault, from: fromNetwork,
		when: func(ev *evidence) bool {
			return strings.Contains(ev.values["host"], "vaultcore.azure.") && (ev.failure == nameUnknown || ev.failure == tlsWrongName)
		},
		about:   "vaultcore.azure.net and privatelink.vaultcore.azure.net are names for DNS only. The vault's own name leads to its private endpoint wherever the private DNS zone is linked.",
		cause:   "{host} is not the vault's address but a name for DNS (privatelink), which does not exist everywhere and is not in the vault's certificate",
		fix:     "helm upgrade quick-start charts/quick-start --namespace {namespace} --reuse-values --set keyvault.url={vault-url}",
		sources: []string{vaultPrivate, vaultEndpoint},
	},
	{
		id: "tls-untrusted", link: LinkNetwork, from: fromNetwork, when: failed(tlsUntrusted),
		about:   "The image has no certificates of public CAs, or a proxy intercepts TLS and signs with a CA that the container does not know. Trying again does not help.",
		cause:   "{host} ({service}) has a certificate that nothing here trusts, issued by {signer}; waiting does not help: if a proxy intercepts TLS, SSL_CERT_FILE must name a file with its CA; otherwise the image lacks the CA certificates",
		fix:     signer + " # who signed it? put that CA into a file and set SSL_CERT_FILE to it; an image of your own needs ca-certificates",
		sources: []string{goRoots},
	},
	{
		id: "tls-wrong-name", link: LinkNetwork, from: fromNetwork, when: failed(tlsWrongName),
		about:   "Something else listens at the address to which the name leads, such as a proxy, an ingress or another private endpoint. Trying again does not help.",
		cause:   "what responded at {host} ({service}) has a certificate for other names, so it is something else; waiting does not help: {reason}",
		fix:     signer + " # whose certificate is it? then where the name leads: " + resolve,
		sources: []string{goRoots, vaultPrivate},
	},
	{
		id: "tls-expired", link: LinkNetwork, from: fromNetwork, when: failed(tlsExpired),
		about:   "The certificate of a proxy expired, or the clock of the node is wrong: Microsoft renews its own in time.",
		cause:   "the certificate of {host} ({service}) is not valid now: it expired, or this node's clock is wrong: {reason}",
		fix:     signer + " | openssl x509 -noout -dates && date -u",
		sources: []string{goRoots},
	},
	{
		id: "tls-not-spoken", link: LinkNetwork, from: fromNetwork, when: failed(tlsNotSpoken),
		about:   "Another service or a proxy listens at the address to which the name leads.",
		cause:   "what responded at {host} ({service}) does not speak TLS: another service or a proxy listens there, or a service mesh encrypts once more",
		fix:     connect,
		sources: []string{vaultFirewall},
	},
	{
		id: "vault-name-unresolved", link: LinkVault, from: fromNetwork, when: func(ev *evidence) bool { return ev.failure == nameUnknown && ev.role == roleVault },
		about:   "The vault's name is misspelt, the vault was deleted, or a private DNS zone that is linked to the cluster's network lacks the record of its private endpoint.",
		cause:   "there is no host {host}: the vault's name is misspelt, the vault was deleted, or the private DNS zone of its private endpoint lacks it; waiting does not help",
		fix:     vaultURI + " # KEYVAULT_URL has to be this; it is: look into the private DNS zone privatelink.vaultcore.azure.net of the cluster's network",
		sources: []string{vaultPrivate, vaultRecovery},
	},
	{
		id: "host-unresolved", link: LinkNetwork, from: fromNetwork, when: failed(nameUnknown),
		about:   "The DNS server says that the name does not exist: AZURE_AUTHORITY_HOST is misspelt, or the server knows private names only.",
		cause:   "there is no host {host} ({service}): the name is misspelt, or the cluster's DNS server does not know public names; waiting does not help",
		fix:     resolve,
		sources: []string{nationalClouds, vaultFirewall},
	},
	{
		id: "dns-unavailable", link: LinkNetwork, from: fromNetwork, when: failed(nameServerFailed),
		about:   "The DNS server did not reply, or failed: a network policy drops packets to port 53, CoreDNS is down, or the node's own DNS server.",
		cause:   "the DNS server gave no reply about {host} ({service}), or a network policy drops the packets to it: {reason}",
		fix:     resolve,
		sources: []string{"https://kubernetes.io/docs/tasks/administer-cluster/dns-debugging-resolution/"},
	},
	{
		id: "connection-refused", link: LinkNetwork, from: fromNetwork, when: failed(connectionRefused),
		about:   "Something rejected the connection at once. Services of Azure listen on port 443, so it is a rule of a firewall, or the name leads to another machine.",
		cause:   "{host} ({service}) refuses connections: a network policy or firewall rejects them, the name leads to a machine where nothing listens, or a service mesh's sidecar does not listen yet",
		fix:     connect,
		sources: []string{vaultFirewall},
	},
	{
		id: "timeout", link: LinkNetwork, from: fromNetwork, when: func(ev *evidence) bool { return ev.failure == connectionSilent && ev.values["host"] == "" },
		about:   "The time for the request was over, and the error does not name the host.",
		cause:   "no response came in time, and the error does not tell from where",
		fix:     describe,
		sources: []string{vaultFirewall},
	},
	{
		id: "connection-timeout", link: LinkNetwork, from: fromNetwork, when: failed(connectionSilent),
		about:   "Packets get lost: the egress rules of a network policy, a firewall or a route drop them. Port 443 to {host} has to be open.",
		cause:   "{host} ({service}) did not respond in time: a network policy, firewall or missing route (such as a peering to the private endpoint's network) drops the packets to port 443, or only HTTPS_PROXY leads outside",
		fix:     connect,
		sources: []string{vaultFirewall, learn + "azure/aks/outbound-rules-control-egress"},
	},
	{
		id: "connection-failed", link: LinkNetwork, from: fromNetwork,
		about:   "The connection broke: a firewall that inspects the name in TLS cuts it, or the network has no route.",
		cause:   "the connection to {host} ({service}) failed: {reason}; a firewall, a proxy or a service mesh on the way cuts it, or there is no route",
		fix:     connect,
		sources: []string{vaultFirewall, learn + "azure/aks/outbound-rules-control-egress"},
	},

	// Errors without a type of their own.
	{
		id: "setting-invalid", link: LinkConfiguration, from: fromText, says: []string{"keyvault_url: ", "secret_name: "}, when: hasProblems,
		about:   "KEYVAULT_URL and SECRET_NAME are checked before anything is sent. The fix has them in their right form as far as they can be told.",
		cause:   "a setting of the program cannot be used: {problems}",
		fix:     setVaultAndSecret,
		sources: []string{vaultNames},
	},
	{
		id: "option-invalid", link: LinkConfiguration, from: fromText, when: hasProblems,
		about:   "The program's variables, which quickstart -h lists, are checked before anything is sent.",
		cause:   "a setting of the program cannot be used: {problems}",
		fix:     "helm get values quick-start --namespace {namespace} # correct the value: helm upgrade quick-start charts/quick-start --namespace {namespace} --reuse-values --set NAME=VALUE",
		sources: []string{"https://github.com/workload-identity-quickstart/msal-go/blob/main/charts/quick-start/README.md"},
	},
	{
		id: "unknown", link: LinkUnknown,
		about:   "None of the above.",
		cause:   "none of the known failures: {message}",
		fix:     describe,
		sources: []string{"https://kubernetes.io/docs/tasks/debug/debug-application/debug-pods/"},
	},
}

// The codes that are about the issuer of the token, or may be.
var (
	unreachableCodes = []int{90061, 900612, 50166, 501661}
	// passingCodes are failures of Entra ID itself.
	passingCodes = []int{50000, 50033, 90006, 90012, 90024, 90033, 90036, 90090, 90091}
	issuerCodes  = append([]int{700211, 70021, 70025, 7000272}, unreachableCodes...)
)

// isFederation reports whether Entra ID did not find a credential for the token.
func isFederation(ev *evidence) bool {
	return ev.says(noRecord) || ev.says("no configured federated") || ev.hasCode(70021) || ev.hasCode(70025) ||
		ev.hasCode(700211) || ev.hasCode(700212) || ev.hasCode(700213) || ev.hasCode(7002138)
}

// isNotToken reports whether the file holds something other than a token.
func isNotToken(ev *evidence) bool {
	return errors.Is(ev.err, tokencredential.ErrTokenNotJWT) || errors.Is(ev.err, tokencredential.ErrTokenFileNotRegular) || errors.Is(ev.err, tokencredential.ErrTokenFileTooLarge)
}

// isDefaultAccount reports whether the pod runs as a namespace's default account.
func isDefaultAccount(ev *evidence) bool { return ev.values["service-account"] == "default" }

// isNotVault reports whether a response to a request for a secret came from
// something else, or from a vault of another kind.
func isNotVault(ev *evidence) bool {
	return ev.origin == fromVault && (ev.status == http.StatusNotFound || isUnauthorized(ev)) ||
		ev.origin == fromText && (ev.says("www-authenticate header") || ev.says("challenge resource") || ev.says("is this the address of a key vault?") || ev.says("unmarshalling type"))
}

// isPrivateIssuer reports whether only the cluster can know the issuer's address.
func isPrivateIssuer(issuer string) bool {
	host := hostname(issuer)
	return strings.HasPrefix(host, "kubernetes.default") || strings.HasSuffix(host, ".svc") || strings.HasSuffix(host, ".cluster.local") || isPrivate(host)
}

// isFromEntra tells a response of Entra ID from one in its place.
func isFromEntra(ev *evidence) bool { return ev.oauthError != "" }

// ownFailure tells the statuses that the services' own front ends send, without a
// body of the service, from those of proxies.
func ownFailure(ev *evidence) bool {
	return ev.status == http.StatusInternalServerError || ev.status == http.StatusServiceUnavailable
}

func isUnauthorized(ev *evidence) bool { return ev.status == http.StatusUnauthorized }

func hasProblems(ev *evidence) bool { return ev.values["problems"] != "" }

// failed returns the condition that the connection failed in that way.
func failed(failure networkFailure) func(*evidence) bool {
	return func(ev *evidence) bool { return ev.failure == failure }
}

// cloudsDiffer reports whether Entra ID says so, or does not know a part of the
// request while the authority host and the vault are of different Azure clouds.
func cloudsDiffer(ev *evidence) bool {
	authority, known := azurecloud.OfAuthority(ev.values["authority-host"])
	vault, ok := azurecloud.OfVault(ev.values["vault-host"])
	partUnknown := ev.hasCode(90002) || ev.hasCode(900023) || ev.hasCode(700016) || ev.hasCode(500011)
	return known && ok && authority.VaultDomain != vault.VaultDomain && partUnknown || ev.hasCode(50049) || ev.hasCode(900382) || ev.hasCode(900432) ||
		ev.hasCode(900439) || ev.hasCode(90038) || ev.says("cross cloud") || ev.says("national cloud") || ev.says("cross-cloud")
}
