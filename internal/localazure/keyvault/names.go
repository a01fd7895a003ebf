package keyvault

import "strings"

// validVaultName follows
// https://learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules#microsoftkeyvault.
func validVaultName(name string) bool {
	if len(name) < 3 || len(name) > 24 || strings.Contains(name, "--") || strings.HasSuffix(name, "-") {
		return false
	}
	first := name[0] | 0x20
	return first >= 'a' && first <= 'z' && onlyNameBytes(name)
}

// validSecretName follows
// https://learn.microsoft.com/azure/key-vault/general/about-keys-secrets-certificates#object-identifiers.
func validSecretName(name string) bool {
	return len(name) >= 1 && len(name) <= 127 && onlyNameBytes(name)
}

// onlyNameBytes reports whether s has only letters, digits and hyphens.
func onlyNameBytes(s string) bool {
	for _, c := range []byte(s) {
		if (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'z') && c != '-' {
			return false
		}
	}
	return true
}
