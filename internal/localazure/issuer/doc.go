// Package issuer is an OpenID Connect issuer of service account tokens, like
// the API server of a Kubernetes cluster: it publishes a discovery document and
// its signing keys, and makes tokens such as the kubelet projects into a pod.
//
// See https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/#service-account-issuer-discovery.
package issuer
