// Package retryafter finds out how long a service that failed asked to be left
// alone.
package retryafter
