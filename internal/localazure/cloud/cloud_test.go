package cloud

import (
	"strings"
	"testing"
)

func TestForAuthority(t *testing.T) {
	for host, want := range map[string]string{
		"login.microsoftonline.com":        "public",
		"LOGIN.microsoftonline.com":        "public",
		"login.windows.net":                "public",
		"login.microsoft.com":              "public",
		"sts.windows.net":                  "public",
		"login.microsoftonline.us":         "usgovernment",
		"login.partner.microsoftonline.cn": "china",
		"login.microsoftonline.com.evil":   "",
		"microsoftonline.com":              "",
		"":                                 "",
	} {
		c, ok := ForAuthority(host)
		if c.Name != want || ok != (want != "") {
			t.Errorf("ForAuthority(%q) = %q, %t, want %q", host, c.Name, ok, want)
		}
	}
}

func TestForVault(t *testing.T) {
	for host, want := range map[string][2]string{
		"kv.vault.azure.net":           {"public", "kv"},
		"KV.Vault.Azure.Net":           {"public", "kv"},
		"kv.vault.usgovcloudapi.net":   {"usgovernment", "kv"},
		"kv.vault.azure.cn":            {"china", "kv"},
		"vault.azure.net":              {},
		".vault.azure.net":             {},
		"a.b.vault.azure.net":          {},
		"kv.vault.azure.net.evil":      {},
		"kvvault.azure.net":            {},
		"kv.managedhsm.azure.net":      {},
		"login.microsoftonline.com":    {},
		"kv.privatelink.vaultcore.net": {},
	} {
		c, name, ok := ForVault(host)
		if c.Name != want[0] || name != want[1] || ok != (want[0] != "") {
			t.Errorf("ForVault(%q) = %q, %q, %t, want %q", host, c.Name, name, ok, want)
		}
	}
}

func TestParse(t *testing.T) {
	for _, c := range All() {
		got, err := Parse(c.Name)
		if err != nil || got.AuthorityHost != c.AuthorityHost {
			t.Errorf("Parse(%q) = %q, %v", c.Name, got.AuthorityHost, err)
		}
		if host := got.VaultHost("KV"); !strings.HasPrefix(host, "kv.vault.") {
			t.Errorf("VaultHost of %s = %q, want a name in lower case", c.Name, host)
		}
	}
	if _, err := Parse("germany"); err == nil || !strings.Contains(err.Error(), `"germany"`) {
		t.Errorf("Parse(germany) = %v, want an error that names it", err)
	}
}

func TestResource(t *testing.T) {
	for _, c := range All() {
		for _, uri := range []string{c.VaultResource(), c.VaultResource() + "/", KeyVaultAppID} {
			if id, ok := c.Resource(uri); !ok || id != KeyVaultAppID {
				t.Errorf("%s: Resource(%q) = %q, %t, want Key Vault", c.Name, uri, id, ok)
			}
		}
	}
	for _, uri := range []string{"https://management.azure.com", "https://management.core.windows.net/"} {
		if id, ok := Public().Resource(uri); !ok || id != "797f4846-ba00-4fd7-ba43-dac1f8f63013" {
			t.Errorf("Resource(%q) = %q, %t, want Azure Resource Manager", uri, id, ok)
		}
	}
	if id, ok := Public().Resource("https://graph.microsoft.com/"); !ok || id != "00000003-0000-0000-c000-000000000000" {
		t.Errorf("Microsoft Graph = %q, %t", id, ok)
	}
	for _, uri := range []string{"", "/", "https://vault.azure.cn", "https://VAULT.azure.net", "vault.azure.net"} {
		if id, ok := Public().Resource(uri); ok {
			t.Errorf("Resource(%q) = %q, want that it is unknown", uri, id)
		}
	}
}
