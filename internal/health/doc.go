// Package health serves the kubelet's probes.
package health
