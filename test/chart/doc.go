// Package chart checks the Helm chart without a cluster: that what it renders is
// what Kubernetes and the webhook read, and that it refuses what cannot work.
package chart
