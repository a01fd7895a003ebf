// Package keyvault is the data plane of Azure Key Vault, for secrets: vaults
// chosen by host name that challenge, authenticate, authorize and throttle
// their callers as the service does, with its error codes and messages.
//
// See https://learn.microsoft.com/rest/api/keyvault/secrets/operation-groups.
// What the service says to a token it cannot use is not documented; the texts
// here are ones that users of it reported.
package keyvault
