package tokencredential_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azsecrets"

	"github.com/workload-identity-quickstart/msal-go/internal/localazure"
	"github.com/workload-identity-quickstart/msal-go/pkg/tokencredential"
)

// enterPod makes the examples run anywhere: it starts an Azure on this machine
// and sets the environment as the webhook does in a pod.
func enterPod() (pod *localazure.Sandbox, leave func()) {
	pod, err := localazure.StartSandbox(context.Background(), localazure.SandboxConfig{})
	if err != nil {
		panic(err)
	}
	for _, variable := range pod.Environ() {
		if name, value, _ := strings.Cut(variable, "="); strings.HasPrefix(name, "AZURE_") {
			_ = os.Setenv(name, value)
		}
	}
	return pod, func() {
		for _, variable := range pod.Environ() {
			name, _, _ := strings.Cut(variable, "=")
			_ = os.Unsetenv(name)
		}
		_ = pod.Close()
	}
}

// A client of the Azure SDK takes the credential and asks it for tokens by
// itself.
func Example() {
	pod, leave := enterPod()
	defer leave()
	transport := pod.Server().Client() // not needed in a real pod

	credential, err := tokencredential.New(&tokencredential.Options{
		ClientOptions: azcore.ClientOptions{Transport: transport},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	client, err := azsecrets.NewClient("https://azwi-kv-tutorial.vault.azure.net/", credential, &azsecrets.ClientOptions{
		ClientOptions: azcore.ClientOptions{Transport: transport},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	secret, err := client.GetSecret(context.Background(), "my-secret", "", nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(*secret.Value)
	// Output: Hello!
}

// A token for any other use, such as the password of a PostgreSQL login.
func ExampleCredential_GetToken() {
	pod, leave := enterPod()
	defer leave()

	credential, err := tokencredential.New(&tokencredential.Options{
		ClientOptions: azcore.ClientOptions{Transport: pod.Server().Client()}, // not needed in a real pod
	})
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
	fmt.Println("password is a JWT:", strings.Count(token.Token, ".") == 2)
	// Output: password is a JWT: true
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

// Entra ID says why it refuses a token.
func ExampleAuthenticationError() {
	pod, leave := enterPod()
	defer leave()
	if err := pod.Directory().RemoveFederatedCredential(localazure.ClientID, localazure.CredentialName); err != nil {
		fmt.Println(err)
		return
	}

	credential, err := tokencredential.New(&tokencredential.Options{
		ClientOptions: azcore.ClientOptions{Transport: pod.Server().Client()}, // not needed in a real pod
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = credential.GetToken(context.Background(), policy.TokenRequestOptions{
		Scopes: []string{"https://vault.azure.net/.default"},
	})
	if refusal, ok := errors.AsType[*tokencredential.AuthenticationError](err); ok {
		fmt.Println("HTTP status", refusal.StatusCode, "code", refusal.ErrorCodes[0])
	}
	// Output: HTTP status 401 code 70025
}
