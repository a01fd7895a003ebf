package peers

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	azlog "github.com/Azure/azure-sdk-for-go/sdk/azcore/log"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	azruntime "github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/Azure/azure-sdk-for-go/sdk/containers/azcontainerregistry"

	"github.com/workload-identity-quickstart/msal-go/pkg/tokencredential"
)

// counted counts the calls of a credential. As a policy, it gets a token below the
// retry policy and returns its errors as they are.
type counted struct {
	azcore.TokenCredential
	calls int
}

func (c *counted) GetToken(ctx context.Context, options policy.TokenRequestOptions) (azcore.AccessToken, error) {
	c.calls++
	return c.TokenCredential.GetToken(ctx, options)
}

func (c *counted) Do(req *policy.Request) (*http.Response, error) {
	if _, err := c.GetToken(req.Raw().Context(), someScope); err != nil {
		return nil, err
	}
	return req.Next()
}

// registry asks for a token, and wants no other than one from itself.
type registry struct{}

func (registry) Do(req *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusUnauthorized, Body: http.NoBody, Request: req, Header: http.Header{
		"Www-Authenticate": {`Bearer realm="https://r.azurecr.io/oauth2/token",service="r.azurecr.io",scope="registry:catalog:*"`},
	}}, nil
}

// compareCalls compares how many times a client calls GetToken while Entra ID rejects.
func compareCalls(t *testing.T, call func(*testing.T, *counted) error) {
	t.Helper()
	type result struct {
		calls, requests int
		took            time.Duration
	}
	theirs, ours := both(t, func(t *testing.T, create constructor) result {
		t.Helper()
		credential, entra := newScripted(t, create, reject)
		c := &counted{TokenCredential: credential}
		start := time.Now()
		if err := call(t, c); err == nil || !strings.Contains(err.Error(), "AADSTS700213") {
			t.Errorf("got %v, want AADSTS700213", err)
		}
		return result{c.calls, entra.tokens(), time.Since(start)}
	})
	text := func(r result) string {
		return fmt.Sprintf("%s of `GetToken`, %s, about %.1f s", plural(r.calls, "call"), plural(r.requests, "request"), r.took.Seconds())
	}
	// The credential repeats a rejected request within two seconds; the client must not.
	report(t, text(theirs), text(ours), ours.calls > theirs.calls || ours.calls < 1 || ours.requests > 4)
}

func TestCompareContainerRegistry(t *testing.T) {
	compareCalls(t, func(t *testing.T, credential *counted) error {
		t.Helper()
		client, err := azcontainerregistry.NewClient("https://r.azurecr.io", credential,
			&azcontainerregistry.ClientOptions{ClientOptions: azcore.ClientOptions{Transport: registry{}}})
		if err != nil {
			t.Fatal(err)
		}
		_, err = client.NewListRepositoriesPager(nil).NextPage(t.Context())
		return err
	})
}

func TestCompareCustomPolicy(t *testing.T) {
	compareCalls(t, func(t *testing.T, credential *counted) error {
		t.Helper()
		pipeline := azruntime.NewPipeline("client", "v1.0.0", azruntime.PipelineOptions{PerRetry: []policy.Policy{credential}},
			&policy.ClientOptions{Transport: registry{}})
		req, err := azruntime.NewRequest(t.Context(), http.MethodGet, "https://service.example/")
		if err != nil {
			t.Fatal(err)
		}
		_, err = pipeline.Do(req)
		return err
	})
}

// outcome runs GetToken in a goroutine and returns how that ended.
func outcome(t *testing.T, credential azcore.TokenCredential) (result string) {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		result = "ends the caller's goroutine"
		defer func() {
			if got := recover(); got != nil {
				result = fmt.Sprintf("reaches the caller: %v", got)
			}
		}()
		if token, err := credential.GetToken(t.Context(), someScope); err != nil {
			result = "is an error"
		} else {
			result = fmt.Sprintf("yields the token %q", token.Token)
		}
	}()
	<-done
	return result
}

// compareBugs lets a transport misbehave once.
func compareBugs(t *testing.T, want string, bug func()) {
	t.Helper()
	theirs, ours := both(t, func(t *testing.T, create constructor) string {
		t.Helper()
		credential, entra := newScripted(t, create, func(n int, _ *http.Request) response {
			if n == 1 {
				bug()
			}
			return response{}
		})
		result := outcome(t, credential)
		if entra.tokens() != 1 {
			t.Errorf("%d requests", entra.tokens())
		}
		if next := outcome(t, credential); !strings.HasPrefix(next, "yields the token") {
			t.Errorf("the next call: %s", next)
		}
		return result
	})
	report(t, theirs, ours, ours != want)
}

func TestComparePanic(t *testing.T) {
	compareBugs(t, "reaches the caller: a bug", func() { panic("a bug") })
}

// t.Fatal in a test's transport ends its goroutine.
func TestCompareGoexit(t *testing.T) { compareBugs(t, "is an error", runtime.Goexit) }

func TestComparePrinting(t *testing.T) {
	theirs, ours := both(t, func(t *testing.T, create constructor) string {
		t.Helper()
		credential, _ := newScripted(t, create, nil)
		token := mustGetToken(t, credential, someScope)
		var printed strings.Builder
		for _, format := range []string{"%v", "%+v", "%#v", "%s"} {
			fmt.Fprintf(&printed, format, credential)
		}
		slog.New(slog.NewTextHandler(&printed, nil)).Info("", "credential", credential)
		slog.New(slog.NewJSONHandler(&printed, nil)).Info("", "credential", credential)
		switch {
		case strings.Contains(printed.String(), token):
			return "shows access tokens"
		case strings.Contains(printed.String(), sampleJWT):
			return "shows the service account token"
		}
		return "shows no token"
	})
	report(t, theirs, ours, ours != "shows no token")
}

// What the log shows of a renewal that Entra ID rejects. Code outside of Microsoft's
// modules cannot write to azcore's log, which is in an internal package of theirs.
// So tokencredential has Options.Logger for its own events.
func TestCompareLog(t *testing.T) {
	defer azlog.SetListener(nil)
	theirs, ours := both(t, func(t *testing.T, create constructor) string {
		t.Helper()
		var events strings.Builder
		requests := 0
		azlog.SetListener(func(event azlog.Event, message string) {
			switch event {
			case azlog.EventRequest:
				requests++
			case azidentity.EventAuthentication:
				fmt.Fprintln(&events, message)
			}
		})
		entra := &scripted{respond: then(reject)}
		credential := create(t, settings{
			ClientOptions: azcore.ClientOptions{Transport: entra},
			logger:        slog.New(slog.NewTextHandler(&events, nil)),
		})
		mustGetToken(t, credential, someScope)
		time.Sleep(13 * time.Hour)
		events.Reset()
		requests = 0
		mustGetToken(t, credential, someScope)
		time.Sleep(time.Minute)
		synctest.Wait()
		if entra.tokens() < 2 || requests != entra.tokens()-1 {
			t.Errorf("azcore's log has %d of %d requests", requests, entra.tokens()-1)
		}
		switch text := events.String(); {
		case strings.Contains(text, "AADSTS700213"):
			return "its requests, and why it failed"
		case strings.Contains(text, "acquired a token"):
			return "its requests, and that a token was acquired"
		default:
			return "its requests"
		}
	})
	report(t, theirs, ours, ours != "its requests, and why it failed")
}

// With nothing set in the environment.
func TestCompareConfiguration(t *testing.T) {
	for _, variable := range []string{"AZURE_CLIENT_ID", "AZURE_TENANT_ID", "AZURE_FEDERATED_TOKEN_FILE"} {
		t.Setenv(variable, "")
		if err := os.Unsetenv(variable); err != nil {
			t.Fatal(err)
		}
	}
	named := func(err error) (problems int) {
		if err == nil {
			t.Fatal("no error")
		}
		for _, what := range []string{"client", "tenant", "token_file", "token file"} {
			if strings.Contains(strings.ToLower(err.Error()), what) {
				problems++
			}
		}
		return problems
	}
	_, err := azidentity.NewWorkloadIdentityCredential(nil)
	theirs := named(err)
	_, err = tokencredential.New(nil)
	ours := named(err)
	text := func(n int) string { return fmt.Sprintf("names %d of 3 problems", n) }
	report(t, text(theirs), text(ours), ours < theirs)
}
