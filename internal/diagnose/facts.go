package diagnose

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/workload-identity-quickstart/msal-go/internal/azurecloud"
)

// Facts is what is known about the workload besides the error. Every field may be
// empty; none holds a token.
type Facts struct {
	ClientID      string // AZURE_CLIENT_ID
	TenantID      string // AZURE_TENANT_ID
	TokenFile     string // AZURE_FEDERATED_TOKEN_FILE
	AuthorityHost string // AZURE_AUTHORITY_HOST; empty means that of the public cloud
	VaultURL      string // KEYVAULT_URL
	SecretName    string // SECRET_NAME
	PodName       string // HOSTNAME, which Kubernetes sets to the pod's name

	// What the service account token says. Nobody has verified it.
	Issuer, Subject, Algorithm string
	Audience                   []string
	IssuedAt, Expires          time.Time

	// TokenProxy says that Entra ID is reached through an AKS identity binding.
	TokenProxy bool

	// VaultAddress is the IP address that the vault's name leads to. Gather leaves
	// it empty: only a resolver can tell.
	VaultAddress string
}

// Lifetime is how long the token is valid from the start, or zero if unknown.
func (f Facts) Lifetime() time.Duration {
	if f.IssuedAt.IsZero() || f.Expires.IsZero() {
		return 0
	}
	return f.Expires.Sub(f.IssuedAt)
}

// maxTokenSize is that of tokencredential, far above any service account token.
const maxTokenSize = 64 << 10

// Gather collects the facts from the environment, through getenv, usually
// os.Getenv, and from the claims of the token file it names. Whatever cannot be
// read stays empty. Call it for every error, since the token file changes.
func Gather(getenv func(string) string) Facts {
	f := Facts{
		ClientID:      getenv("AZURE_CLIENT_ID"),
		TenantID:      getenv("AZURE_TENANT_ID"),
		TokenFile:     getenv("AZURE_FEDERATED_TOKEN_FILE"),
		AuthorityHost: getenv("AZURE_AUTHORITY_HOST"),
		VaultURL:      strings.TrimSpace(getenv("KEYVAULT_URL")),
		SecretName:    strings.TrimSpace(getenv("SECRET_NAME")),
		PodName:       getenv("HOSTNAME"),
		TokenProxy:    getenv("AZURE_KUBERNETES_TOKEN_PROXY") != "",
	}
	segments := bytes.Split(readFile(f.TokenFile), []byte("."))
	if len(segments) != 3 {
		return f
	}
	header, claims := decode(segments[0]), decode(segments[1])
	f.Algorithm, _ = header["alg"].(string)
	f.Issuer, _ = claims["iss"].(string) // RFC 7519, section 4.1
	f.Subject, _ = claims["sub"].(string)
	f.Audience = audiences(claims["aud"])
	f.IssuedAt, f.Expires = date(claims["iat"]), date(claims["exp"])
	return f
}

// readFile returns what the token file holds, or nil.
func readFile(path string) []byte {
	// Asked before opening: opening a named pipe would wait for its writer.
	if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() {
		return nil
	}
	file, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer file.Close()
	content, err := io.ReadAll(io.LimitReader(file, maxTokenSize))
	if err != nil {
		return nil
	}
	return bytes.TrimSpace(content)
}

// decode reads a segment of a JWT.
func decode(segment []byte) map[string]any {
	content, err := base64.RawURLEncoding.DecodeString(string(segment))
	var object map[string]any
	if err != nil || json.Unmarshal(content, &object) != nil {
		return nil
	}
	return object
}

// audiences reads "aud", a string or an array of them.
func audiences(claim any) []string {
	list, ok := claim.([]any)
	if !ok {
		list = []any{claim}
	}
	var all []string
	for _, item := range list {
		if audience, ok := item.(string); ok {
			all = append(all, audience)
		}
	}
	return all
}

// date reads a NumericDate, seconds since 1970, and drops what no calendar has.
func date(claim any) time.Time {
	seconds, ok := claim.(float64)
	if !ok || seconds <= 0 || seconds > 253402300799 { // the end of the year 9999
		return time.Time{}
	}
	return time.Unix(int64(seconds), 0).UTC()
}

// values are the facts for templates.
func (f Facts) values() values {
	v := values{
		"client-id":      f.ClientID,
		"tenant-id":      f.TenantID,
		"token-file":     f.TokenFile,
		"pod-name":       f.PodName,
		"issuer":         f.Issuer,
		"subject":        f.Subject,
		"algorithm":      f.Algorithm,
		"audience":       strings.Join(f.Audience, ","),
		"authority-host": cmp.Or(hostname(f.AuthorityHost), azurecloud.Public.AuthorityHosts[0]),
		"vault-address":  cmp.Or(f.VaultAddress, "a public address, probably"),
		"action":         "get",
		"vault-url":      f.vaultURL(),
		"secret-name":    secretName(f.SecretName),
		"service":        string(roleEntra), // where the error does not tell
		"status":         strconv.Itoa(http.StatusOK),
	}
	v["host"] = v["authority-host"]
	v.setVault(hostname(f.VaultURL))
	if lifetime := f.Lifetime(); lifetime > 0 {
		v["lifetime"] = lifetime.String()
	}
	v["exchange-audience"] = f.cloud().Audience
	if f.hasExchangeAudience() {
		v["exchange-audience"] = f.Audience[0]
	}
	if f.Issuer != "" {
		v["discovery-url"] = strings.TrimSuffix(f.Issuer, "/") + "/.well-known/openid-configuration"
	}
	// Kubernetes: system:serviceaccount:NAMESPACE:NAME.
	if parts := strings.Split(f.Subject, ":"); len(parts) == 4 && parts[0] == "system" && parts[1] == "serviceaccount" {
		v["namespace"], v["service-account"] = parts[2], parts[3]
	}
	return v
}

// cloud is that of the authority host, or the public one.
func (f Facts) cloud() azurecloud.Cloud {
	if cloud, ok := azurecloud.OfAuthority(hostname(f.AuthorityHost)); ok {
		return cloud
	}
	return azurecloud.Public
}

// hasExchangeAudience reports whether the token is for the exchange, in any cloud.
func (f Facts) hasExchangeAudience() bool {
	return len(f.Audience) == 1 && strings.HasPrefix(f.Audience[0], azurecloud.Public.Audience)
}

// vaultURL is the address of the vault in its right form, if the one at hand has
// the vault's name at least, or empty.
func (f Facts) vaultURL() string {
	_, rest, found := strings.Cut(f.VaultURL, "://")
	if !found {
		rest = f.VaultURL
	}
	host := strings.ToLower(hostname("https://" + strings.TrimLeft(rest, "/")))
	name, domain, _ := strings.Cut(host, ".")
	if cloud, ok := azurecloud.OfVault(host); ok {
		domain = cloud.VaultDomain
	} else if domain == "" || strings.HasSuffix(domain, "vaultcore.azure.net") || strings.HasPrefix(domain, "vault.azure") {
		domain = f.cloud().VaultDomain
	} else {
		return ""
	}
	if name == "" || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
		return ""
	}
	return "https://" + name + "." + domain + "/"
}

// secretName is the name of the secret, taken out of its address if need be, or
// empty if it cannot be one.
func secretName(name string) string {
	if _, path, ok := strings.Cut(name, "/secrets/"); ok {
		name, _, _ = strings.Cut(path, "/")
	}
	if strings.Trim(strings.ToLower(name), "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
		return ""
	}
	return name
}

// hostname is the host in a URL, in lower case and without its port.
func hostname(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return strings.ToLower(u.Hostname())
}
