// Package health tells the kubelet whether the program lives and is ready.
package health
