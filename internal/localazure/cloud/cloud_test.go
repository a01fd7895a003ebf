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

func TestHasResource(t *testing.T) {
	for _, c := range All() {
		for _, name := range []string{c.VaultResource(), c.VaultResource() + "/", KeyVaultAppID, "https://management.azure.com", "https://servicebus.azure.net/"} {
			if !c.HasResource(name) {
				t.Errorf("%s: %q is unknown", c.Name, name)
			}
		}
	}
	for _, name := range []string{"", "/", "https://vault.azure.cn", "https://VAULT.azure.net", "vault.azure.net"} {
		if Public().HasResource(name) {
			t.Errorf("%q is known", name)
		}
	}
}
