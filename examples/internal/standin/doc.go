// Package standin runs the examples as the processes they are, and stands in for the
// services they talk to: with the same rules for tokens, and one canned answer.
package standin
