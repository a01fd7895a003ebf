// Package arm is Azure Resource Manager: subscriptions, resource groups, providers
// and features, roles, managed identities, key vaults and AKS clusters, at the level
// of HTTP. What it creates is in effect in the Entra ID and Key Vault beside it.
package arm
