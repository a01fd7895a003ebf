// Package diagnose explains why a workload identity does not work: which link of
// the chain broke, why, and the command that mends it.
//
// The chain runs from the azure-workload-identity webhook through the service
// account token file, its issuer, the federated identity credential and Entra ID
// to Key Vault. [Gather] collects what the pod knows about it, and [Explain] puts
// that into plain words together with an error. Every explanation has an entry in
// docs/troubleshooting.md under its ID.
//
// Explanations are for people. The codes of Entra ID and Key Vault change, so
// nothing here may decide what a program does next.
package diagnose
