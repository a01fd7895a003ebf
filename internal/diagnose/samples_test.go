package diagnose

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"

	"github.com/workload-identity-quickstart/msal-go/internal/azurecloud"
	"github.com/workload-identity-quickstart/msal-go/pkg/tokencredential"
)

// sampleFacts are those of the pod in docs/troubleshooting.md.
func sampleFacts() Facts {
	return Facts{
		ClientID:      "22222222-2222-2222-2222-222222222222",
		TenantID:      "11111111-1111-1111-1111-111111111111",
		TokenFile:     "/var/run/secrets/azure/wi/token/azure-identity-token",
		AuthorityHost: "https://login.microsoftonline.com/",
		VaultURL:      "https://my-vault.vault.azure.net/",
		SecretName:    "my-secret",
		PodName:       "quick-start",
		Issuer:        "https://eastus.oic.prod-aks.azure.com/1111/2222/",
		Algorithm:     "RS256",
		Subject:       "system:serviceaccount:default:workload-identity-sa",
		Audience:      []string{azurecloud.Public.Audience},
		IssuedAt:      time.Date(2026, 11, 23, 16, 0, 0, 0, time.UTC),
		Expires:       time.Date(2026, 11, 23, 17, 0, 0, 0, time.UTC),
	}
}

// sample is an error that has the explanation id.
type sample struct {
	id    string
	err   error
	facts func(*Facts) // nil changes nothing
}

func samples() []sample {
	entra := func(status, code int, text string) error {
		e := &tokencredential.AuthenticationError{
			StatusCode: status, Code: "invalid_client", ErrorCodes: []int{code}, Message: fmt.Sprintf("AADSTS%d: %s", code, text),
			TraceID: "03fc8a11-8fde-494f-bf4c-a46859d9cad7", Timestamp: time.Date(2026, 11, 23, 17, 16, 33, 0, time.UTC),
		}
		return fmt.Errorf("get secret: %w", e)
	}
	vault := func(status int, body string) error {
		u := &url.URL{Scheme: "https", Host: "my-vault.vault.azure.net", Path: "/secrets/my-secret/"}
		return fmt.Errorf("get secret: %w", runtime.NewResponseError(&http.Response{
			StatusCode: status, Body: io.NopCloser(strings.NewReader(body)), Request: &http.Request{Method: http.MethodGet, URL: u},
		}))
	}
	inner := func(code, text string) error {
		return vault(403, fmt.Sprintf(`{"error":{"code":"Forbidden","message":%q,"innererror":{"code":%q}}}`, text, code))
	}
	outer := func(status int, code, text string) error {
		return vault(status, fmt.Sprintf(`{"error":{"code":%q,"message":%q}}`, code, text))
	}
	file := func(err error) error {
		return &tokencredential.TokenFileError{Path: "/var/run/secrets/azure/tokens/azure-identity-token", Err: err}
	}
	request := func(err error) error {
		return &url.Error{Op: "Get", URL: "https://my-vault.vault.azure.net/secrets/my-secret/", Err: err}
	}
	config := func(missing ...string) error { return &tokencredential.ConfigError{Missing: missing} }
	acme := &x509.Certificate{Issuer: pkix.Name{CommonName: "Acme Proxy CA"}, DNSNames: []string{"proxy.acme.example"}}
	noToken := func(f *Facts) { f.Issuer, f.Subject, f.Audience = "", "", nil }
	asDefault := func(f *Facts) { f.ClientID, f.Subject = "", "system:serviceaccount:default:default" }
	privatelink := &url.Error{Op: "Get", URL: "https://my-vault.privatelink.vaultcore.azure.net/", Err: x509.HostnameError{Certificate: acme, Host: "my-vault.privatelink.vaultcore.azure.net"}}
	return []sample{
		{"webhook-not-applied", config("AZURE_CLIENT_ID", "AZURE_TENANT_ID", "AZURE_FEDERATED_TOKEN_FILE"), noToken},
		{"client-id-missing", config("AZURE_CLIENT_ID"), func(f *Facts) { f.ClientID = "" }},
		{"service-account-default", config("AZURE_CLIENT_ID"), asDefault},
		{"variables-missing", config("AZURE_TENANT_ID"), func(f *Facts) { f.TenantID = "" }},
		{"variable-invalid", &tokencredential.ConfigError{Invalid: []error{errors.New(`AZURE_TENANT_ID: tenant id "a/b" is neither a GUID nor a domain name`)}}, nil},
		{"setting-invalid", errors.New("KEYVAULT_URL: \"my-vault\" is not the https URL of a vault"), func(f *Facts) { f.VaultURL = "my-vault" }},
		{"option-invalid", errors.New("POLL_INTERVAL: \"10\" is neither 0 nor a duration"), nil},

		{"token-file-old-path", file(fs.ErrNotExist), noToken},
		{"token-file-missing", &tokencredential.TokenFileError{Path: "/tokens/token", Err: fs.ErrNotExist}, noToken},
		{"token-file-unreadable", file(fs.ErrPermission), noToken},
		{"token-file-empty", file(tokencredential.ErrTokenFileEmpty), noToken},
		{"token-file-not-a-token", file(tokencredential.ErrNotToken), noToken},
		{"token-file-failed", file(syscall.EIO), noToken},
		{"token-legacy", entra(401, 700211, "No matching federated identity record found."), func(f *Facts) { f.Issuer = "kubernetes/serviceaccount" }},
		{"token-lifetime", entra(400, 70023, "External OIDC Provider token must have a lifetime of less than or equal to 1.01:00:00."), func(f *Facts) { f.Expires = f.IssuedAt.AddDate(1, 0, 0) }},
		{"token-from-entra", entra(401, 700222, "AAD-issued tokens may not be used for federated identity flows."), func(f *Facts) {
			f.Issuer = "https://login.microsoftonline.com/11111111-1111-1111-1111-111111111111/v2.0"
		}},
		{"token-algorithm", entra(401, 5002738, "Invalid JWT token. 'ES256' is not a supported signature algorithm."), func(f *Facts) { f.Algorithm = "ES256" }},
		{"token-malformed", entra(400, 50027, "JWT token is invalid or malformed."), nil},
		{"token-audience", entra(401, 700212, "No matching federated identity record found."), func(f *Facts) { f.Audience = []string{"https://kubernetes.default.svc"} }},
		{"token-expired", entra(401, 700024, "Client assertion is not within its valid time range."), nil},
		{"token-not-yet-valid", entra(401, 700024, "Client assertion is not within its valid time range."), func(f *Facts) { f.IssuedAt = f.IssuedAt.Add(2 * time.Hour) }},

		{"issuer-private", entra(401, 700211, "No matching federated identity record found."), func(f *Facts) { f.Issuer = "https://kubernetes.default.svc.cluster.local" }},
		{"issuer-unreachable-aks", entra(400, 90061, "Request to External OIDC endpoint failed."), nil},
		{"issuer-unreachable", entra(400, 90061, "Request to External OIDC endpoint failed."), func(f *Facts) { f.Issuer = "https://mycluster.blob.core.windows.net/oidc/" }},
		{"signature-rejected", entra(401, 7000272, "The key was not found in the issuer's metadata."), nil},
		{"subject-default", entra(401, 700213, "No matching federated identity record found."), asDefault},
		{"credential-none", entra(401, 70025, "The client '22222222-2222-2222-2222-222222222222'(my-identity) has no configured federated identity credentials."), nil},
		{"issuer-mismatch", entra(401, 700211, "No matching federated identity record found."), nil},
		{"subject-mismatch", entra(401, 700213, "No matching federated identity record found."), nil},
		{"subject-case", entra(401, 7002138, "No matching federated identity record found."), nil},
		{"audience-mismatch", entra(401, 700212, "No matching federated identity record found."), nil},
		{"credential-missing", entra(400, 70021, "No matching federated identity record found."), nil},
		{"identity-binding-missing", entra(401, 700211, "No matching federated identity record found."), func(f *Facts) { f.TokenProxy = true }},

		{"service-principal-missing", entra(401, 7000229, "The client application 22222222-2222-2222-2222-222222222222 is missing service principal in the tenant 11111111-1111-1111-1111-111111111111."), nil},
		{"federation-forbidden", entra(401, 700223, "Workload identity federation was disabled in your Microsoft Entra tenant."), nil},
		{"application-public", entra(401, 700025, "Client is public so neither 'client_assertion' nor 'client_secret' should be presented."), nil},
		{"application-multitenant", entra(401, 70052, "The identity must be a managed identity, a single tenant app, or a service account."), nil},
		{"resource-disabled", entra(400, 500014, "The service principal for resource 'https://vault.azure.net' is disabled."), nil},
		{"assignment-missing", entra(400, 501051, "Application is not assigned to a role for the application."), nil},
		{"region-unsupported", entra(400, 100007, "Microsoft Entra Regional ONLY supports auth either for MSIs OR for requests from MSAL."), nil},
		{"application-unknown", entra(400, 700016, "Application was not found in the directory."), nil},
		{"application-disabled", entra(401, 7000112, "Application is disabled."), nil},
		{"tenant-unknown", entra(400, 90002, "Tenant not found."), nil},
		{"resource-unknown", entra(400, 500011, "The resource principal was not found."), nil},
		{"cloud-mismatch", entra(400, 50049, "Unknown or invalid instance."), nil},
		{"cloud-mismatch", entra(400, 90002, "Tenant not found."), func(f *Facts) { f.VaultURL = "https://my-vault.vault.usgovcloudapi.net/" }},
		{"scope-invalid", entra(400, 70011, "The provided value for the input parameter 'scope' is not valid."), nil},
		{"tenant-restricted", entra(400, 500021, "Access to tenant is denied."), nil},
		{"client-secret", entra(401, 7000215, "Invalid client secret provided."), nil},
		{"conditional-access", entra(400, 53003, "Access has been blocked by Conditional Access policies."), nil},
		{"entra-throttled", entra(429, 90055, "Too many requests."), nil},
		{"entra-unavailable", entra(503, 90033, "A transient error has occurred. Please try again."), nil},
		{"federation-rejected", entra(400, 123456, "Something new about the federated identity."), nil},
		{"assertion-rejected", entra(400, 123457, "Something new about the client assertion."), nil},
		{"tenant-rejected", entra(400, 123458, "Something new about the tenant."), nil},
		{"application-rejected", entra(400, 123459, "Something new about the application."), nil},
		{"entra-rejected", entra(400, 9002313, "Invalid request. Request is malformed or invalid."), nil},
		{"proxy-response", &tokencredential.AuthenticationError{StatusCode: 403, Message: "the response (content type \"text/html\", 94 bytes) is not one of Entra ID's"}, nil},

		{"vault-role-missing", inner("ForbiddenByRbac", "Caller is not authorized.\r\nCaller: appid=a;oid=33333333-3333-3333-3333-333333333333;iss=b"), nil},
		{"vault-policy-missing", inner("AccessDenied", "The application does not have secrets get permission."), nil},
		{"vault-firewall", inner("ForbiddenByFirewall", "Client address is not authorized.\r\nClient address: 203.0.113.7\r\n"), nil},
		{"vault-firewall-subnet", inner("ForbiddenByFirewall", "Client address is not authorized.\r\nClient address: 10.224.0.7\r\n"), nil},
		{"vault-endpoint-unapproved", inner("ForbiddenByConnection", "Public network access is disabled."), func(f *Facts) { f.VaultAddress = "10.224.0.9" }},
		{"vault-perimeter", inner("ForbiddenByNsp", "The request was forbidden by NSP policy."), nil},
		{"vault-policy-application", inner("ForbiddenByPolicy", "The policy requires the caller to use on-behalf-of (OBO) flow."), nil},
		{"vault-policy-incomplete", inner("AccessDenied", "The application does not have secrets list permission."), nil},
		{"vault-private", inner("ForbiddenByConnection", "Public network access is disabled."), func(f *Facts) { f.VaultAddress = "203.0.113.9" }},
		{"vault-forbidden", inner("", "Operation is not allowed."), nil},
		{"vault-tenant", outer(401, "Unauthorized", "AKV10032: Invalid issuer."), nil},
		{"vault-audience", outer(401, "Unauthorized", "AKV10022: Invalid audience."), nil},
		{"vault-token-time", outer(401, "Unauthorized", "[TokenExpired] Error validating token: 'S2S12086'."), nil},
		{"vault-token-key", outer(401, "Unauthorized", "AKV10046: Unable to resolve the key used for signature validation."), nil},
		{"vault-token-rejected", outer(401, "Unauthorized", "AKV10000: Request is missing a Bearer or PoP token."), nil},
		{"vault-wrong-endpoint", inner("", "This TCP connection does not allow access to my-vault.vault.azure.net."), func(f *Facts) { f.VaultAddress = "10.224.0.9" }},
		{"secret-name-invalid", outer(400, "BadParameter", "The request URI contains an invalid name: my_secret"), nil},
		{"secret-not-found", outer(404, "SecretNotFound", "A secret with (name/id) my-secret was not found in this key vault."), nil},
		{"secret-disabled", inner("SecretDisabled", "Operation get is not allowed on a disabled secret."), nil},
		{"secret-deleted", inner("ObjectIsDeletedButRecoverable", "Secret my-secret is in a deleted state."), nil},
		{"vault-throttled", outer(429, "Throttled", "Too many requests were received."), nil},
		{"vault-unavailable", outer(503, "ServiceUnavailable", "Try again later."), nil},
		{"vault-rejected", outer(400, "BadParameter", "The specified version is not recognized."), nil},
		{"not-a-vault", vault(404, "<html>Not found</html>"), nil},
		{"vault-name-unresolved", request(&net.DNSError{Err: "no such host", Name: "my-vault.vault.azure.net", IsNotFound: true}), nil},

		{"host-unresolved", &net.DNSError{Err: "no such host", Name: "login.microsoftonline.com", IsNotFound: true}, nil},
		{"dns-unavailable", request(&net.DNSError{Err: "server misbehaving", Name: "my-vault.vault.azure.net", IsTemporary: true}), nil},
		{"connection-refused", request(&net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}), nil},
		{"connection-timeout", request(&net.OpError{Op: "dial", Net: "tcp", Err: os.ErrDeadlineExceeded}), nil},
		{"no-response", request(context.DeadlineExceeded), nil},
		{"connection-failed", request(&net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET}), nil},
		{"tls-untrusted", request(&tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{Cert: acme}}), nil},
		{"tls-wrong-name", request(x509.HostnameError{Certificate: acme, Host: "my-vault.vault.azure.net"}), nil},
		{"tls-expired", request(x509.CertificateInvalidError{Cert: acme, Reason: x509.Expired, Detail: "the clock says 1970"}), nil},
		{"tls-not-spoken", request(http.ErrSchemeMismatch), nil},
		{"proxy-unreachable", request(&net.OpError{Op: "proxyconnect", Net: "tcp", Err: syscall.ECONNREFUSED}), nil},
		{"proxy-credentials", request(errors.New(http.StatusText(http.StatusProxyAuthRequired))), nil},
		{"proxy-failed", request(errors.New(http.StatusText(http.StatusBadGateway))), nil},
		{"proxy-rejected", request(errors.New(http.StatusText(http.StatusForbidden))), nil},
		{"vault-tenant", errors.New("get secret: token requested for tenant 44444444-4444-4444-4444-444444444444, but this credential is for tenant 11111111-1111-1111-1111-111111111111"), nil},
		{"not-a-vault", errors.New("get secret: the WWW-Authenticate header of the response names no authority: is this the address of a Key Vault?"), nil},
		{"proxy-response", &tokencredential.AuthenticationError{StatusCode: 200, Message: "the response is not the JSON that Entra ID sends; is a proxy in between?"}, nil},
		{"vault-address-form", privatelink, func(f *Facts) { f.VaultURL = "https://my-vault.privatelink.vaultcore.azure.net/" }},
		{"proxy-response", vault(403, "<html>Blocked by policy</html>"), nil},
		{"timeout", fmt.Errorf("get secret: %w", context.DeadlineExceeded), nil},
		{"unknown", errors.New("the disk is full"), nil},
	}
}

func (s sample) explain() Explanation {
	facts := sampleFacts()
	if s.facts != nil {
		s.facts(&facts)
	}
	return Explain(s.err, facts)
}

// entryOf returns the catalog's entry with the id.
func entryOf(id string) entry {
	all := catalog()
	return all[slices.IndexFunc(all, func(e entry) bool { return e.id == id })]
}
