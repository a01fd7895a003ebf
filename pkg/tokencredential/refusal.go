package tokencredential

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
)

const (
	defaultRefusalRetries = 3
	firstRefusalPause     = 250 * time.Millisecond
)

// refusalPolicy is how often a request that Entra ID refused is repeated. Whatever
// the code: Entra ID changes its codes, and the price of repeating a request that
// will never succeed is two seconds.
type refusalPolicy int

func newRefusalPolicy(retries int) refusalPolicy {
	if retries == 0 {
		return defaultRefusalRetries
	}
	return refusalPolicy(retries)
}

// retry calls request until it is not refused or the policy ends. No further
// request is begun that could not be expected to end before the deadline.
func (p refusalPolicy) retry(ctx context.Context, deadline time.Time, request func() (azcore.AccessToken, error)) (azcore.AccessToken, error) {
	pause := firstRefusalPause
	for retries := int(p); ; retries-- {
		start := time.Now()
		token, err := request()
		if err == nil || retries <= 0 || !isRefusal(err) {
			return token, err
		}
		varied := time.Duration(float64(pause) * (0.5 + rand.Float64())) //nolint:gosec // nothing depends on its being secret
		took := time.Since(start)
		if !deadline.IsZero() && time.Until(deadline) < varied+took {
			return token, err
		}
		timer := time.NewTimer(varied)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return token, err
		}
		pause *= 2
	}
}

// isRefusal reports whether Entra ID itself said no, rather than not now.
func isRefusal(err error) bool {
	refusal, ok := errors.AsType[*AuthenticationError](err)
	return ok && refusal.Code != "" && refusal.StatusCode >= 400 && refusal.StatusCode < 500 &&
		refusal.StatusCode != http.StatusTooManyRequests && refusal.StatusCode != http.StatusRequestTimeout
}
