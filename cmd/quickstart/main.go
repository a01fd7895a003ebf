// Command quickstart reads a secret from Azure Key Vault with the workload
// identity of its pod and logs it. Run it with -h for its settings.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/workload-identity-quickstart/msal-go/internal/config"
	"github.com/workload-identity-quickstart/msal-go/internal/keyvault"
	"github.com/workload-identity-quickstart/msal-go/internal/logging"
	"github.com/workload-identity-quickstart/msal-go/internal/poll"
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
	if flag.NArg() > 0 {
		fmt.Fprintf(os.Stderr, "quickstart: unknown argument %q, see quickstart -h\n", flag.Arg(0))
		os.Exit(2)
	}
	os.Exit(run())
}

// run returns the exit code.
func run() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()

	cfg, err := config.Load(os.Getenv)
	log := logging.New(cfg.LogJSON, os.Stderr)
	credential, credentialErr := tokencredential.New(nil)
	if err := errors.Join(err, credentialErr); err != nil {
		log.Error(err, "invalid configuration, see quickstart -h")
		return 2
	}
	vault, err := keyvault.New(cfg.VaultURL, credential, nil)
	if err != nil {
		log.Error(err, "invalid configuration, see quickstart -h")
		return 2
	}
	err = poll.Run(ctx, cfg.PollInterval, func(ctx context.Context) error {
		secret, err := vault.Secret(ctx, cfg.SecretName)
		switch {
		case ctx.Err() != nil: // stopping
		case err != nil:
			log.Error(err, "failed to get secret")
		case cfg.LogSecretValue:
			log.Info("successfully got secret", "secret", secret.Value)
		default:
			log.Info("successfully got secret", "version", secret.Version)
		}
		return err
	})
	if err != nil {
		return 1
	}
	return 0
}
