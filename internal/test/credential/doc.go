// Package credential tests pkg/tokencredential with real HTTP against localazure.
// The tests are not in its folder so that it can be copied into another module.
package credential
