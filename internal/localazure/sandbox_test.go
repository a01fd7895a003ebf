package localazure_test

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azsecrets"
	"github.com/AzureAD/microsoft-authentication-library-for-go/apps/confidential"

	"github.com/workload-identity-quickstart/msal-go/internal/localazure"
	"github.com/workload-identity-quickstart/msal-go/internal/localazure/cloud"
	"github.com/workload-identity-quickstart/msal-go/internal/localazure/entra"
	"github.com/workload-identity-quickstart/msal-go/internal/localazure/issuer"
)

// msalCredential is the least that connects MSAL to the Azure SDK.
type msalCredential struct{ client confidential.Client }

func (c msalCredential) GetToken(ctx context.Context, o policy.TokenRequestOptions) (azcore.AccessToken, error) {
	result, err := c.client.AcquireTokenByCredential(ctx, o.Scopes)
	return azcore.AccessToken{Token: result.AccessToken, ExpiresOn: result.ExpiresOn}, err
}

func startSandbox(t *testing.T, cfg localazure.SandboxConfig) *localazure.Sandbox {
	t.Helper()
	s, err := localazure.StartSandbox(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close sandbox: %v", err)
		}
	})
	return s
}

// newMSAL makes a confidential client as a workload would.
func newMSAL(t *testing.T, s *localazure.Sandbox, c cloud.Cloud, options ...confidential.Option) confidential.Client {
	t.Helper()
	httpClient := s.Server().Client()
	t.Cleanup(httpClient.CloseIdleConnections)
	credential := confidential.NewCredFromAssertionCallback(func(context.Context, confidential.AssertionRequestOptions) (string, error) {
		token, err := os.ReadFile(s.TokenFile())
		return string(token), err
	})
	client, err := confidential.New(c.AuthorityURL()+localazure.TenantID, localazure.ClientID, credential,
		append([]confidential.Option{confidential.WithHTTPClient(httpClient)}, options...)...)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// newSecrets makes a client of the sandbox's vault.
func newSecrets(t *testing.T, s *localazure.Sandbox, credential azcore.TokenCredential) *azsecrets.Client {
	t.Helper()
	httpClient := s.Server().Client()
	t.Cleanup(httpClient.CloseIdleConnections)
	client, err := azsecrets.NewClient(s.Vault().URL(), credential, &azsecrets.ClientOptions{
		ClientOptions: policy.ClientOptions{Transport: httpClient, Retry: policy.RetryOptions{MaxRetries: -1}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// readSecret reads the sandbox's secret as a workload would.
func readSecret(t *testing.T, s *localazure.Sandbox) error {
	t.Helper()
	credential := msalCredential{newMSAL(t, s, cloud.Public())}
	_, err := newSecrets(t, s, credential).GetSecret(t.Context(), localazure.SecretName, "", nil)
	return err
}

func TestSandboxServesTheSecretInEveryCloud(t *testing.T) {
	for _, c := range cloud.All() {
		s := startSandbox(t, localazure.SandboxConfig{Cloud: c})
		for name, options := range map[string][]confidential.Option{
			"with instance discovery":    nil,
			"without instance discovery": {confidential.WithInstanceDiscovery(false)},
		} {
			t.Run(c.Name+" "+name, func(t *testing.T) {
				credential := msalCredential{newMSAL(t, s, c, options...)}
				got, err := newSecrets(t, s, credential).GetSecret(t.Context(), localazure.SecretName, "", nil)
				if err != nil {
					t.Fatal(err)
				}
				if *got.Value != localazure.SecretValue {
					t.Errorf("secret = %q, want %q", *got.Value, localazure.SecretValue)
				}
			})
		}
	}
}

func TestConditions(t *testing.T) {
	for name, test := range map[string]struct {
		cfg  localazure.SandboxConfig
		want string
	}{
		"no credential":    {localazure.SandboxConfig{NoFederatedCredential: true}, "AADSTS70025"},
		"late credential":  {localazure.SandboxConfig{FederatedCredentialAfter: time.Hour}, "AADSTS70025"},
		"no role":          {localazure.SandboxConfig{DenySecret: localazure.DenyRBAC}, "ForbiddenByRbac"},
		"no policy":        {localazure.SandboxConfig{DenySecret: localazure.DenyAccessPolicy}, "AccessDenied"},
		"firewall":         {localazure.SandboxConfig{DenySecret: localazure.DenyFirewall}, "ForbiddenByFirewall"},
		"no public access": {localazure.SandboxConfig{DenySecret: localazure.DenyConnection}, "ForbiddenByConnection"},
		"perimeter":        {localazure.SandboxConfig{DenySecret: localazure.DenyNSP}, "ForbiddenByNsp"},
		"no such secret":   {localazure.SandboxConfig{SecretName: "another"}, "SecretNotFound"},
	} {
		t.Run(name, func(t *testing.T) {
			err := readSecret(t, startSandbox(t, test.cfg))
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error = %v, want %s in it", err, test.want)
			}
		})
	}
	t.Run("throttled", func(t *testing.T) {
		s := startSandbox(t, localazure.SandboxConfig{ThrottleLimit: 1})
		if err := readSecret(t, s); err != nil {
			t.Fatal(err)
		}
		if err := readSecret(t, s); err == nil || !strings.Contains(err.Error(), "Throttled") {
			t.Errorf("beyond the limit: %v", err)
		}
	})
	t.Run("refresh advice", func(t *testing.T) {
		s := startSandbox(t, localazure.SandboxConfig{AccessTokenLifetime: 4 * time.Hour})
		result, err := newMSAL(t, s, cloud.Public()).AcquireTokenByCredential(t.Context(), []string{"https://vault.azure.net/.default"})
		if err != nil {
			t.Fatal(err)
		}
		if refresh, life := time.Until(result.Metadata.RefreshOn), time.Until(result.ExpiresOn); refresh > 2*time.Hour || life < 3*time.Hour {
			t.Errorf("refresh in %s, expires in %s", refresh, life)
		}
	})
}

func TestSandboxRefuses(t *testing.T) {
	for want, cfg := range map[string]localazure.SandboxConfig{
		`denial "x"`:       {DenySecret: "x"},
		"secret name":      {SecretName: "my_secret"},
		"token lifetime -": {TokenLifetime: -time.Second},
		"latency -":        {Latency: -time.Second},
		"is negative":      {AccessTokenLifetime: -time.Second},
		`no vault "two"`:   {World: localazure.World{Secrets: []localazure.VaultSecret{{Vault: "two", Name: "s"}}}},
		"given twice":      {World: localazure.World{Secrets: []localazure.VaultSecret{{Name: "s"}, {Vault: localazure.VaultName, Name: "S"}}}},
	} {
		s, err := localazure.StartSandbox(t.Context(), cfg)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error = %v, want %q in it", err, want)
		}
		if err == nil {
			_ = s.Close()
		}
	}
}

func TestIdentityBinding(t *testing.T) {
	s := startSandbox(t, localazure.SandboxConfig{IdentityBinding: true})
	readThroughTokenProxy := func() error {
		client := newMSAL(t, s, cloud.Public(), confidential.WithInstanceDiscovery(false),
			confidential.WithHTTPClient(throughTokenProxy(t, s.Server(), "localazure.ests.aks")))
		_, err := newSecrets(t, s, msalCredential{client}).GetSecret(t.Context(), localazure.SecretName, "", nil)
		return err
	}
	if err := readThroughTokenProxy(); err != nil {
		t.Error(err)
	}
	if err := readSecret(t, s); err == nil || !strings.Contains(err.Error(), "AADSTS700211") {
		t.Errorf("past the token proxy: %v, want AADSTS700211", err)
	}
	if err := s.WriteToken(issuer.TokenOptions{Audience: issuer.DefaultAudience}); err != nil {
		t.Fatal(err)
	}
	if err := readThroughTokenProxy(); err == nil || !strings.Contains(err.Error(), "AADSTS700212") {
		t.Errorf("with the audience of a federated token: %v, want AADSTS700212", err)
	}
}

func TestTokenProxyServesIdentityBindingsOnly(t *testing.T) {
	s := startSandbox(t, localazure.SandboxConfig{IdentityBinding: true})
	federated := entra.FederatedCredential{Name: "direct", Issuer: s.Issuer().URL(), Subject: "other", Audience: entra.IdentityBindingAudience}
	if err := s.Directory().AddFederatedCredential(localazure.ClientID, federated); err != nil {
		t.Fatal(err)
	}
	if err := s.WriteToken(issuer.TokenOptions{Subject: "other"}); err != nil {
		t.Fatal(err)
	}
	if err := readSecret(t, s); err != nil {
		t.Errorf("federated, directly: %v", err)
	}
	client := newMSAL(t, s, cloud.Public(), confidential.WithInstanceDiscovery(false),
		confidential.WithHTTPClient(throughTokenProxy(t, s.Server(), "localazure.ests.aks")))
	_, err := newSecrets(t, s, msalCredential{client}).GetSecret(t.Context(), localazure.SecretName, "", nil)
	if err == nil || !strings.Contains(err.Error(), "AADSTS700213") {
		t.Errorf("federated, through the token proxy: %v, want AADSTS700213", err)
	}
}

// environ is the sandbox's environment as a map.
func environ(t *testing.T, s *localazure.Sandbox) map[string]string {
	t.Helper()
	env := map[string]string{}
	for _, kv := range s.Environ() {
		name, value, ok := strings.Cut(kv, "=")
		if _, twice := env[name]; !ok || twice {
			t.Errorf("%q is malformed or there twice", kv)
		}
		env[name] = value
	}
	return env
}

func TestEnviron(t *testing.T) {
	s := startSandbox(t, localazure.SandboxConfig{Cloud: cloud.USGovernment(), SecretName: "greeting"})
	ca := filepath.Join(s.Dir(), "ca.crt")
	want := map[string]string{
		"AZURE_CLIENT_ID":            localazure.ClientID,
		"AZURE_TENANT_ID":            localazure.TenantID,
		"AZURE_AUTHORITY_HOST":       "https://login.microsoftonline.us/",
		"AZURE_FEDERATED_TOKEN_FILE": s.TokenFile(),
		"KEYVAULT_URL":               "https://azwi-kv-tutorial.vault.usgovcloudapi.net/",
		"SECRET_NAME":                "greeting",
		"HTTPS_PROXY":                s.Server().ProxyURL(), "https_proxy": s.Server().ProxyURL(),
		"NO_PROXY": "", "no_proxy": "",
		"SSL_CERT_FILE": ca, "REQUESTS_CA_BUNDLE": ca, "NODE_EXTRA_CA_CERTS": ca,
		"CURL_CA_BUNDLE": ca, "GIT_SSL_CAINFO": ca, "DENO_CERT": ca, "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH": ca,
		"NODE_USE_ENV_PROXY": "1",
		"JAVA_TOOL_OPTIONS": "-Dhttps.proxyHost=127.0.0.1 -Dhttps.proxyPort=" + proxyAddress(t, s.Server())[len("127.0.0.1:"):] +
			" -Djavax.net.ssl.trustStore=" + filepath.Join(s.Dir(), "ca.p12") + " -Djavax.net.ssl.trustStoreType=PKCS12 -Djavax.net.ssl.trustStorePassword=changeit",
	}
	if got := environ(t, s); !maps.Equal(got, want) {
		t.Errorf("environment = %q\nwant %q", got, want)
	}
	if pem, err := os.ReadFile(ca); err != nil || string(pem) != string(s.Server().CACertificatePEM()) {
		t.Errorf("%s does not have the authority's certificate: %v", ca, err)
	}
	bound := startSandbox(t, localazure.SandboxConfig{IdentityBinding: true})
	got := environ(t, bound)
	for name, value := range map[string]string{
		"AZURE_KUBERNETES_TOKEN_PROXY": bound.Server().TokenProxyURL(),
		"AZURE_KUBERNETES_SNI_NAME":    "localazure.ests.aks",
		"AZURE_KUBERNETES_CA_FILE":     filepath.Join(bound.Dir(), "ca.crt"),
		"NO_PROXY":                     "127.0.0.1",
	} {
		if got[name] != value || value == "" {
			t.Errorf("%s = %q, want %q", name, got[name], value)
		}
	}
}

func TestWorldOfASandbox(t *testing.T) {
	const tenant, client, subject = "66666666-6666-6666-6666-666666666666", "77777777-7777-7777-7777-777777777777", "system:serviceaccount:ns:sa"
	s := startSandbox(t, localazure.SandboxConfig{Subject: subject, World: localazure.World{
		TenantID: tenant, ClientID: client, ManagedIdentity: true, Vaults: []string{"first", "second"},
		Secrets: []localazure.VaultSecret{{Name: "greeting", Value: "hi"}, {Vault: "second", Name: "other", Value: "there"}},
	}})
	env := environ(t, s)
	if env["AZURE_TENANT_ID"] != tenant || env["AZURE_CLIENT_ID"] != client || env["KEYVAULT_URL"] != "https://first.vault.azure.net/" || env["SECRET_NAME"] != "greeting" {
		t.Errorf("environment = %q", env)
	}
	assertion, err := os.ReadFile(s.TokenFile())
	if err != nil {
		t.Fatal(err)
	}
	application, err := confidential.New("https://login.microsoftonline.com/"+tenant, client,
		confidential.NewCredFromAssertionCallback(func(context.Context, confidential.AssertionRequestOptions) (string, error) {
			return string(assertion), nil
		}),
		confidential.WithHTTPClient(newClient(t, s.Server())))
	if err != nil {
		t.Fatal(err)
	}
	for vault, want := range map[string]string{"first/secrets/greeting": "hi", "second/secrets/other": "there"} {
		name, path, _ := strings.Cut(vault, "/")
		secrets, err := azsecrets.NewClient("https://"+name+".vault.azure.net/", msalCredential{application}, &azsecrets.ClientOptions{
			ClientOptions: policy.ClientOptions{Transport: newClient(t, s.Server()), Retry: policy.RetryOptions{MaxRetries: -1}}})
		if err != nil {
			t.Fatal(err)
		}
		got, err := secrets.GetSecret(t.Context(), filepath.Base(path), "", nil)
		if err != nil || *got.Value != want {
			t.Errorf("%s: %v", vault, err)
		}
	}
	// A managed identity's token lives for a day and is renewed after half of it.
	result, err := application.AcquireTokenByCredential(t.Context(), []string{"https://vault.azure.net/.default"})
	if err != nil || time.Until(result.ExpiresOn) < 23*time.Hour || time.Until(result.Metadata.RefreshOn) > 12*time.Hour {
		t.Errorf("expires on %s, refresh on %s, %v", result.ExpiresOn, result.Metadata.RefreshOn, err)
	}
}

func TestCloseRemovesTheFiles(t *testing.T) {
	s, err := localazure.StartSandbox(t.Context(), localazure.SandboxConfig{})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(s.Dir()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%s: %v, want that it does not exist", s.Dir(), err)
	}
}

func TestTokenFileIsNeverMissingOrEmpty(t *testing.T) {
	s := startSandbox(t, localazure.SandboxConfig{})
	stop := make(chan struct{})
	var reader sync.WaitGroup
	tokens := map[string]bool{}
	reader.Go(func() {
		for {
			token, err := os.ReadFile(s.TokenFile())
			if err != nil || strings.Count(string(token), ".") != 2 {
				t.Errorf("read %d bytes of token: %v", len(token), err)
				return
			}
			tokens[string(token)] = true
			select {
			case <-stop:
				return
			default:
			}
		}
	})
	for range 50 {
		if err := s.RotateToken(); err != nil {
			t.Error(err)
		}
	}
	close(stop)
	reader.Wait()
	if len(tokens) < 2 {
		t.Error("the reader saw no rotation")
	}
}

func TestTokenIsRotatedByItself(t *testing.T) {
	s := startSandbox(t, localazure.SandboxConfig{TokenLifetime: 50 * time.Millisecond})
	read := func() string {
		token, err := os.ReadFile(s.TokenFile())
		if err != nil {
			t.Fatal(err)
		}
		return string(token)
	}
	deadline := time.Now().Add(10 * time.Second)
	for first := read(); read() == first; {
		if time.Now().After(deadline) {
			t.Fatal("the token was not replaced")
		}
	}
}
