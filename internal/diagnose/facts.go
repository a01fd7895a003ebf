package diagnose

import (
	"encoding/base64"
	"encoding/json"
	"io"
	"net/url"
	"os"
	"strings"
	"time"
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

	// Claims of the service account token. Nobody has verified them.
	Issuer, Subject   string
	Audience          []string
	IssuedAt, Expires time.Time

	// TokenProxy says that Entra ID is reached through an AKS identity binding.
	TokenProxy bool
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
	f.readClaims()
	return f
}

// readClaims reads the claims of RFC 7519, section 4.1, without verifying them.
func (f *Facts) readClaims() {
	// Asked before opening: opening a named pipe would wait for its writer.
	info, err := os.Stat(f.TokenFile)
	if err != nil || !info.Mode().IsRegular() {
		return
	}
	file, err := os.Open(f.TokenFile)
	if err != nil {
		return
	}
	defer file.Close()
	content, err := io.ReadAll(io.LimitReader(file, maxTokenSize))
	if err != nil {
		return
	}
	segments := strings.Split(strings.TrimSpace(string(content)), ".")
	if len(segments) != 3 {
		return
	}
	payload, err := base64.RawURLEncoding.DecodeString(segments[1])
	if err != nil {
		return
	}
	var claims map[string]any
	if json.Unmarshal(payload, &claims) != nil {
		return
	}
	f.Issuer, _ = claims["iss"].(string)
	f.Subject, _ = claims["sub"].(string)
	f.Audience = audiences(claims["aud"])
	f.IssuedAt, f.Expires = date(claims["iat"]), date(claims["exp"])
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
		"secret-name":    f.SecretName,
		"pod-name":       f.PodName,
		"issuer":         f.Issuer,
		"subject":        f.Subject,
		"audience":       strings.Join(f.Audience, ","),
		"discovery-url":  "",
		"authority-host": f.authorityHost(),
		"vault-host":     hostname(f.VaultURL),
	}
	v["exchange-audience"] = exchangeAudience
	if len(f.Audience) == 1 && strings.HasPrefix(f.Audience[0], exchangeAudience) {
		v["exchange-audience"] = f.Audience[0] // that of a sovereign cloud, perhaps
	}
	v["vault-name"], _, _ = strings.Cut(v["vault-host"], ".")
	if f.Issuer != "" {
		v["discovery-url"] = strings.TrimSuffix(f.Issuer, "/") + "/.well-known/openid-configuration"
	}
	// Kubernetes: system:serviceaccount:NAMESPACE:NAME.
	if parts := strings.Split(f.Subject, ":"); len(parts) == 4 && parts[0] == "system" && parts[1] == "serviceaccount" {
		v["namespace"], v["service-account"] = parts[2], parts[3]
	}
	return v
}

func (f Facts) authorityHost() string {
	if host := hostname(f.AuthorityHost); host != "" {
		return host
	}
	return "login.microsoftonline.com"
}

// hostname is the host in a URL, in lower case and without its port.
func hostname(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return strings.ToLower(u.Hostname())
}
