// Package keyvault reads secrets from one Azure Key Vault.
package keyvault
