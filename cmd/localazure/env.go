package main

import (
	"errors"
	"fmt"
	"io"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/workload-identity-quickstart/msal-go/internal/localazure"
)

const envHelp = `Usage: localazure env [flags]

Prints what 'localazure exec' sets, as commands of a shell, for a server that
'localazure serve' runs. Beside the certificate of the authority it writes a trust
store for JVMs, with .p12 in place of the name's ending.

Example:
  localazure serve --listen 127.0.0.1:3128 --ca-cert ca.crt --ca-key ca.key ... &
  eval "$(localazure env --ca-cert ca.crt --token-file token)"
`

// runEnv prints the environment of a running server.
func runEnv(args []string, stdout io.Writer) error {
	f := newFlagSet("env", envHelp)
	var a localazure.Access
	var vault string
	f.cloud(&a.Cloud)
	f.guid(&a.TenantID, "tenant", localazure.TenantID, "of the tenant")
	f.guid(&a.ClientID, "client-id", localazure.ClientID, "of the application")
	f.StringVar(&a.ProxyURL, "proxy", "http://127.0.0.1:3128", "`URL` of the server")
	f.StringVar(&a.CAFile, "ca-cert", "", "`file` with the certificate of its authority")
	f.StringVar(&a.TokenFile, "token-file", "", "`file` with the service account token")
	f.StringVar(&vault, "vault", localazure.VaultName, "`name` of the vault")
	f.StringVar(&a.SecretName, "secret", localazure.SecretName, "`name` of the secret")
	if err := f.parse(args, stdout); err != nil {
		return err
	}
	if f.NArg() > 0 {
		f.problem("env takes no arguments, but was given %q", strings.Join(f.Args(), " "))
	}
	if a.CAFile == "" {
		f.problem("-ca-cert is needed")
	}
	if u, err := url.Parse(a.ProxyURL); err != nil || u.Scheme != "http" || u.Port() == "" {
		f.problem("-proxy: %q is not a URL such as http://127.0.0.1:3128", a.ProxyURL)
	}
	if err := f.check(); err != nil {
		return err
	}
	a.VaultURL = "https://" + a.Cloud.VaultHost(vault) + "/"
	var err error
	for _, file := range []*string{&a.CAFile, &a.TokenFile} {
		if *file != "" {
			var absErr error
			*file, absErr = filepath.Abs(*file)
			err = errors.Join(err, absErr)
		}
	}
	if err := errors.Join(err, localazure.WriteTrustStore(a.CAFile)); err != nil {
		return err
	}
	var script strings.Builder
	fmt.Fprintf(&script, "unset %s\n", strings.Join(localazure.Unwanted(), " "))
	for _, variable := range a.Environ() {
		name, value, _ := strings.Cut(variable, "=")
		fmt.Fprintf(&script, "export %s='%s'\n", name, strings.ReplaceAll(value, "'", `'\''`))
	}
	_, err = io.WriteString(stdout, script.String())
	return err
}
