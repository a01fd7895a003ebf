package localazure

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/workload-identity-quickstart/msal-go/internal/localazure/cloud"
	"github.com/workload-identity-quickstart/msal-go/internal/localazure/entra"
	"github.com/workload-identity-quickstart/msal-go/internal/localazure/issuer"
	"github.com/workload-identity-quickstart/msal-go/internal/localazure/keyvault"
	"github.com/workload-identity-quickstart/msal-go/internal/localazure/pki"
)

// bindingName is the server name of the sandbox's token proxy.
const bindingName = "localazure.ests.aks"

// SandboxConfig configures a [Sandbox]. The zero value is the world of the
// workload identity tutorial, in which everything works.
type SandboxConfig struct {
	// World is what exists. The issuer of the sandbox's tokens is trusted in
	// addition. The fields below that have a counterpart in it, and are set, take
	// precedence.
	World World
	// Subject of the service account tokens, [issuer.DefaultSubject] unless set.
	Subject string

	// Cloud is the public cloud unless set.
	Cloud cloud.Cloud
	// SecretName and SecretValue replace those of the constants.
	SecretName, SecretValue string
	// TokenLifetime of service account tokens, one hour unless set. The token
	// file is rotated after 80 % of it, as the kubelet does.
	TokenLifetime time.Duration
	// AccessTokenLifetime is that of [entra.Config].
	AccessTokenLifetime time.Duration

	// IdentityBinding gives the application an AKS identity binding in place of
	// a federated identity credential, and the pod the audience and environment
	// that go with it.
	IdentityBinding bool
	// NoFederatedCredential leaves the application without either.
	NoFederatedCredential bool
	// FederatedCredentialAfter is how long a federated identity credential takes
	// to become effective.
	FederatedCredentialAfter time.Duration
	// DenySecret keeps the application from reading the secret.
	DenySecret Denial
	// ThrottleLimit of requests to the vault within ten seconds; zero means
	// [keyvault.DefaultLimit].
	ThrottleLimit int

	// Hosts, Faults, Latency, Intercept and OnRequest are those of [Config].
	Hosts     map[string]http.Handler
	Faults    []*Fault
	Latency   time.Duration
	Intercept Intercept
	OnRequest func(Request)
}

// world is what exists but for the trust in the sandbox's issuer.
func (cfg SandboxConfig) world() World {
	w := cfg.World
	if cfg.Cloud.Name != "" {
		w.Cloud = cfg.Cloud
	}
	if cfg.SecretName != "" || cfg.SecretValue != "" {
		w.Secrets = []VaultSecret{{Name: cmp.Or(cfg.SecretName, SecretName), Value: cmp.Or(cfg.SecretValue, SecretValue)}}
	}
	w.AccessTokenLifetime = cmp.Or(cfg.AccessTokenLifetime, w.AccessTokenLifetime)
	w.FederatedCredentialAfter = cmp.Or(cfg.FederatedCredentialAfter, w.FederatedCredentialAfter)
	w.DenySecret = cmp.Or(cfg.DenySecret, w.DenySecret)
	w.ThrottleLimit = cmp.Or(cfg.ThrottleLimit, w.ThrottleLimit)
	w.setDefaults()
	return w
}

// Sandbox is a [Server] and what surrounds one pretend pod: an issuer of service
// account tokens, a token file that is rotated, and an environment. Its methods
// may be called concurrently.
type Sandbox struct {
	cfg      SandboxConfig
	world    World
	dir      string
	token    projectedToken
	server   *Server
	issuer   *issuer.Issuer
	entra    *entra.Directory
	vault    *keyvault.Vault
	stop     context.CancelFunc
	rotation sync.WaitGroup

	mu     sync.Mutex // serializes writes of the token file
	failed error      // of the last rotation
}

// StartSandbox starts everything on free ports of 127.0.0.1, with files in a new
// temporary directory. The caller closes the sandbox.
func StartSandbox(ctx context.Context, cfg SandboxConfig) (*Sandbox, error) {
	cfg.Subject = cmp.Or(cfg.Subject, issuer.DefaultSubject)
	cfg.TokenLifetime = cmp.Or(cfg.TokenLifetime, issuer.DefaultLifetime)
	if cfg.TokenLifetime < 0 {
		return nil, fmt.Errorf("start sandbox: token lifetime %s is negative", cfg.TokenLifetime)
	}
	ctx, stop := context.WithCancel(ctx)
	s := &Sandbox{cfg: cfg, world: cfg.world(), stop: stop}
	if err := s.start(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("start sandbox: %w", err), s.Close())
	}
	s.rotation.Go(func() { s.rotate(ctx) })
	return s, nil
}

func (s *Sandbox) start(ctx context.Context) error {
	var err error
	if s.dir, err = os.MkdirTemp("", "localazure-"); err != nil {
		return err
	}
	s.token.dir = filepath.Join(s.dir, "tokens")
	authority, err := pki.New()
	if err != nil {
		return err
	}
	if err := os.WriteFile(s.caFile(), authority.CertificatePEM(), 0o644); err != nil {
		return err
	}
	if err := WriteTrustStore(s.caFile()); err != nil {
		return err
	}
	if s.issuer, err = issuer.Start(ctx, authority); err != nil {
		return err
	}
	s.trustIssuer(authority)
	var vaults *keyvault.Service
	if s.entra, vaults, err = s.world.Build(); err != nil {
		return err
	}
	s.vault, _ = vaults.Lookup(s.world.Cloud.VaultHost(s.world.Vaults[0]))
	hosts, err := s.world.Hosts(s.entra, vaults, s.cfg.Hosts)
	if err != nil {
		return err
	}
	config := Config{
		Authority: authority, Directory: s.entra, Vaults: vaults, Hosts: hosts,
		Faults: s.cfg.Faults, Latency: s.cfg.Latency, Intercept: s.cfg.Intercept, OnRequest: s.cfg.OnRequest,
	}
	if s.cfg.IdentityBinding {
		config.TokenProxyAddress, config.TokenProxyName = "127.0.0.1:0", bindingName
	}
	if s.server, err = Start(ctx, config); err != nil {
		return err
	}
	return s.RotateToken()
}

// trustIssuer adds what makes the application trust the sandbox's tokens.
func (s *Sandbox) trustIssuer(authority *pki.Authority) {
	s.world.IssuerRoots = authority.Pool()
	switch {
	case s.cfg.NoFederatedCredential:
	case s.cfg.IdentityBinding:
		s.world.IdentityBindings = append(s.world.IdentityBindings, entra.IdentityBinding{Issuer: s.issuer.URL(), Subject: s.cfg.Subject})
	default:
		s.world.FederatedCredentials = append(s.world.FederatedCredentials, entra.FederatedCredential{
			Name: CredentialName, Issuer: s.issuer.URL(), Subject: s.cfg.Subject, Audience: issuer.DefaultAudience,
		})
	}
}

// Close ends everything the sandbox started, waits for it, and removes its
// files. It reports what went wrong meanwhile in the background.
func (s *Sandbox) Close() error {
	s.stop()
	s.rotation.Wait()
	var errs []error
	if s.server != nil {
		errs = append(errs, s.server.Close())
	}
	if s.entra != nil {
		s.entra.Close()
	}
	if s.issuer != nil {
		errs = append(errs, s.issuer.Close())
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	errs = append(errs, s.failed)
	if s.dir != "" {
		errs = append(errs, os.RemoveAll(s.dir))
	}
	return errors.Join(errs...)
}
