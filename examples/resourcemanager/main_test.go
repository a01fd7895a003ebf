package main

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/workload-identity-quickstart/msal-go/examples/internal/standin"
	"github.com/workload-identity-quickstart/msal-go/internal/localazure"
)

func TestMain(m *testing.M) { standin.Main(m, main) }

const subscription = "77777777-7777-7777-7777-777777777777"

// answer is Azure Resource Manager with one subscription of two resource groups.
func answer(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	switch {
	case r.URL.Path != "/subscriptions/"+subscription+"/resourcegroups" || r.URL.Query().Get("api-version") == "":
		w.WriteHeader(http.StatusForbidden)
		_, _ = io.WriteString(w, `{"error":{"code":"AuthorizationFailed","message":"The client does not have authorization."}}`)
	case r.URL.Query().Get("$skiptoken") == "":
		_, _ = io.WriteString(w, `{"value":[{"name":"rg-a","location":"westeurope"}],"nextLink":"https://`+r.Host+r.URL.String()+`&$skiptoken=1"}`)
	default:
		_, _ = io.WriteString(w, `{"value":[{"name":"rg-b","location":"northeurope"}]}`)
	}
}

func TestResourceManager(t *testing.T) {
	tests := []struct {
		name, subscription string
		lifetime           time.Duration // of tokens
		want               string        // on standard output, else in the error
	}{
		{"listed", subscription, time.Hour, "rg-a in westeurope\nrg-b in northeurope\n"},
		{"no role", "88888888-8888-8888-8888-888888888888", time.Hour, "role Reader?): GET https://management.azure.com/subscriptions/88888888-"},
		{"expired token", subscription, time.Nanosecond, "oidc: token is expired"},
		{"no subscription", "", time.Hour, "set AZURE_SUBSCRIPTION_ID"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			manager := &standin.Service{Audience: "https://management.core.windows.net/", Answer: http.HandlerFunc(answer)}
			manager.Start(t, "management.azure.com", localazure.SandboxConfig{AccessTokenLifetime: test.lifetime})
			stdout, stderr, err := standin.Run(t, "AZURE_SUBSCRIPTION_ID="+test.subscription)
			if listed := err == nil && stdout == test.want; !listed && (err == nil || !strings.Contains(stderr, test.want)) {
				t.Errorf("%v: %q, %q, want %q", err, stdout, stderr, test.want)
			}
		})
	}
}
