package main

import (
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/workload-identity-quickstart/msal-go/examples/internal/standin"
	"github.com/workload-identity-quickstart/msal-go/internal/localazure"
	"github.com/workload-identity-quickstart/msal-go/internal/test/fakeazure"
)

func TestMain(m *testing.M) { standin.Main(m, main) }

func TestWebservice(t *testing.T) {
	for name, test := range map[string]struct {
		config localazure.SandboxConfig
		want   map[string]string // by path
	}{
		"with the permission": {localazure.SandboxConfig{}, map[string]string{
			"/": `200 my-secret has version [0-9a-f]{32}\n`, "/healthz": "200 ", "/readyz": "200 ", "/other": "404 404 page not found\n",
		}},
		"without": {localazure.SandboxConfig{DenySecret: localazure.DenyRBAC}, map[string]string{
			"/": `502 the secret cannot be read now: see the log\n`, "/healthz": "200 ", "/readyz": "200 ",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			fakeazure.Start(t, test.config)
			url := standin.Serve(t, standin.Command(t), "HEALTH_ADDR")
			for path, want := range test.want {
				resp, err := http.Get(url.JoinPath(path).String())
				if err != nil {
					t.Fatal(err)
				}
				body, err := io.ReadAll(resp.Body)
				_ = resp.Body.Close() // it was read to its end
				if got := resp.Status[:4] + string(body); err != nil || !regexp.MustCompile("^"+want+"$").MatchString(got) {
					t.Errorf("%s: %q and error %v, want %q", path, got, err, want)
				}
			}
		})
	}
}

func TestWebserviceNeedsItsVariables(t *testing.T) {
	fakeazure.Start(t, localazure.SandboxConfig{})
	for _, variable := range []string{"KEYVAULT_URL=", "SECRET_NAME="} {
		if _, stderr, err := standin.Run(t, variable); err == nil || !strings.Contains(stderr, "set KEYVAULT_URL") {
			t.Errorf("%s: %v: %q", variable, err, stderr)
		}
	}
}
