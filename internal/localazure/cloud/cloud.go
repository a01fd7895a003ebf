package cloud

import (
	"fmt"
	"slices"
	"strings"
)

// KeyVaultAppID is the application id of the Key Vault service itself, the
// same in every cloud. Entra ID's v2.0 access tokens for Key Vault carry it as
// their audience.
const KeyVaultAppID = "cfa8b339-82a2-471a-a3c9-0fc0be7a4093"

// Cloud is one Azure cloud. Its zero value is not a cloud; take one from
// [Public], [USGovernment], [China] or [Parse].
type Cloud struct {
	// Name is what [Parse] accepts: "public", "usgovernment" or "china".
	Name string
	// AuthorityHost is the host name of Entra ID, without scheme.
	AuthorityHost string
	// Aliases are further host names of the same Entra ID.
	Aliases []string
	// VaultDomain is the domain below which every vault has its host name.
	VaultDomain string
	// InstanceName is the cloud's name in OpenID Connect discovery documents.
	InstanceName string
}

// Public is the global Azure cloud.
func Public() Cloud {
	return Cloud{
		Name:          "public",
		AuthorityHost: "login.microsoftonline.com",
		Aliases:       []string{"login.windows.net", "login.microsoft.com", "sts.windows.net"},
		VaultDomain:   "vault.azure.net",
		InstanceName:  "microsoftonline.com",
	}
}

// USGovernment is Azure Government.
func USGovernment() Cloud {
	return Cloud{
		Name:          "usgovernment",
		AuthorityHost: "login.microsoftonline.us",
		Aliases:       []string{"login.usgovcloudapi.net"},
		VaultDomain:   "vault.usgovcloudapi.net",
		InstanceName:  "microsoftonline.us",
	}
}

// China is Azure operated by 21Vianet.
func China() Cloud {
	return Cloud{
		Name:          "china",
		AuthorityHost: "login.partner.microsoftonline.cn",
		Aliases:       []string{"login.chinacloudapi.cn"},
		VaultDomain:   "vault.azure.cn",
		InstanceName:  "partner.microsoftonline.cn",
	}
}

// All lists the clouds, the public one first.
func All() []Cloud { return []Cloud{Public(), USGovernment(), China()} }

// Parse returns the cloud of the given name. The error lists the valid names.
func Parse(name string) (Cloud, error) {
	for _, c := range All() {
		if c.Name == name {
			return c, nil
		}
	}
	return Cloud{}, fmt.Errorf("cloud %q is not known: use public, usgovernment or china", name)
}

// ForAuthority returns the cloud whose Entra ID answers on host, a name
// without port.
func ForAuthority(host string) (Cloud, bool) {
	host = strings.ToLower(host)
	for _, c := range All() {
		if host == c.AuthorityHost || slices.Contains(c.Aliases, host) {
			return c, true
		}
	}
	return Cloud{}, false
}

// ForVault returns the cloud and the vault's name when host is the host name
// of a vault, existing or not.
func ForVault(host string) (c Cloud, name string, ok bool) {
	host = strings.ToLower(host)
	for _, c := range All() {
		name, ok := strings.CutSuffix(host, "."+c.VaultDomain)
		if ok && name != "" && !strings.Contains(name, ".") {
			return c, name, true
		}
	}
	return Cloud{}, "", false
}

// AuthorityURL is Entra ID's base URL, with a trailing slash as
// AZURE_AUTHORITY_HOST has it.
func (c Cloud) AuthorityURL() string { return "https://" + c.AuthorityHost + "/" }

// VaultResource is the resource that Key Vault's challenge names, without a
// trailing slash.
func (c Cloud) VaultResource() string { return "https://" + c.VaultDomain }

// VaultHost is the host name of the vault called name.
func (c Cloud) VaultHost(name string) string { return strings.ToLower(name) + "." + c.VaultDomain }

// Issuers are the values an access token of tenant may have as its issuer:
// that of v2.0 tokens first, then that of v1.0 tokens.
// See https://learn.microsoft.com/entra/identity-platform/access-tokens#token-formats.
func (c Cloud) Issuers(tenant string) []string {
	v1 := "sts.windows.net"
	if c.Name == "china" {
		v1 = "sts.chinacloudapi.cn"
	}
	return []string{
		"https://" + c.AuthorityHost + "/" + tenant + "/v2.0",
		"https://" + v1 + "/" + tenant + "/",
	}
}

// Resource returns the application id of the service that uri names, with or
// without a trailing slash, or that has uri for its application id: Key Vault and
// some services that every tenant knows. Their ids are listed at
// https://learn.microsoft.com/troubleshoot/entra/entra-id/governance/verify-first-party-apps-sign-in.
func (c Cloud) Resource(uri string) (appID string, ok bool) {
	switch strings.TrimSuffix(uri, "/") {
	case c.VaultResource(), KeyVaultAppID:
		return KeyVaultAppID, true
	case "https://management.azure.com", "https://management.core.windows.net":
		return "797f4846-ba00-4fd7-ba43-dac1f8f63013", true
	case "https://graph.microsoft.com":
		return "00000003-0000-0000-c000-000000000000", true
	case "https://storage.azure.com":
		return "e406a681-f3d4-42a8-90b6-c2b029497af1", true
	case "https://ossrdbms-aad.database.windows.net":
		return "123cd850-d9df-40bd-94d5-c9f07b7fa203", true
	}
	return "", false
}
