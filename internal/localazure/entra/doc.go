// Package entra is a directory of Entra ID with the endpoints that a workload
// needs: instance discovery, OpenID Connect discovery, signing keys, and the
// token endpoint for client credentials with a federated client assertion.
//
// It is as strict as Entra ID: an assertion must match a federated identity
// credential exactly and be signed by a key its issuer publishes, and every
// refusal has Entra ID's own OAuth error, HTTP status and AADSTS code. The texts
// are those the service sent in 2024 and later; see
// https://learn.microsoft.com/entra/identity-platform/reference-error-codes.
package entra
