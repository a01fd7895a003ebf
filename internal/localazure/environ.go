package localazure

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/workload-identity-quickstart/msal-go/internal/localazure/cloud"
	"github.com/workload-identity-quickstart/msal-go/internal/localazure/entra"
	"github.com/workload-identity-quickstart/msal-go/internal/localazure/issuer"
	"github.com/workload-identity-quickstart/msal-go/internal/localazure/keyvault"
	"github.com/workload-identity-quickstart/msal-go/internal/localazure/pki"
)

// Access is what a program needs to reach Azure at a [Server], as a workload.
type Access struct {
	Cloud                cloud.Cloud
	TenantID, ClientID   string
	ProxyURL             string
	CAFile               string // beside it is what [WriteTrustStore] wrote
	TokenFile            string
	VaultURL, SecretName string
	// TokenProxyURL and TokenProxyName are set for pods with an identity binding.
	TokenProxyURL, TokenProxyName string
}

// Environ lists the variables that the workload identity webhook and the quick
// start have in a pod, and those that lead programs in common languages to the
// server. What is empty is left out, except for NO_PROXY.
func (a Access) Environ() []string {
	var env []string
	add := func(value string, names ...string) {
		for _, name := range names {
			if value != "" {
				env = append(env, name+"="+value)
			}
		}
	}
	add(a.ClientID, "AZURE_CLIENT_ID")
	add(a.TenantID, "AZURE_TENANT_ID")
	add(a.TokenFile, "AZURE_FEDERATED_TOKEN_FILE")
	add(a.Cloud.AuthorityURL(), "AZURE_AUTHORITY_HOST")
	add(a.VaultURL, "KEYVAULT_URL")
	add(a.SecretName, "SECRET_NAME")
	add(a.ProxyURL, "HTTPS_PROXY", "https_proxy")
	// In this order: OpenSSL, and with it Go on Linux, .NET on Linux and Ruby; curl;
	// requests for Python; Node; git; Deno; gRPC.
	add(a.CAFile, "SSL_CERT_FILE", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS", "GIT_SSL_CAINFO", "DENO_CERT",
		"GRPC_DEFAULT_SSL_ROOTS_FILE_PATH")
	add("1", "NODE_USE_ENV_PROXY") // without it, fetch takes no proxy from the environment
	if u, err := url.Parse(a.ProxyURL); err == nil {
		add("-Dhttps.proxyHost="+u.Hostname()+" -Dhttps.proxyPort="+u.Port()+" -Djavax.net.ssl.trustStore="+trustStore(a.CAFile)+
			" -Djavax.net.ssl.trustStoreType=PKCS12 -Djavax.net.ssl.trustStorePassword="+trustStorePassword, "JAVA_TOOL_OPTIONS")
	}
	// Go never uses a proxy for loopback addresses, other languages would for the
	// token proxy.
	direct := ""
	if a.TokenProxyURL != "" {
		direct = "127.0.0.1"
		add(a.TokenProxyURL, "AZURE_KUBERNETES_TOKEN_PROXY")
		add(a.TokenProxyName, "AZURE_KUBERNETES_SNI_NAME")
		add(a.CAFile, "AZURE_KUBERNETES_CA_FILE")
	}
	return append(env, "NO_PROXY="+direct, "no_proxy="+direct)
}

// Unwanted lists variables that would lead a program past the server, or to a
// credential that takes precedence: a process that gets [Access.Environ] should
// have none of its own.
func Unwanted() []string {
	return []string{
		"AZURE_CLIENT_SECRET", "AZURE_CLIENT_CERTIFICATE_PATH", "AZURE_CLIENT_CERTIFICATE_PASSWORD", "AZURE_USERNAME", "AZURE_PASSWORD",
		"AZURE_TOKEN_CREDENTIALS", "IDENTITY_ENDPOINT", "IDENTITY_HEADER", "MSI_ENDPOINT", "MSI_SECRET",
		"ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy", "SSL_CERT_DIR",
	}
}

// trustStorePassword is needed by old JVMs alone. The store is not encrypted.
const trustStorePassword = "changeit"

// trustStore is the file for JVMs beside a PEM file.
func trustStore(caFile string) string {
	return strings.TrimSuffix(caFile, filepath.Ext(caFile)) + ".p12"
}

// WriteTrustStore writes the certificate of a PEM file into a file for JVMs
// beside it, whose name ends in .p12 instead.
func WriteTrustStore(caFile string) error {
	certificate, err := os.ReadFile(caFile)
	if err != nil {
		return fmt.Errorf("read authority: %w", err)
	}
	store, err := pki.TrustStore(certificate)
	if err != nil {
		return fmt.Errorf("%s: %w", caFile, err)
	}
	if err := os.WriteFile(trustStore(caFile), store, 0o644); err != nil {
		return fmt.Errorf("write trust store: %w", err)
	}
	return nil
}

// Environ is what the pod's containers have in their environment. Append it to a
// process's own environment, without what is [Unwanted] there, so that it takes
// precedence.
func (s *Sandbox) Environ() []string {
	access := Access{
		Cloud: s.world.Cloud, TenantID: s.world.TenantID, ClientID: s.world.ClientID,
		ProxyURL: s.server.ProxyURL(), CAFile: s.caFile(), TokenFile: s.TokenFile(),
		VaultURL: "https://" + s.world.Cloud.VaultHost(s.world.Vaults[0]) + "/", SecretName: s.world.Secrets[0].Name,
	}
	if s.cfg.IdentityBinding {
		access.TokenProxyURL, access.TokenProxyName = s.server.TokenProxyURL(), bindingName
	}
	return access.Environ()
}

// Dir is the sandbox's temporary directory.
func (s *Sandbox) Dir() string { return s.dir }

// TokenFile is the path of the projected service account token.
func (s *Sandbox) TokenFile() string { return s.token.path() }

// Server is Azure.
func (s *Sandbox) Server() *Server { return s.server }

// Issuer is the issuer of the service account tokens.
func (s *Sandbox) Issuer() *issuer.Issuer { return s.issuer }

// Directory is Entra ID. Its federated identity credential is called
// [CredentialName].
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
