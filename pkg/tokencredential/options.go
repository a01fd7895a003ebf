package tokencredential

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
)

// Variables that the azure-workload-identity webhook injects into a container.
const (
	envClientID      = "AZURE_CLIENT_ID"
	envTenantID      = "AZURE_TENANT_ID"
	envTokenFile     = "AZURE_FEDERATED_TOKEN_FILE"
	envAuthorityHost = "AZURE_AUTHORITY_HOST"
)

// Options changes how a [Credential] works. The zero value, like nil, takes
// everything from the environment.
type Options struct {
	// ClientOptions configures the HTTP pipeline of all requests for Entra ID:
	// transport, retries, telemetry, logging, tracing and custom policies.
	//
	// Cloud.ActiveDirectoryAuthorityHost overrides AZURE_AUTHORITY_HOST.
	// Logging.IncludeBody is ignored, because the bodies hold the assertion and
	// the access token. Transport is ignored where the token proxy of AKS
	// identity bindings is in use. Retry.TryTimeout defaults to 30 seconds.
	azcore.ClientOptions

	// AdditionallyAllowedTenants lists the tenants, besides TenantID, for which
	// tokens may be requested through TokenRequestOptions.TenantID. "*" allows
	// any tenant. The default allows none.
	AdditionallyAllowedTenants []string

	// ClientID of the managed identity or application. Defaults to
	// AZURE_CLIENT_ID.
	ClientID string

	// DisableInstanceDiscovery stops the credential from asking Entra ID whether
	// the authority host is genuine. Set it only for private and disconnected
	// clouds; the authority host is then trusted as it is. It makes no difference
	// to the hosts that Microsoft documents, which are never asked about.
	DisableInstanceDiscovery bool

	// DisableTokenProxy makes the credential ignore the variables of AKS
	// identity bindings (AZURE_KUBERNETES_…) and talk to Entra ID directly.
	DisableTokenProxy bool

	// RefusalRetries is how often a request that Entra ID refused is repeated,
	// after pauses of 250 ms, 500 ms and so on, each varied by half. The default,
	// 0, means 3; a negative number means never. Answers that Retry covers, such
	// as 429 and 503, are no refusals.
	RefusalRetries int

	// TenantID of the identity: a GUID or a domain name. Defaults to
	// AZURE_TENANT_ID.
	TenantID string

	// TokenFilePath is the file with the service account token. Defaults to
	// AZURE_FEDERATED_TOKEN_FILE.
	TokenFilePath string
}

// resolve returns a copy of o in which everything is set, or a [*ConfigError].
func (o Options) resolve() (Options, *tokenProxy, error) {
	var problems ConfigError
	setDefault := func(field *string, variable string) {
		if *field == "" {
			*field = os.Getenv(variable)
		}
		if *field == "" {
			problems.Missing = append(problems.Missing, variable)
		}
	}
	setDefault(&o.ClientID, envClientID)
	setDefault(&o.TenantID, envTenantID)
	setDefault(&o.TokenFilePath, envTokenFile)

	if strings.ContainsFunc(o.ClientID, func(r rune) bool { return r <= ' ' || r == 0x7f }) {
		problems.add(envClientID, fmt.Errorf("client id %q contains a space or a control character", o.ClientID))
	}
	if o.TenantID != "" && !validTenantID(o.TenantID) {
		problems.add(envTenantID, fmt.Errorf("tenant id %q is neither a GUID nor a domain name", o.TenantID))
	}
	if err := o.setAuthorityHost(); err != nil {
		problems.add(envAuthorityHost, err)
	}
	var proxy *tokenProxy
	if !o.DisableTokenProxy {
		var err error
		if proxy, err = tokenProxyFromEnvironment(); err != nil {
			problems.Invalid = append(problems.Invalid, err)
		}
	}
	if len(problems.Missing)+len(problems.Invalid) > 0 {
		return Options{}, nil, &problems
	}
	return o, proxy, nil
}

func (o *Options) setAuthorityHost() error {
	host := o.Cloud.ActiveDirectoryAuthorityHost
	if host == "" {
		if len(o.Cloud.Services) > 0 {
			return errors.New("options name a cloud without its ActiveDirectoryAuthorityHost")
		}
		host = os.Getenv(envAuthorityHost)
	}
	if host == "" {
		host = cloud.AzurePublic.ActiveDirectoryAuthorityHost
	}
	u, err := url.Parse(host)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return fmt.Errorf("authority host %q is not a URL such as %s", host, cloud.AzurePublic.ActiveDirectoryAuthorityHost)
	}
	o.Cloud.ActiveDirectoryAuthorityHost = host
	return nil
}

// validTenantID keeps out what would change the path of the token endpoint.
func validTenantID(id string) bool {
	for _, r := range id {
		switch {
		case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9', r == '-', r == '.':
		default:
			return false
		}
	}
	return id != "" && strings.Trim(id, ".") != ""
}
