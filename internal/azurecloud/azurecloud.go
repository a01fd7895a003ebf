// Package azurecloud lists the host names of the Azure clouds.
package azurecloud

import (
	"net/url"
	"slices"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
)

// Cloud is one Azure cloud.
type Cloud struct {
	// AuthorityHosts are the names of its Entra ID, the usual one first.
	AuthorityHosts []string
	// VaultDomain is the domain of its vaults.
	VaultDomain string
	// Audience is that of tokens which its Entra ID exchanges for access tokens.
	Audience string
}

// The clouds. Hosts: azcore and
// https://learn.microsoft.com/entra/identity-platform/authentication-national-cloud;
// vaults: https://learn.microsoft.com/azure/key-vault/general/about-keys-secrets-certificates#dns-suffixes-for-object-identifiers;
// audiences: https://learn.microsoft.com/entra/workload-id/workload-identity-federation-create-trust.
var (
	Public = Cloud{
		AuthorityHosts: []string{host(cloud.AzurePublic), "login.microsoft.com", "login.windows.net"},
		VaultDomain:    "vault.azure.net",
		Audience:       "api://AzureADTokenExchange",
	}
	Government = Cloud{
		AuthorityHosts: []string{host(cloud.AzureGovernment)},
		VaultDomain:    "vault.usgovcloudapi.net",
		Audience:       "api://AzureADTokenExchangeUSGov",
	}
	China = Cloud{
		AuthorityHosts: []string{"login.partner.microsoftonline.cn", host(cloud.AzureChina)},
		VaultDomain:    "vault.azure.cn",
		Audience:       "api://AzureADTokenExchangeChina",
	}
)

func host(c cloud.Configuration) string {
	u, err := url.Parse(c.ActiveDirectoryAuthorityHost)
	if err != nil {
		return ""
	}
	return u.Hostname()
}

// OfAuthority returns the cloud of an authority's host name, in lower case. A
// private cloud's is unknown.
func OfAuthority(host string) (Cloud, bool) {
	return find(func(c Cloud) bool { return slices.Contains(c.AuthorityHosts, host) })
}

// OfVault returns the cloud of a vault's host name, in lower case.
func OfVault(host string) (Cloud, bool) {
	return find(func(c Cloud) bool { return strings.HasSuffix(host, "."+c.VaultDomain) })
}

func find(is func(Cloud) bool) (Cloud, bool) {
	all := []Cloud{Public, Government, China}
	i := slices.IndexFunc(all, is)
	if i < 0 {
		return Cloud{}, false
	}
	return all[i], true
}
