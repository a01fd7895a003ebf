// Package doctor walks the chain from the pod's configuration to the secret, link
// by link, and reports of each whether it holds.
package doctor
