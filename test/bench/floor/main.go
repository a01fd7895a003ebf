// Command floor reads a secret with net/http alone and everything known: the token
// endpoint, the vault and the scope. Both connections are opened at once. Nothing
// that uses the same protocols can take fewer round trips.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"

	"github.com/workload-identity-quickstart/msal-go/test/bench/internal/repeat"
)

func main() {
	var token string
	secretURL := os.Getenv("KEYVAULT_URL") + "secrets/" + os.Getenv("SECRET_NAME") + "?api-version=7.6"
	repeat.Run(func(ctx context.Context) (string, error) {
		if token == "" {
			opened := make(chan error, 1)
			go func() { opened <- open(ctx, secretURL) }()
			var err error
			if token, err = requestToken(ctx); err != nil {
				return "", err
			}
			if err := <-opened; err != nil {
				return "", err
			}
		}
		return readSecret(ctx, secretURL, token)
	})
}

// open leaves a connection to the vault behind. The request is refused.
func open(ctx context.Context, secretURL string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, secretURL, nil)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	return err
}

func requestToken(ctx context.Context) (string, error) {
	assertion, err := os.ReadFile(os.Getenv("AZURE_FEDERATED_TOKEN_FILE"))
	if err != nil {
		return "", err
	}
	form := url.Values{
		"client_id":             {os.Getenv("AZURE_CLIENT_ID")},
		"client_assertion":      {string(assertion)},
		"client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"},
		"grant_type":            {"client_credentials"},
		"scope":                 {"https://vault.azure.net/.default"},
	}
	endpoint := os.Getenv("AZURE_AUTHORITY_HOST") + os.Getenv("AZURE_TENANT_ID") + "/oauth2/v2.0/token"
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, endpoint, strings.NewReader(form.Encode()))
	if err != nil {
		return "", err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	var answer struct {
		AccessToken string `json:"access_token"`
	}
	err = send(req, &answer)
	return answer.AccessToken, err
}

func readSecret(ctx context.Context, secretURL, token string) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, secretURL, nil)
	if err != nil {
		return "", err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	var secret struct {
		Value string `json:"value"`
	}
	err = send(req, &secret)
	return secret.Value, err
}

func send(req *http.Request, answer any) error {
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s", req.URL.Host, resp.Status)
	}
	return json.NewDecoder(resp.Body).Decode(answer)
}
