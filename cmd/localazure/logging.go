package main

import (
	"io"

	"github.com/go-logr/logr"
	"k8s.io/klog/v2/textlogger"

	"github.com/workload-identity-quickstart/msal-go/internal/localazure"
)

func newLogger(w io.Writer) logr.Logger {
	return textlogger.NewLogger(textlogger.NewConfig(textlogger.Output(w)))
}

// logRequests writes one line per request.
func logRequests(log logr.Logger) func(localazure.Request) {
	return func(r localazure.Request) {
		fields := []any{"host", r.Host, "method", r.Method, "path", r.Path, "status", r.Status}
		if r.ErrorCode != "" {
			fields = append(fields, "error", r.ErrorCode)
		}
		log.Info("request", fields...)
	}
}
