// Package output prints results as the Azure CLI does: --query picks, and
// --output says how.
package output
