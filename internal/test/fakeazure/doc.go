// Package fakeazure gives a test an Azure of its own.
package fakeazure
