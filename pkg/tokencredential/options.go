package tokencredential

import (
	"cmp"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
)

// Options changes how a [Credential] works. The zero value, like nil, takes
// everything from the environment.
type Options struct {
	// ClientOptions configures the HTTP pipeline of all requests for Entra ID.
	// Cloud.ActiveDirectoryAuthorityHost overrides AZURE_AUTHORITY_HOST.
	// Retry.TryTimeout defaults to 10 seconds and cannot be turned off: no request
	// takes longer than MaxRetries + 1 times TryTimeout and MaxRetryDelay. MaxRetries
	// (default 3, negative for none) also limits how often a rejected one is repeated.
	// Logging.IncludeBody is ignored, since bodies hold the assertion and the
	// access token, and so is Transport where a token proxy is in use.
	azcore.ClientOptions
	// AdditionallyAllowedTenants lists the tenants, besides TenantID, for which
	// tokens may be requested. "*" allows any tenant. The default allows none.
	AdditionallyAllowedTenants []string
	// ClientID of the managed identity or application. Defaults to
	// AZURE_CLIENT_ID.
	ClientID string
	// DisableInstanceDiscovery stops the credential from asking Entra ID whether
	// the authority host is genuine, for private and disconnected clouds; it is then
	// trusted as it is. The well-known hosts are never asked about.
	DisableInstanceDiscovery bool
	// Getenv reads the environment, in [New] only. Defaults to [os.Getenv]. To go
	// past the token proxy of an AKS identity binding, return "" for the variables
	// AZURE_KUBERNETES_….
	Getenv func(string) string
	// Logger gets a record for each exchange, without tokens: at level Warn for a
	// renewal that failed while the old token is valid, else at Debug. The default
	// is none. The requests themselves are in azcore's log.
	Logger *slog.Logger
	// TenantID of the identity: a GUID or a domain name. Defaults to
	// AZURE_TENANT_ID.
	TenantID string
	// TokenFilePath is the file with the service account token. Defaults to
	// AZURE_FEDERATED_TOKEN_FILE.
	TokenFilePath string
}

// resolve returns a copy of o in which everything is set, or a [*ConfigError].
func (o Options) resolve() (Options, error) {
	if o.Getenv == nil {
		o.Getenv = os.Getenv
	}
	o.Logger = cmp.Or(o.Logger, slog.New(slog.DiscardHandler))
	o.Retry.MaxRetries = cmp.Or(o.Retry.MaxRetries, 3)
	if o.Retry.TryTimeout <= 0 { // a silent host is asked again within most callers' patience
		o.Retry.TryTimeout = 10 * time.Second
	}
	o.AdditionallyAllowedTenants = slices.Clone(o.AdditionallyAllowedTenants)
	var problems ConfigError
	invalid := func(format string, values ...any) {
		problems.Invalid = append(problems.Invalid, fmt.Errorf(format, values...))
	}
	setDefault := func(field *string, variable string) {
		if *field = cmp.Or(*field, o.Getenv(variable)); *field == "" {
			problems.Missing = append(problems.Missing, variable)
		}
	}
	setDefault(&o.ClientID, "AZURE_CLIENT_ID")
	setDefault(&o.TenantID, "AZURE_TENANT_ID")
	setDefault(&o.TokenFilePath, "AZURE_FEDERATED_TOKEN_FILE")
	if strings.ContainsFunc(o.ClientID, func(r rune) bool { return r <= ' ' || r == 0x7f }) {
		invalid("AZURE_CLIENT_ID: client ID %q contains a space or a control character", o.ClientID)
	}
	if o.TenantID != "" && !validTenantID(o.TenantID) {
		invalid("AZURE_TENANT_ID: tenant ID %q is neither a GUID nor a domain name", o.TenantID)
	}
	const public = "https://login.microsoftonline.com/"
	host := &o.Cloud.ActiveDirectoryAuthorityHost
	if *host == "" && len(o.Cloud.Services) > 0 {
		invalid("options name a cloud without its ActiveDirectoryAuthorityHost")
	}
	*host = cmp.Or(*host, o.Getenv("AZURE_AUTHORITY_HOST"), public)
	if u, err := url.Parse(*host); err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		invalid("AZURE_AUTHORITY_HOST: authority host %q is not a URL such as %s", *host, public)
	}
	switch proxy, err := newTokenProxy(o.Getenv); {
	case err != nil:
		invalid("%w", err)
	case proxy != nil:
		o.Transport = proxy
	}
	if len(problems.Missing)+len(problems.Invalid) > 0 {
		return Options{}, &problems
	}
	return o, nil
}

// validTenantID keeps out what would change the path of the token endpoint.
var validTenantID = regexp.MustCompile(`^\.*[0-9A-Za-z-][0-9A-Za-z.-]*$`).MatchString
