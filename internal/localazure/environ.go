package localazure

import (
	"path/filepath"

	"github.com/workload-identity-quickstart/msal-go/internal/localazure/entra"
	"github.com/workload-identity-quickstart/msal-go/internal/localazure/issuer"
	"github.com/workload-identity-quickstart/msal-go/internal/localazure/keyvault"
)

// Environ is what the pod's containers have in their environment: the variables
// of the workload identity webhook and of the quick start, and those that lead
// programs in common languages to the sandbox. Append it to a process's own
// environment, so that it takes precedence.
func (s *Sandbox) Environ() []string {
	env := []string{
		"AZURE_CLIENT_ID=" + ClientID,
		"AZURE_TENANT_ID=" + TenantID,
		"AZURE_FEDERATED_TOKEN_FILE=" + s.TokenFile(),
		"AZURE_AUTHORITY_HOST=" + s.cfg.Cloud.AuthorityURL(),
		"KEYVAULT_URL=" + s.vault.URL(),
		"SECRET_NAME=" + s.cfg.SecretName,
		"HTTPS_PROXY=" + s.server.ProxyURL(),
		"https_proxy=" + s.server.ProxyURL(),
		"SSL_CERT_FILE=" + s.caFile(),
		"REQUESTS_CA_BUNDLE=" + s.caFile(),
		"NODE_EXTRA_CA_CERTS=" + s.caFile(),
	}
	// Go never uses a proxy for loopback addresses, other languages would for
	// the token proxy.
	direct := ""
	if s.cfg.IdentityBinding {
		direct = "127.0.0.1"
		env = append(env,
			"AZURE_KUBERNETES_TOKEN_PROXY="+s.server.TokenProxyURL(),
			"AZURE_KUBERNETES_SNI_NAME="+bindingName,
			"AZURE_KUBERNETES_CA_FILE="+s.caFile(),
		)
	}
	return append(env, "NO_PROXY="+direct, "no_proxy="+direct)
}

// Dir is the sandbox's temporary directory.
func (s *Sandbox) Dir() string { return s.dir }

// TokenFile is the path of the projected service account token.
func (s *Sandbox) TokenFile() string { return s.token.path() }

// Server is Azure.
func (s *Sandbox) Server() *Server { return s.server }

// Issuer is the issuer of the service account tokens.
func (s *Sandbox) Issuer() *issuer.Issuer { return s.issuer }

// Directory is Entra ID. Its tenant and application have the ids of the
// constants, as has its federated identity credential.
func (s *Sandbox) Directory() *entra.Directory { return s.entra }

// Vault is the vault that KEYVAULT_URL names.
func (s *Sandbox) Vault() *keyvault.Vault { return s.vault }

func (s *Sandbox) audience() string {
	if s.cfg.IdentityBinding {
		return entra.IdentityBindingAudience
	}
	return issuer.DefaultAudience
}

func (s *Sandbox) caFile() string { return filepath.Join(s.dir, "ca.crt") }
