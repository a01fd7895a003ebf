// Package footprint makes a program that does little, again and again, keep little
// memory.
package footprint
