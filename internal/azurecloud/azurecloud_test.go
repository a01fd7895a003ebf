package azurecloud

import "testing"

func TestClouds(t *testing.T) {
	tests := []struct{ authority, vault, domain string }{
		{"login.microsoftonline.com", "v.vault.azure.net", "vault.azure.net"},
		{"login.windows.net", "a.b.vault.azure.net", "vault.azure.net"},
		{"login.microsoftonline.us", "v.vault.usgovcloudapi.net", "vault.usgovcloudapi.net"},
		{"login.partner.microsoftonline.cn", "v.vault.azure.cn", "vault.azure.cn"},
		{"login.chinacloudapi.cn", "v.vault.azure.cn", "vault.azure.cn"},
		{"login.example", "v.vault.example", ""},
		{"", "vault.azure.net", ""},
		{"microsoftonline.com", "v.myvault.azure.net", ""},
	}
	for _, test := range tests {
		if got, ok := OfAuthority(test.authority); got.VaultDomain != test.domain || ok != (test.domain != "") {
			t.Errorf("authority %q is of %+v", test.authority, got)
		}
		if got, ok := OfVault(test.vault); got.VaultDomain != test.domain || ok != (test.domain != "") {
			t.Errorf("vault %q is of %+v", test.vault, got)
		}
	}
}
