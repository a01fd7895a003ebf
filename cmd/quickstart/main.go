// Command quickstart reads a secret from Azure Key Vault with the workload
// identity of its pod and logs it. Run it with -h for its settings.
package main

import (
	"context"
	"crypto/x509"
	"errors"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"

	"github.com/workload-identity-quickstart/msal-go/internal/config"
	"github.com/workload-identity-quickstart/msal-go/internal/diagnose"
	"github.com/workload-identity-quickstart/msal-go/internal/footprint"
	"github.com/workload-identity-quickstart/msal-go/internal/health"
	"github.com/workload-identity-quickstart/msal-go/internal/keyvault"
	"github.com/workload-identity-quickstart/msal-go/internal/logging"
	"github.com/workload-identity-quickstart/msal-go/internal/network"
	"github.com/workload-identity-quickstart/msal-go/internal/poll"
	"github.com/workload-identity-quickstart/msal-go/pkg/tokencredential"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := command(ctx, os.Args[1:])
	stop()
	os.Exit(code)
}

// run reads the secret until ctx ends, and returns the exit code.
func run(ctx context.Context) int {
	// Reading the system's CA certificates takes as long as some connections take to
	// open. Start now so that the first TLS handshake need not wait.
	go func() { _, _ = x509.SystemCertPool() }()

	cfg, err := config.Load(os.Getenv)
	log, libraryLog := logging.New(cfg.LogJSON, os.Stderr)
	explain := func(err error) diagnose.Explanation { return diagnose.Explain(err, diagnose.Gather(os.Getenv)) }
	monitor := network.New(os.Getenv)
	credential, credentialErr := tokencredential.New(&tokencredential.Options{
		ClientOptions: monitor.Options(network.EntraID, azcore.ClientOptions{}),
		Logger:        libraryLog,
	})
	if err := errors.Join(err, credentialErr); err != nil {
		log.Error(err, "invalid configuration, see quickstart -h", values(explain(err))...)
		return 2
	}
	options := monitor.Options(network.KeyVault, azcore.ClientOptions{})
	vault, err := keyvault.New(cfg.VaultURL, credential, &options)
	if err != nil {
		log.Error(err, "invalid configuration, see quickstart -h")
		return 2
	}
	var state health.State
	if cfg.HealthAddr != "" {
		stopHealth, err := health.Serve(ctx, cfg.HealthAddr, &state)
		if err != nil {
			log.Error(err, "HEALTH_ADDR cannot be used")
			return 2
		}
		defer stopHealth()
	}

	waiting := func(w network.Wait) {
		log.Info("still waiting", "host", w.Host, "role", w.Role, "for", w.For, "since", w.Since.Round(100*time.Millisecond).String())
	}
	shrink := sync.OnceFunc(func() { footprint.Shrink(os.Getenv) })
	err = poll.Run(ctx, poll.Options{
		Interval:       cfg.PollInterval,
		StartupTimeout: cfg.StartupTimeout,
		Permanent: func(err error) bool {
			_, ok := errors.AsType[*tokencredential.ConfigError](err)
			return ok
		},
		RetryAfter: keyvault.RetryAfter,
		Failed: func(err error, retryIn time.Duration) {
			why := explain(err)
			values := values(why)
			state.NotReady(why.Cause)
			if retryIn > 0 {
				values = append(values, "retryIn", retryIn.Round(100*time.Millisecond).String())
			}
			log.Error(err, "failed to get secret", values...)
		},
		Recovered: func(failures int, after time.Duration) {
			log.Info("recovered", "failures", failures, "after", after.Round(time.Second).String())
		},
	}, func(ctx context.Context) error {
		arrived := monitor.Watch(waiting)
		secret, err := vault.Secret(ctx, cfg.SecretName)
		if err = arrived(err); err != nil {
			return err
		}
		state.Ready()
		if cfg.LogSecretValue {
			log.Info("successfully got secret", "secret", secret.Value)
		} else {
			log.Info("successfully got secret", "version", secret.Version)
		}
		shrink()
		return nil
	})
	if errors.Is(err, poll.ErrStopped) {
		log.Error(nil, "stopped before the secret was read")
	}
	if err != nil {
		return 1
	}
	return 0
}

// values are what the log has of an explanation.
func values(why diagnose.Explanation) []any {
	return []any{"link", why.Link, "cause", why.Cause, "fix", why.Fix, "more", why.More}
}
