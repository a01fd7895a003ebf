package tokencredential_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/workload-identity-quickstart/msal-go/pkg/tokencredential"
)

// entraID stands for Entra ID, so that the examples run anywhere.
type entraID struct {
	status int
	body   string
}

func (e entraID) Do(req *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: e.status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(e.body)), Request: req}, nil
}

// newCredential takes the place of tokencredential.New(nil) outside of a pod.
func newCredential(transport policy.Transporter) (*tokencredential.Credential, error) {
	file := filepath.Join(os.TempDir(), "example-service-account-token")
	if err := os.WriteFile(file, []byte("eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJzIn0.c2lnbmF0dXJl"), 0o600); err != nil {
		return nil, err
	}
	return tokencredential.New(&tokencredential.Options{
		ClientOptions: azcore.ClientOptions{Transport: transport, Retry: policy.RetryOptions{MaxRetries: -1}},
		ClientID:      "22222222-2222-2222-2222-222222222222",
		TenantID:      "11111111-1111-1111-1111-111111111111",
		TokenFilePath: file,
	})
}

// A client of the Azure SDK takes the credential and requests tokens by itself; what
// has to be done by hand elsewhere is shown here.
func Example() {
	credential, err := tokencredential.New(nil) // from the environment of the pod
	if err != nil {
		fmt.Println(err)
		return
	}
	token, err := credential.GetToken(context.Background(), policy.TokenRequestOptions{
		Scopes: []string{"api://orders/.default"},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	req, err := http.NewRequestWithContext(context.Background(), http.MethodGet, "https://orders.example/", http.NoBody)
	if err != nil {
		fmt.Println(err)
		return
	}
	req.Header.Set("Authorization", "Bearer "+token.Token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusUnauthorized || resp.StatusCode == http.StatusForbidden {
		credential.Invalidate(token.Token)
	}
}

// A token for any other use, such as the password of a PostgreSQL login.
func ExampleCredential_GetToken() {
	credential, err := newCredential(entraID{http.StatusOK, `{"token_type":"Bearer","expires_in":3600,"access_token":"a token"}`})
	if err != nil {
		fmt.Println(err)
		return
	}
	token, err := credential.GetToken(context.Background(), policy.TokenRequestOptions{
		Scopes: []string{"https://ossrdbms-aad.database.windows.net/.default"},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("password:", token.Token)
	// Output: password: a token
}

// Outside of a pod, or for another identity than the pod's, everything can be
// set.
func ExampleNew_options() {
	_, err := tokencredential.New(&tokencredential.Options{
		ClientOptions: azcore.ClientOptions{
			Cloud: cloud.AzureGovernment,
			Retry: policy.RetryOptions{MaxRetries: 1},
		},
		ClientID:      "22222222-2222-2222-2222-222222222222",
		TenantID:      "11111111-1111-1111-1111-111111111111",
		TokenFilePath: "/var/run/secrets/tokens/azure-identity-token",
	})
	fmt.Println(err)
	// Output: <nil>
}

// A pod without the webhook's label gets none of the variables.
func ExampleConfigError() {
	_, err := tokencredential.New(nil)
	if problems, ok := errors.AsType[*tokencredential.ConfigError](err); ok {
		for _, variable := range problems.Missing {
			fmt.Println("missing:", variable)
		}
	}
	// Output:
	// missing: AZURE_CLIENT_ID
	// missing: AZURE_TENANT_ID
	// missing: AZURE_FEDERATED_TOKEN_FILE
}

// Entra ID reports why it rejects a token. Its codes may be missing.
func ExampleAuthenticationError() {
	credential, err := newCredential(entraID{http.StatusUnauthorized,
		`{"error":"invalid_client","error_description":"AADSTS700213: No matching federated identity record found for presented assertion subject.","error_codes":[700213]}`})
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = credential.GetToken(context.Background(), policy.TokenRequestOptions{
		Scopes: []string{"https://vault.azure.net/.default"},
	})
	if rejection, ok := errors.AsType[*tokencredential.AuthenticationError](err); ok {
		fmt.Println("HTTP status", rejection.StatusCode, "OAuth error", rejection.Code, "AADSTS codes", rejection.ErrorCodes)
	}
	// Output: HTTP status 401 OAuth error invalid_client AADSTS codes [700213]
}
