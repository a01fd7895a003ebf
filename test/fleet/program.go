package fleet

import (
	"context"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azsecrets"

	"github.com/workload-identity-quickstart/msal-go/internal/keyvault"
	workload "github.com/workload-identity-quickstart/msal-go/internal/network"
	"github.com/workload-identity-quickstart/msal-go/internal/poll"
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
	monitor, base := workload.New(p.getenv), p.options
	p.options = monitor.Options(workload.EntraID, base)
	credential, err := p.credential()
	if err != nil {
		return err
	}
	options := monitor.Options(workload.KeyVault, base)
	vault, err := keyvault.New(vaultURL, credential, &options)
	if err != nil {
		return err
	}
	return poll.Run(ctx, poll.Options{
		Interval:       interval,
		StartupTimeout: startupTimeout,
		RetryAfter:     keyvault.RetryAfter,
		Failed:         func(error, time.Duration) {},
		Recovered:      func(int, time.Duration) {},
		Random:         random,
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
	credential, err := p.credential()
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
