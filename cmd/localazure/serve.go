package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/workload-identity-quickstart/msal-go/internal/localazure"
	"github.com/workload-identity-quickstart/msal-go/internal/localazure/entra"
)

const serveHelp = `Usage: localazure serve [flags]

Serves Entra ID and Key Vault to the pods of a cluster, until SIGTERM. Pods reach
it with HTTPS_PROXY=http://ADDRESS and SSL_CERT_FILE set to the certificate of
--ca-cert. GET /healthz on the address of --listen answers 200.

Federated identity credentials trust the issuer of the cluster's service account
tokens, whose discovery document and keys are fetched from it without
authentication. --issuer-ca names whom to trust for that.

Examples:
  localazure serve --ca-cert ca.crt --ca-key ca.key \
    --issuer-ca /var/run/secrets/kubernetes.io/serviceaccount/ca.crt \
    --federated-credential issuer=https://kubernetes.default.svc.cluster.local,subject=system:serviceaccount:default:workload-identity-sa
  localazure serve --tls-listen :8443 --tls-server-name proxy.example ...
`

// drainTimeout bounds how long requests under way may take after SIGTERM.
const drainTimeout = 10 * time.Second

type serveOptions struct {
	conditions
	listen, tlsListen, tlsServerName string
	caCert, caKey, issuerCA          string
}

func parseServe(args []string, stdout io.Writer) (*serveOptions, error) {
	f := newFlagSet("serve", serveHelp)
	o := new(serveOptions)
	o.register(f)
	f.StringVar(&o.listen, "listen", ":3128", "`address` of the proxy")
	f.StringVar(&o.tlsListen, "tls-listen", "", "`address` of the token proxy of AKS identity bindings (default off)")
	f.StringVar(&o.tlsServerName, "tls-server-name", "", "server `name` that clients of the token proxy ask for")
	f.StringVar(&o.caCert, "ca-cert", "", "`file` with the certificate of the authority (default a new one, printed)")
	f.StringVar(&o.caKey, "ca-key", "", "`file` with its key; both files are written when neither exists")
	f.StringVar(&o.issuerCA, "issuer-ca", "", "PEM `file` with the roots to trust for issuers (default the system's)")
	w := &o.world
	f.guid(&w.ObjectID, "object-id", localazure.ObjectID, "of the application's service principal")
	f.value("federated-credential", "`issuer=URL,subject=SUBJECT[,audience=AUDIENCE]` of a federated identity credential; may be repeated",
		func(v string) error {
			c, err := parseFederatedCredential(v)
			c.Name = fmt.Sprintf("federated-credential-%d", len(w.FederatedCredentials)+1)
			w.FederatedCredentials = append(w.FederatedCredentials, c)
			return err
		})
	f.value("identity-binding", "`issuer=URL,subject=SUBJECT` of an AKS identity binding, for tokens through the token proxy; may be repeated",
		func(v string) error {
			var b entra.IdentityBinding
			err := parseTrust(v, map[string]*string{"issuer": &b.Issuer, "subject": &b.Subject})
			w.IdentityBindings = append(w.IdentityBindings, b)
			return err
		})
	if err := f.parse(args, stdout); err != nil {
		return nil, err
	}
	if f.NArg() > 0 {
		f.problem("serve takes no arguments, but was given %q", strings.Join(f.Args(), " "))
	}
	if (o.caCert == "") != (o.caKey == "") {
		f.problem("-ca-cert and -ca-key go together")
	}
	if (o.tlsListen == "") != (o.tlsServerName == "") {
		f.problem("-tls-listen and -tls-server-name go together")
	}
	if o.tlsListen == "" && len(w.IdentityBindings) > 0 {
		f.problem("-identity-binding needs -tls-listen")
	}
	o.checkControlPlane(f)
	o.assignRoles()
	return o, f.check()
}

func runServe(ctx context.Context, args []string, signals <-chan os.Signal, stdout, stderr io.Writer) error {
	o, err := parseServe(args, stdout)
	if err != nil {
		return err
	}
	if o.world.IssuerRoots, err = loadRoots(o.issuerCA); err != nil {
		return err
	}
	directory, vaults, err := o.world.Build()
	if err != nil {
		return usageError{err}
	}
	defer directory.Close()
	hosts, err := o.world.Hosts(directory, vaults, nil)
	if err != nil {
		return usageError{err}
	}
	authority, err := loadAuthority(o.caCert, o.caKey)
	if err != nil {
		return err
	}
	if o.caCert == "" {
		if _, err := stdout.Write(authority.CertificatePEM()); err != nil {
			return err
		}
	}
	log := newLogger(stderr)
	server, err := localazure.Start(ctx, localazure.Config{
		Authority: authority, Directory: directory, Vaults: vaults, Hosts: hosts, Faults: o.faults,
		ProxyAddress: o.listen, TokenProxyAddress: o.tlsListen, TokenProxyName: o.tlsServerName,
		Latency: o.latency, OnRequest: logRequests(log),
	})
	if err != nil {
		return err
	}
	log.Info("serving", "version", version, "proxy", server.ProxyURL(), "tokenProxy", server.TokenProxyURL())
	select {
	case sig := <-signals:
		log.Info("stopping", "signal", sig.String())
	case <-ctx.Done():
	case err := <-server.Failed():
		return errors.Join(err, server.Close())
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTimeout)
	defer cancel()
	return server.Shutdown(ctx)
}
