// Command quickstart reads a secret from Azure Key Vault with the workload
// identity of its pod and logs it. Run it with -h for its settings.
package main

import (
	"context"
	"crypto/x509"
	"errors"
	"flag"
	"fmt"
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
	"github.com/workload-identity-quickstart/msal-go/internal/poll"
	"github.com/workload-identity-quickstart/msal-go/internal/retryafter"
	"github.com/workload-identity-quickstart/msal-go/pkg/tokencredential"
)

var version = "dev" // stamped by the linker

func main() {
	flag.Usage = func() { fmt.Fprint(flag.CommandLine.Output(), config.Usage) }
	showVersion := flag.Bool("version", false, "")
	logging.AddFlags(flag.CommandLine)
	flag.Parse()
	if *showVersion {
		fmt.Println("quickstart", version)
		return
	}
	switch flag.Arg(0) {
	case "":
		os.Exit(run())
	case "doctor":
		os.Exit(runDoctor(context.Background(), flag.Args()[1:], os.Stdout))
	default:
		fmt.Fprintf(os.Stderr, "quickstart: unknown argument %q, see quickstart -h\n", flag.Arg(0))
		os.Exit(2)
	}
}

// run returns the exit code.
func run() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	// Reading the system's CA certificates takes as long as some connections take to
	// open. Begun now, it is over when the first one needs them.
	go func() { _, _ = x509.SystemCertPool() }()

	cfg, err := config.Load(os.Getenv)
	log := logging.New(cfg.LogJSON, os.Stderr)
	explain := func(err error) diagnose.Explanation { return diagnose.Explain(err, diagnose.Gather(os.Getenv)) }

	options := azcore.ClientOptions{Retry: retryafter.Retries()}
	credential, credentialErr := tokencredential.New(&tokencredential.Options{ClientOptions: options})
	if err := errors.Join(err, credentialErr); err != nil {
		why := explain(err)
		log.Error(err, "invalid configuration, see quickstart -h", "link", why.Link, "cause", why.Cause, "fix", why.Fix)
		return 2
	}
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

	shrink := sync.OnceFunc(func() { footprint.Shrink(os.Getenv) })
	err = poll.Run(ctx, poll.Options{
		Interval:       cfg.PollInterval,
		StartupTimeout: cfg.StartupTimeout,
		Lasting: func(err error) bool {
			_, ok := errors.AsType[*tokencredential.ConfigError](err)
			return ok
		},
		RetryAfter: retryafter.Of,
		Failed: func(err error, retryIn time.Duration) {
			why := explain(err)
			state.NotReady(why.Cause)
			values := []any{"link", why.Link, "cause", why.Cause, "fix", why.Fix}
			if retryIn > 0 {
				values = append(values, "retryIn", retryIn.Round(100*time.Millisecond).String())
			}
			log.Error(err, "failed to get secret", values...)
		},
		Recovered: func(failures int, after time.Duration) {
			log.Info("recovered", "failures", failures, "after", after.Round(time.Second).String())
		},
	}, func(ctx context.Context) error {
		secret, err := vault.Secret(ctx, cfg.SecretName)
		if err != nil {
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
	if err != nil {
		return 1
	}
	return 0
}
