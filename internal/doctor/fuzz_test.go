package doctor

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
)

// anything responds to every request in the same way.
type anything struct {
	status                    int
	challenge, retry, content string
	body                      string
}

func (a anything) Do(req *http.Request) (*http.Response, error) {
	return &http.Response{
		StatusCode: a.status, Status: http.StatusText(a.status), Request: req,
		Header: http.Header{"Www-Authenticate": {a.challenge}, "Retry-After": {a.retry}, "Content-Type": {a.content}},
		Body:   io.NopCloser(strings.NewReader(a.body)),
	}, nil
}

func FuzzExamine(f *testing.F) {
	const discovery = `{"authorization_endpoint":"https://login.microsoftonline.com/t/a","token_endpoint":"https://login.microsoftonline.com/t/token",` +
		`"issuer":"https://login.microsoftonline.com/t/v2.0","token_type":"Bearer","expires_in":3600,"access_token":"x"}`
	f.Add(200, `Bearer authorization="https://login.microsoftonline.com/t", resource="https://vault.azure.net"`, "1", "application/json", discovery)
	f.Add(401, `Bearer authorization="x", resource=`, "", "application/json", `{"error":{"code":"x","innererror":{"code":"y"}}}`)
	f.Add(400, "", "-1", "text/html", `{"error":"e","error_description":"AADSTS700213: x","error_codes":[700213]}`)
	f.Add(404, "Bearer", "soon", "", "<html>\x1b[31m")
	file := filepath.Join(f.TempDir(), "token")
	// {"alg":"RS256"}.{"sub":"s"}.signature
	if err := os.WriteFile(file, []byte("eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJzIn0.c2lnbmF0dXJl"), 0o600); err != nil {
		f.Fatal(err)
	}
	env := map[string]string{
		"AZURE_CLIENT_ID": "c", "AZURE_TENANT_ID": "t", "AZURE_FEDERATED_TOKEN_FILE": file,
		"KEYVAULT_URL": "https://v.vault.azure.net", "SECRET_NAME": "s",
	}
	for name, value := range env {
		f.Setenv(name, value)
	}
	f.Fuzz(func(t *testing.T, status int, challenge, retry, content, body string) {
		if status < 200 || status > 599 {
			t.Skip("no final response")
		}
		results := Examine(t.Context(), func(name string) string { return env[name] }, azcore.ClientOptions{
			Transport: anything{status, challenge, retry, content, body},
			Retry:     policy.RetryOptions{MaxRetries: -1},
		})
		for _, r := range results {
			if r.State == Failed && (r.Cause == "" || r.Fix == "") {
				t.Errorf("%s failed without an explanation", r.Link)
			}
			if strings.ContainsAny(r.Detail+r.Cause+r.Fix, "\x1b\n") {
				t.Errorf("%s shows control characters: %q", r.Link, r)
			}
		}
	})
}
