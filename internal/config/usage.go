package config

// Usage explains the command line, every variable of the workload and its exit codes.
const Usage = `Reads a secret from Azure Key Vault with the pod's workload identity and logs it.

Usage:
  quickstart [-v LEVEL]    read the secret, then poll
  quickstart doctor        check every link of the chain and explain what is broken
                           (-o json for programs)
  quickstart -version      print the version
  quickstart -h            print this text

What to read:
  KEYVAULT_URL      https URL of the vault, e.g. https://my-vault.vault.azure.net/ (required)
  SECRET_NAME       name of the secret (required)
  POLL_INTERVAL     time between two reads, e.g. 30s or 5m, varied by 10 %; 0 reads
                    once and exits (default 60s, at least 1s)
  STARTUP_TIMEOUT   how long the first success may take, since Azure takes minutes to
                    propagate a change; less than 15s means a single attempt, which
                    may take that long (default 5m)

What to log:
  LOG_SECRET_VALUE  false logs the secret's version instead of its value (default true)
  LOG_FORMAT        text or json (default text)
  HEALTH_ADDR       where to serve /healthz and /readyz, e.g. :8080 (default nowhere)
  -v LEVEL          klog's verbosity, 0 to 10 (default 0); from 2 on, each request of
                    the Azure SDK is logged, without tokens and secrets

Who to be, set by the azure-workload-identity webhook on pods that are labelled
azure.workload.identity/use: "true":
  AZURE_CLIENT_ID             client ID, from the service account's annotation
                              azure.workload.identity/client-id
  AZURE_TENANT_ID             tenant ID, from the cluster or the service account
  AZURE_FEDERATED_TOKEN_FILE  file with the projected service account token
  AZURE_AUTHORITY_HOST        Entra ID's address (default https://login.microsoftonline.com/)

Set by the webhook too, where AKS identity bindings are in use:
  AZURE_KUBERNETES_TOKEN_PROXY, AZURE_KUBERNETES_SNI_NAME,
  AZURE_KUBERNETES_CA_FILE or AZURE_KUBERNETES_CA_DATA

HTTPS_PROXY, NO_PROXY, SSL_CERT_FILE and SSL_CERT_DIR work as in any Go program.

Exit codes: 0 stopped by SIGTERM while polling, or done; 1 no secret within
STARTUP_TIMEOUT, or stopped before the only read (POLL_INTERVAL=0) succeeded;
2 invalid configuration or arguments. The doctor: 0 every link holds, 1 one does
not, or it was stopped; 2 invalid arguments.
`
