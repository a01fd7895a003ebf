package main

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/workload-identity-quickstart/msal-go/examples/internal/standin"
	"github.com/workload-identity-quickstart/msal-go/internal/localazure/pki"
)

// server is an Azure Database for PostgreSQL, as far as a login goes: over TLS,
// with a password in clear text that is an access token. Then it answers one query.
type server struct {
	service *standin.Service
	role    string // the only one
	tls     *tls.Config
	caPEM   []byte
}

// listen serves until the test ends, and returns the address.
func (s *server) listen(t *testing.T) string {
	t.Helper()
	authority, err := pki.New()
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := authority.Certificate("127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	s.tls, s.caPEM = &tls.Config{Certificates: []tls.Certificate{*certificate}}, authority.CertificatePEM()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			serving.Go(func() {
				defer conn.Close()
				// The client reads the reason of a refusal; broken connections end here.
				_ = s.serve(t.Context(), conn)
			})
		}
	})
	t.Cleanup(func() {
		_ = listener.Close() // a second time, no more
		serving.Wait()
	})
	return listener.Addr().String()
}

func (s *server) serve(ctx context.Context, conn net.Conn) error {
	plain := pgproto3.NewBackend(conn, conn)
	if request, err := plain.ReceiveStartupMessage(); err != nil {
		return err
	} else if _, ok := request.(*pgproto3.SSLRequest); !ok {
		return refuse(plain, "28000", "SSL/TLS required")
	}
	if _, err := conn.Write([]byte("S")); err != nil {
		return err
	}
	secure := tls.Server(conn, s.tls)
	backend := pgproto3.NewBackend(secure, secure)
	if err := s.login(ctx, backend); err != nil {
		return err
	}
	return s.answer(backend)
}

// login ends in the message that the server is ready, or in a refusal.
func (s *server) login(ctx context.Context, backend *pgproto3.Backend) error {
	message, err := backend.ReceiveStartupMessage()
	if err != nil {
		return err
	}
	startup, ok := message.(*pgproto3.StartupMessage)
	if !ok {
		return refuse(backend, "08P01", "no startup message")
	}
	backend.Send(&pgproto3.AuthenticationCleartextPassword{})
	if err := errors.Join(backend.Flush(), backend.SetAuthType(pgproto3.AuthTypeCleartextPassword)); err != nil {
		return err
	}
	answer, err := backend.Receive()
	if err != nil {
		return err
	}
	password, ok := answer.(*pgproto3.PasswordMessage)
	if !ok {
		return refuse(backend, "08P01", "no password")
	}
	if err := s.service.Verify(ctx, password.Password); err != nil {
		return refuse(backend, "28P01", err.Error())
	}
	if user := startup.Parameters["user"]; user != s.role {
		return refuse(backend, "28000", "role \""+user+"\" does not exist")
	}
	backend.Send(&pgproto3.AuthenticationOk{})
	backend.Send(&pgproto3.ReadyForQuery{TxStatus: 'I'})
	return backend.Flush()
}

func refuse(backend *pgproto3.Backend, code, message string) error {
	backend.Send(&pgproto3.ErrorResponse{Severity: "FATAL", Code: code, Message: message})
	return errors.Join(errors.New(message), backend.Flush())
}

// answer answers one query of one text column with the role, whatever it asks.
func (s *server) answer(backend *pgproto3.Backend) error {
	const text = 25 // the OID of the type
	row := &pgproto3.RowDescription{Fields: []pgproto3.FieldDescription{{Name: []byte("current_user"), DataTypeOID: text, DataTypeSize: -1}}}
	for {
		message, err := backend.Receive()
		if err != nil {
			return err
		}
		switch message := message.(type) {
		case *pgproto3.Parse:
			backend.Send(&pgproto3.ParseComplete{})
		case *pgproto3.Describe:
			if message.ObjectType == 'S' {
				backend.Send(&pgproto3.ParameterDescription{})
			}
			backend.Send(row)
		case *pgproto3.Bind:
			backend.Send(&pgproto3.BindComplete{})
		case *pgproto3.Execute:
			backend.Send(&pgproto3.DataRow{Values: [][]byte{[]byte(s.role)}})
			backend.Send(&pgproto3.CommandComplete{CommandTag: []byte("SELECT 1")})
		case *pgproto3.Sync:
			backend.Send(&pgproto3.ReadyForQuery{TxStatus: 'I'})
			if err := backend.Flush(); err != nil {
				return err
			}
		case *pgproto3.Terminate:
			return io.EOF
		}
	}
}
