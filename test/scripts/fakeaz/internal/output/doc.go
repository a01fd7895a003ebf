// Package output prints results as the Azure CLI does: --query picks, and
// --output says how. The order of keys(), values() and .* is not the same in every
// run here; Python keeps that of the document.
package output
