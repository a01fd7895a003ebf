package cloud

import (
	"fmt"
	"slices"
	"strings"
)

// KeyVaultAppID is the application id of the Key Vault service itself, the
// same in every cloud. Tokens carry it as their audience if it was asked for.
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

// IssuerV1 is the issuer of v1.0 access tokens of tenant, the only ones that
// Azure's own services get and accept. See
// https://learn.microsoft.com/entra/identity-platform/access-tokens#token-formats.
func (c Cloud) IssuerV1(tenant string) string {
	if c.Name == "china" {
		return "https://sts.chinacloudapi.cn/" + tenant + "/"
	}
	return "https://sts.windows.net/" + tenant + "/"
}

// IssuerV2 is the issuer of v2.0 access tokens of tenant.
func (c Cloud) IssuerV2(tenant string) string { return c.AuthorityURL() + tenant + "/v2.0" }

// HasResource reports whether name, a URI with or without a trailing slash or an
// application id, is that of a service of Azure, which every tenant knows. Most
// are from the list of API permissions of the Azure MCP server, see
// https://github.com/microsoft/mcp; those of Azure SQL, of Microsoft Graph and of
// https://redis.azure.com are from the articles on these services.
func (c Cloud) HasResource(name string) bool {
	switch strings.TrimSuffix(name, "/") {
	case c.VaultResource(), KeyVaultAppID,
		"https://management.azure.com", "https://management.core.windows.net", "797f4846-ba00-4fd7-ba43-dac1f8f63013",
		"https://graph.microsoft.com", "00000003-0000-0000-c000-000000000000",
		"https://storage.azure.com", "e406a681-f3d4-42a8-90b6-c2b029497af1",
		"https://database.windows.net", "022907d3-0f1b-48f7-badc-1ba6abab6d66",
		"https://ossrdbms-aad.database.windows.net", "123cd850-d9df-40bd-94d5-c9f07b7fa203",
		"https://servicebus.azure.net", "80a10ef9-8168-493d-abf9-3297c4ef6e3c",
		"https://eventhubs.azure.net", "80369ed6-5f11-4dd9-bef3-692475845e77",
		"https://cosmos.azure.com", "f8202e39-5162-4378-8714-8018bb911e5c",
		"https://cognitiveservices.azure.com", "7d312290-28c8-473c-a0ed-8e53749b6d6d",
		"https://containerregistry.azure.net", "76c92352-c057-4cc2-9b1e-f34c32bc58bd",
		"6dae42f8-4368-4678-94ff-3960e28e3630", // Azure Kubernetes Service AAD Server
		"https://azconfig.io", "35ffadb3-7fc1-497e-b61b-381d28e744cc",
		"https://search.azure.com", "880da380-985e-4198-81b9-e05b1cc53158",
		"https://signalr.azure.com", "cdad765c-f191-43ba-b9f5-7aef392f811d",
		"https://communication.azure.com", "632ec9eb-fad7-4cbd-993a-e72973ba2acc",
		"https://redis.azure.com":
		return true
	}
	return false
}
