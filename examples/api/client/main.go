// Command client calls an HTTP API of one's own, such as the server beside it, as
// the clients of the Azure SDK call theirs: with a token, retries and logging.
// API_URL is what to get and API_SCOPE the API's identifier URI with /.default.
// docs/reuse.md has the commands for the Azure side.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"os"
	"os/signal"
	"syscall"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"

	"github.com/workload-identity-quickstart/msal-go/pkg/tokencredential"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Getenv("API_URL"), os.Getenv("API_SCOPE"))
	stop()
	if err != nil {
		log.Fatalf("client: %v", err)
	}
}

func run(ctx context.Context, url, scope string) error {
	if url == "" || scope == "" {
		return errors.New("set API_URL, such as https://orders.example/, and API_SCOPE, such as api://TENANT_ID/orders/.default")
	}
	credential, err := tokencredential.New(nil)
	if err != nil {
		return err
	}
	pipeline := runtime.NewPipeline("client", "v1.0.0", runtime.PipelineOptions{
		PerRetry: []policy.Policy{runtime.NewBearerTokenPolicy(credential, []string{scope}, nil)},
	}, nil)
	req, err := runtime.NewRequest(ctx, http.MethodGet, url)
	if err != nil {
		return fmt.Errorf("API_URL: %w", err)
	}
	resp, err := pipeline.Do(req)
	if err != nil {
		return fmt.Errorf("call the API: %w", err)
	}
	defer resp.Body.Close()
	body, err := runtime.Payload(resp)
	if err != nil || resp.StatusCode != http.StatusOK {
		return errors.Join(runtime.NewResponseError(resp), err)
	}
	fmt.Printf("%s", body)
	return nil
}
