// Package scripts is a module of its own for what the tests of the shell
// scripts need: fakeaz, a stand-in for the Azure CLI.
package scripts
