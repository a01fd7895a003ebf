package main

import (
	"context"
	"errors"
	"math"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"github.com/workload-identity-quickstart/msal-go/internal/localazure"
	"github.com/workload-identity-quickstart/msal-go/pkg/tokencredential"
)

const (
	tokenRuns  = 50
	tokenCalls = 20_000
	goroutines = 8
	stampede   = 10_000
)

// measureTokens measures credentials in this process.
func measureTokens(ctx context.Context, _ programs) (rows []row, err error) {
	sandbox, err := localazure.StartSandbox(ctx, localazure.SandboxConfig{})
	if err != nil {
		return nil, err
	}
	client := sandbox.Server().Client()
	defer func() {
		client.CloseIdleConnections()
		err = errors.Join(err, sandbox.Close())
	}()
	ours, peer, err := credentials(sandbox, client)
	if err != nil {
		return nil, err
	}
	exchanges, err := rush(ctx, sandbox, ours)
	if err != nil {
		return nil, err
	}
	if _, err := getToken(ctx, peer); err != nil {
		return nil, err
	}

	one, many, theirs := math.Inf(1), math.Inf(1), math.Inf(1)
	for range tokenRuns { // in turns, and the shortest counts
		one = min(one, timePerCall(ctx, ours, 1))
		theirs = min(theirs, timePerCall(ctx, peer, 1))
		many = min(many, timePerCall(ctx, ours, goroutines))
	}
	return []row{
		counted("requests when 10,000 goroutines need one token", figure{float64(exchanges), ""}, figure{}, 1),
		compared("token from memory, to azidentity", figure{one, "ns"}, figure{theirs, "ns"}, 0.25, 0.40),
		counted("its allocations", figure{allocations(ctx, ours), ""}, figure{allocations(ctx, peer), ""}, 4),
		compared("token from memory with 8 goroutines, to 1", figure{many, "ns"}, figure{one, "ns"}, 1.00, 1.50),
	}, nil
}

func getToken(ctx context.Context, credential azcore.TokenCredential) (azcore.AccessToken, error) {
	return credential.GetToken(ctx, policy.TokenRequestOptions{Scopes: []string{"https://vault.azure.net/.default"}})
}

// credentials returns ours and azidentity's, in the environment of the sandbox.
func credentials(sandbox *localazure.Sandbox, client *http.Client) (ours, peer azcore.TokenCredential, err error) {
	for _, variable := range sandbox.Environ() {
		name, value, _ := strings.Cut(variable, "=")
		if err := os.Setenv(name, value); err != nil {
			return nil, nil, err
		}
	}
	options := azcore.ClientOptions{Transport: client}
	if ours, err = tokencredential.New(&tokencredential.Options{ClientOptions: options}); err != nil {
		return nil, nil, err
	}
	peer, err = azidentity.NewWorkloadIdentityCredential(&azidentity.WorkloadIdentityCredentialOptions{ClientOptions: options})
	return ours, peer, err
}

// rush lets many goroutines ask for a token that nobody has yet, and half of them
// give up before it comes. It returns how often Entra ID was asked.
func rush(ctx context.Context, sandbox *localazure.Sandbox, credential azcore.TokenCredential) (int, error) {
	arrived, release := make(chan struct{}), make(chan struct{})
	var exchanges atomic.Int32
	sandbox.Server().SetIntercept(func(http.ResponseWriter, *http.Request) bool {
		if exchanges.Add(1) == 1 {
			close(arrived)
		}
		<-release
		return false
	})
	defer sandbox.Server().SetIntercept(nil)
	impatient, giveUp := context.WithCancel(ctx)
	defer giveUp()
	var patientCallers, impatientCallers sync.WaitGroup
	errs := make([]error, stampede)
	for i := range stampede / 2 {
		patientCallers.Go(func() { _, errs[i] = getToken(ctx, credential) })
	}
	<-arrived
	for i := stampede / 2; i < stampede; i++ {
		impatientCallers.Go(func() {
			if _, err := getToken(impatient, credential); !errors.Is(err, context.Canceled) {
				errs[i] = errors.Join(errors.New("a caller gave up, and its call did not fail for that"), err)
			}
		})
	}
	giveUp()
	impatientCallers.Wait() // while nobody has a token yet
	close(release)
	patientCallers.Wait()
	return int(exchanges.Load()), errors.Join(errs...)
}

// timePerCall is in nanoseconds. As many goroutines share the calls, none of which
// fails once there is a token.
func timePerCall(ctx context.Context, credential azcore.TokenCredential, goroutines int) float64 {
	var callers sync.WaitGroup
	began := time.Now()
	for range goroutines {
		callers.Go(func() {
			for range tokenCalls / goroutines {
				_, _ = getToken(ctx, credential)
			}
		})
	}
	callers.Wait()
	return float64(time.Since(began)) / tokenCalls
}

func allocations(ctx context.Context, credential azcore.TokenCredential) float64 {
	return testing.AllocsPerRun(1000, func() { _, _ = getToken(ctx, credential) })
}
