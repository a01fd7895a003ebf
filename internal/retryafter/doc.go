// Package retryafter finds out how long a service that failed asked to be left
// alone, and keeps SDK clients from waiting for it by themselves.
package retryafter
