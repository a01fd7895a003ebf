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

// What a [Sandbox] pretends exists. The GUIDs are plainly made up.
const (
	TenantID    = "11111111-1111-1111-1111-111111111111"
	ClientID    = "22222222-2222-2222-2222-222222222222"
	ObjectID    = "33333333-3333-3333-3333-333333333333"
	VaultName   = "azwi-kv-tutorial"
	SecretName  = "my-secret"
	SecretValue = "Hello!"
	// CredentialName is the name of the federated identity credential.
	CredentialName = "workload-identity"
)

// bindingName is the server name of the sandbox's token proxy.
const bindingName = "localazure.ests.aks"

// Denial is how a vault refuses a caller that may not read its secrets.
type Denial string

// The denials, named after the permission models of Key Vault.
const (
	DenyNothing      Denial = ""
	DenyRBAC         Denial = "rbac"
	DenyAccessPolicy Denial = "access-policy"
)

// SandboxConfig configures a [Sandbox]. The zero value is the world of the
// workload identity tutorial, in which everything works.
type SandboxConfig struct {
	// Cloud is the public cloud unless set.
	Cloud cloud.Cloud
	// SecretName and SecretValue replace those of the constants.
	SecretName, SecretValue string
	// TokenLifetime of service account tokens, one hour unless set. The token
	// file is rotated after 80 % of it, as the kubelet does.
	TokenLifetime time.Duration
	// AccessTokenLifetime is [entra.DefaultTokenLifetime] unless set.
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

	// Hosts, Latency, Intercept and OnRequest are those of [Config].
	Hosts     map[string]http.Handler
	Latency   time.Duration
	Intercept Intercept
	OnRequest func(Request)
}

// Sandbox is a [Server] and what surrounds one pretend pod: an issuer of service
// account tokens, a token file that is rotated, and an environment. Its methods
// may be called concurrently.
type Sandbox struct {
	cfg      SandboxConfig
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
	if cfg.Cloud.Name == "" {
		cfg.Cloud = cloud.Public()
	}
	cfg.SecretName = cmp.Or(cfg.SecretName, SecretName)
	cfg.SecretValue = cmp.Or(cfg.SecretValue, SecretValue)
	cfg.TokenLifetime = cmp.Or(cfg.TokenLifetime, issuer.DefaultLifetime)
	if cfg.TokenLifetime < 0 {
		return nil, fmt.Errorf("start sandbox: token lifetime %s is negative", cfg.TokenLifetime)
	}
	ctx, stop := context.WithCancel(ctx)
	s := &Sandbox{cfg: cfg, stop: stop}
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
	if s.issuer, err = issuer.Start(ctx, authority); err != nil {
		return err
	}
	vaults, err := s.populate(authority)
	if err != nil {
		return err
	}
	config := Config{
		Authority: authority, Directory: s.entra, Vaults: vaults, Hosts: s.cfg.Hosts,
		Latency: s.cfg.Latency, Intercept: s.cfg.Intercept, OnRequest: s.cfg.OnRequest,
	}
	if s.cfg.IdentityBinding {
		config.TokenProxyAddress, config.TokenProxyName = "127.0.0.1:0", bindingName
	}
	if s.server, err = Start(ctx, config); err != nil {
		return err
	}
	return s.RotateToken()
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
