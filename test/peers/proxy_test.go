package peers

import (
	"crypto/tls"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/workload-identity-quickstart/msal-go/internal/localazure"
	"github.com/workload-identity-quickstart/msal-go/internal/test/fakeazure"
)

// A pod with an AKS identity binding, which Entra ID itself knows nothing of.
func TestCompareIdentityBinding(t *testing.T) {
	sandbox := fakeazure.Start(t, localazure.SandboxConfig{IdentityBinding: true})
	direct := azcore.ClientOptions{Transport: fakeazure.Client(t, sandbox), Retry: policy.RetryOptions{MaxRetries: -1}}
	theirs, ours := bothInRealTime(t, func(t *testing.T, create constructor) string {
		t.Helper()
		options := policy.TokenRequestOptions{Scopes: []string{"https://vault.azure.net/.default"}}
		get := func(proxy bool) error {
			s := settings{ClientOptions: direct, proxy: proxy, file: sandbox.TokenFile(), client: localazure.ClientID, tenant: localazure.TenantID}
			_, err := create(t, s).GetToken(t.Context(), options)
			return err
		}
		if err := get(true); err != nil {
			t.Errorf("with the option: %v", err)
		}
		switch err := get(false); {
		case err == nil:
			return "works by itself"
		case strings.Contains(err.Error(), "AADSTS700211"):
			return "works with `EnableAzureProxy`, else AADSTS700211"
		default:
			return err.Error()
		}
	})
	report(t, theirs, ours, !strings.HasPrefix(ours, "works"))
}

// The program's http.DefaultTransport asks for TLS 1.3, and the token proxy has no
// more than 1.2.
func TestCompareTLSSettings(t *testing.T) {
	theirs, ours := bothInRealTime(t, func(t *testing.T, create constructor) string {
		t.Helper()
		entra := new(scripted)
		proxy := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			r.URL.Host = r.Host
			resp, err := entra.Do(r)
			if err != nil {
				t.Error(err)
				return
			}
			defer resp.Body.Close()
			maps.Copy(w.Header(), resp.Header)
			w.WriteHeader(resp.StatusCode)
			_, _ = io.Copy(w, resp.Body)
		}))
		proxy.TLS = &tls.Config{MaxVersion: tls.VersionTLS12}
		proxy.Config.ErrorLog = log.New(io.Discard, "", 0) // the handshake that fails
		proxy.StartTLS()
		t.Cleanup(proxy.Close)
		t.Setenv("AZURE_KUBERNETES_TOKEN_PROXY", proxy.URL)
		t.Setenv("AZURE_KUBERNETES_SNI_NAME", "example.com")
		t.Setenv("AZURE_KUBERNETES_CA_DATA", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: proxy.Certificate().Raw})))
		get := func() error {
			_, err := create(t, settings{ClientOptions: azcore.ClientOptions{Retry: policy.RetryOptions{MaxRetries: -1}}, proxy: true}).
				GetToken(t.Context(), someScope)
			return err
		}
		if err := get(); err != nil {
			t.Fatalf("with TLS 1.2 allowed: %v", err)
		}
		before := http.DefaultTransport
		defer func() { http.DefaultTransport = before }()
		strict := before.(*http.Transport).Clone() //nolint:forcetypeassert // Go's own
		strict.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS13}
		http.DefaultTransport = strict
		switch err := get(); {
		case err == nil:
			return "drops them"
		case strings.Contains(err.Error(), "protocol version"):
			return "keeps them"
		default:
			return fmt.Sprint(err)
		}
	})
	report(t, theirs, ours, ours != "keeps them")
}
