// Package logging sets up klog, which everything here logs through by way of
// logr.
package logging
