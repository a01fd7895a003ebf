// Package poll repeats a task at an interval that does not keep step with that of
// other pods.
package poll
