// Package config reads the quickstart's settings from its environment.
package config
