// Package cloud names the Azure clouds that localazure stands in for: the
// authority hosts of Entra ID and the domain of Key Vault in each.
package cloud
