package tokencredential

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	azcloud "github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
)

func TestNewNamesEveryProblem(t *testing.T) {
	for _, variable := range []string{
		"AZURE_CLIENT_ID", "AZURE_TENANT_ID", "AZURE_FEDERATED_TOKEN_FILE", "AZURE_AUTHORITY_HOST",
		"AZURE_KUBERNETES_TOKEN_PROXY", "AZURE_KUBERNETES_SNI_NAME", "AZURE_KUBERNETES_CA_FILE", "AZURE_KUBERNETES_CA_DATA",
	} {
		t.Setenv(variable, "")
	}
	complete := Options{ClientID: "c", TenantID: "t", TokenFilePath: "f"}
	tests := []struct {
		name        string
		env         map[string]string
		options     *Options
		wantMissing []string
		wantInvalid []string
	}{
		{name: "nothing set", wantMissing: []string{"AZURE_CLIENT_ID", "AZURE_TENANT_ID", "AZURE_FEDERATED_TOKEN_FILE"}},
		{name: "tenant in options", options: &Options{TenantID: "t"}, wantMissing: []string{"AZURE_CLIENT_ID", "AZURE_FEDERATED_TOKEN_FILE"}},
		{name: "client ID with newline", env: map[string]string{"AZURE_CLIENT_ID": "c\n", "AZURE_TENANT_ID": "t", "AZURE_FEDERATED_TOKEN_FILE": "f"},
			wantInvalid: []string{`AZURE_CLIENT_ID: client ID "c\n" contains a space`}},
		{name: "tenant that changes the path", options: &Options{ClientID: "c", TenantID: "t/../u", TokenFilePath: "f"},
			wantInvalid: []string{`AZURE_TENANT_ID: tenant ID "t/../u" is neither`}},
		{name: "tenant of dots", options: &Options{ClientID: "c", TenantID: "..", TokenFilePath: "f"},
			wantInvalid: []string{`AZURE_TENANT_ID: tenant ID ".." is neither`}},
		{name: "authority host without TLS", options: &complete, env: map[string]string{"AZURE_AUTHORITY_HOST": "http://login.microsoftonline.com/"},
			wantInvalid: []string{`AZURE_AUTHORITY_HOST: authority host "http://login.microsoftonline.com/" is not a URL such as https`}},
		{name: "authority host without scheme", options: &complete, env: map[string]string{"AZURE_AUTHORITY_HOST": "login.microsoftonline.com"},
			wantInvalid: []string{`AZURE_AUTHORITY_HOST: authority host "login.microsoftonline.com"`}},
		{name: "cloud without authority host", options: &Options{ClientID: "c", TenantID: "t", TokenFilePath: "f",
			ClientOptions: azcore.ClientOptions{Cloud: azcloud.Configuration{Services: map[azcloud.ServiceName]azcloud.ServiceConfiguration{"s": {}}}}},
			wantInvalid: []string{"ActiveDirectoryAuthorityHost"}},
		{name: "everything at once", env: map[string]string{"AZURE_TENANT_ID": "?", "AZURE_AUTHORITY_HOST": "http://h", "AZURE_KUBERNETES_SNI_NAME": "s"},
			wantMissing: []string{"AZURE_CLIENT_ID", "AZURE_FEDERATED_TOKEN_FILE"},
			wantInvalid: []string{"AZURE_TENANT_ID: ", "AZURE_AUTHORITY_HOST: ", "AZURE_KUBERNETES_SNI_NAME is set"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			for name, value := range test.env {
				t.Setenv(name, value)
			}
			_, err := New(test.options)
			var configErr *ConfigError
			if !errors.As(err, &configErr) {
				t.Fatalf("got %v, want a ConfigError", err)
			}
			if !reflect.DeepEqual(configErr.Missing, test.wantMissing) {
				t.Errorf("missing %q, want %q", configErr.Missing, test.wantMissing)
			}
			if len(configErr.Invalid) != len(test.wantInvalid) {
				t.Fatalf("invalid: %v, want %q", configErr.Invalid, test.wantInvalid)
			}
			for i, want := range test.wantInvalid {
				if got := configErr.Invalid[i].Error(); !strings.Contains(got, want) {
					t.Errorf("got %q, want it to contain %q", got, want)
				}
			}
		})
	}
}
