package localazure

import (
	"crypto/tls"
	"strings"
)

// tlsConfig answers for name alone. A client that asks for another name gets the
// alert unrecognized_name; so does one that asks for none, where strict.
func (s *Server) tlsConfig(name string, strict bool) *tls.Config {
	return &tls.Config{
		NextProtos: []string{"h2", "http/1.1"},
		MinVersion: tls.VersionTLS12, // the least that Azure accepts
		GetConfigForClient: func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
			if strings.EqualFold(hello.ServerName, name) || hello.ServerName == "" && !strict {
				return nil, nil
			}
			// Without certificates the handshake ends with that alert.
			return &tls.Config{MinVersion: tls.VersionTLS12}, nil
		},
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
			return s.authority.Certificate(name)
		},
		VerifyConnection: func(tls.ConnectionState) error {
			s.log.handshakes.Add(1)
			return nil
		},
	}
}
