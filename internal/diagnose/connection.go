package diagnose

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"
)

// explainTLS returns "" when err is not about TLS.
func explainTLS(err error, v values) string {
	if e, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		if e.Cert != nil {
			v["signer"] = e.Cert.Issuer.String()
		}
		return "tls-untrusted"
	}
	if e, ok := errors.AsType[x509.HostnameError](err); ok {
		v["reason"] = message(e)
		return "tls-wrong-name"
	}
	if e, ok := errors.AsType[x509.CertificateInvalidError](err); ok && e.Reason == x509.Expired {
		v["reason"] = message(e)
		return "tls-expired"
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok || errors.Is(err, http.ErrSchemeMismatch) {
		return "tls-not-spoken"
	}
	if e, ok := errors.AsType[*tls.CertificateVerificationError](err); ok && e != nil {
		if len(e.UnverifiedCertificates) > 0 && e.UnverifiedCertificates[0] != nil {
			v["signer"] = e.UnverifiedCertificates[0].Issuer.String()
		}
		return "tls-untrusted"
	}
	return ""
}

// explainConnection returns "" when err is not about a connection.
func explainConnection(err error, v values) string {
	var timeout interface{ Timeout() bool }
	request, isRequest := errors.AsType[*url.Error](err)
	op, isOp := errors.AsType[*net.OpError](err)
	isRequest, isOp = isRequest && request != nil, isOp && op != nil
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return "connection-refused"
	case errors.Is(err, context.DeadlineExceeded), (isRequest || isOp) && errors.As(err, &timeout) && timeout.Timeout():
		if v["host"] == "" {
			return "timeout"
		}
		return "connection-timeout"
	case isRequest && isStatusText(message(request.Err)):
		v["reason"] = message(request.Err)
		return "proxy-refused"
	case isOp:
		v["reason"] = message(op.Err)
		return "connection-failed"
	case isRequest:
		v["reason"] = message(request.Err)
		return "connection-failed"
	case errors.Is(err, io.ErrUnexpectedEOF):
		v["reason"] = io.ErrUnexpectedEOF.Error()
		return "connection-failed"
	}
	return ""
}

// isStatusText recognizes a proxy's refusal of CONNECT, of which net/http keeps
// only the text of the status line.
func isStatusText(text string) bool {
	for status := 300; status < 600; status++ {
		if known := http.StatusText(status); known != "" && strings.EqualFold(known, text) {
			return true
		}
	}
	return false
}
