// Package examples holds small programs that use pkg/tokencredential, each in a
// folder of its own. docs/reuse.md introduces them.
package examples
