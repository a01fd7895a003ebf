// Package release builds releases and looks into them. It is a module of its
// own, so that go test ./... at the top builds none.
package release
