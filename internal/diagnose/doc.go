// Package diagnose explains why a workload identity does not work: which link of
// the chain broke, why, and the command that fixes it.
//
// The chain runs from the azure-workload-identity webhook through the service
// account token file, its issuer, the federated identity credential and Entra ID
// to Key Vault. [Gather] collects what the pod knows about it, and [Explain] turns
// an error and these facts into plain words: it extracts the evidence once, and
// the first entry of the catalog that matches it is the explanation.
//
// docs/troubleshooting.md is generated from the catalog and from the failures in
// testdata/corpus, which people reported publicly.
//
// Explanations are for people. The codes of Entra ID and Key Vault change, so
// nothing here may decide what a program does next.
package diagnose
