package fleet

import (
	"context"
	"errors"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azsecrets"

	"github.com/workload-identity-quickstart/msal-go/internal/keyvault"
	"github.com/workload-identity-quickstart/msal-go/internal/poll"
	"github.com/workload-identity-quickstart/msal-go/internal/retryafter"
	"github.com/workload-identity-quickstart/msal-go/pkg/tokencredential"
)

const (
	interval       = time.Minute     // the default of POLL_INTERVAL
	startupTimeout = 5 * time.Minute // the default of STARTUP_TIMEOUT
	secretName     = "my-secret"
)

// Program is what runs in the containers of a fleet. It returns when ctx ends, or
// when it gives up.
type Program func(ctx context.Context, p *pod) error

// Quickstart is wired as cmd/quickstart is, with its default settings.
func Quickstart(ctx context.Context, p *pod) error { return quickstart(ctx, p, p.random.Float64) }

// QuickstartWithoutJitter is the same, but pauses are not varied.
func QuickstartWithoutJitter(ctx context.Context, p *pod) error {
	return quickstart(ctx, p, func() float64 { return 0.5 })
}

func quickstart(ctx context.Context, p *pod, random func() float64) error {
	p.options.Retry = retryafter.Retries()
	credential, err := p.credential(0)
	if err != nil {
		return err
	}
	vault, err := keyvault.New(vaultURL, credential, &p.options)
	if err != nil {
		return err
	}
	return poll.Run(ctx, poll.Options{
		Interval:       interval,
		StartupTimeout: startupTimeout,
		Lasting: func(err error) bool {
			_, ok := errors.AsType[*tokencredential.ConfigError](err)
			return ok
		},
		RetryAfter: retryafter.Of,
		Failed:     func(error, time.Duration) {},
		Recovered:  func(int, time.Duration) {},
		Random:     random,
	}, func(ctx context.Context) error {
		if _, err := vault.Secret(ctx, secretName); err != nil {
			return err
		}
		p.got()
		return nil
	})
}

// SDKAlone does what the quick start of azure-workload-identity does, with today's
// SDK: it reads the secret every minute and ends when the SDK's own retries did
// not help.
func SDKAlone(ctx context.Context, p *pod) error {
	credential, err := p.credential(-1)
	if err != nil {
		return err
	}
	client, err := azsecrets.NewClient(vaultURL, credential, &azsecrets.ClientOptions{ClientOptions: p.options})
	if err != nil {
		return err
	}
	for {
		if _, err := client.GetSecret(ctx, secretName, "", nil); err != nil {
			return err
		}
		p.got()
		if !sleep(ctx, interval) {
			return nil
		}
	}
}
