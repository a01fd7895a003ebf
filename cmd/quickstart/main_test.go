package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/workload-identity-quickstart/msal-go/internal/config"
	"github.com/workload-identity-quickstart/msal-go/internal/localazure"
	"github.com/workload-identity-quickstart/msal-go/internal/localazure/entra"
	"github.com/workload-identity-quickstart/msal-go/internal/localazure/issuer"
	"github.com/workload-identity-quickstart/msal-go/internal/localazure/keyvault"
	"github.com/workload-identity-quickstart/msal-go/internal/test/fakeazure"
)

// asQuickstart makes this test program be the quickstart, so that the tests run
// it as a process with nothing but an environment, as a container does.
const asQuickstart = "BE_THE_QUICKSTART"

func TestMain(m *testing.M) {
	if os.Getenv(asQuickstart) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

const (
	loginHost = "login.microsoftonline.com"
	vaultHost = "azwi-kv-tutorial.vault.azure.net"
)

// tutorialLine is what the tutorial shows of kubectl logs.
var tutorialLine = regexp.MustCompile(`^I\d{4} \d\d:\d\d:\d\d\.\d{6} +\d+ main\.go:\d+\] "successfully got secret" secret="Hello!"$`)

func quickstart(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	t.Setenv(asQuickstart, "1")
	if os.Getenv("STARTUP_TIMEOUT") == "" {
		t.Setenv("STARTUP_TIMEOUT", "30s") // a failure should not hold the tests up
	}
	t.Setenv("GORACE", "atexit_sleep_ms=0") // the race detector would make every exit last a second
	cmd := exec.CommandContext(t.Context(), os.Args[0], args...)
	cmd.WaitDelay = 10 * time.Second
	return cmd
}

// runQuickstart returns the exit code and both outputs.
func runQuickstart(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	cmd := quickstart(t, args...)
	var out, err bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &err
	if runErr := cmd.Run(); runErr != nil && cmd.ProcessState == nil {
		t.Fatal(runErr)
	}
	return cmd.ProcessState.ExitCode(), out.String(), err.String()
}

func TestReadsSecretOnce(t *testing.T) {
	tests := []struct {
		name   string
		env    map[string]string
		config localazure.SandboxConfig
		want   string
	}{
		{"as in the tutorial", nil, localazure.SandboxConfig{}, tutorialLine.String()},
		{"with an identity binding", nil, localazure.SandboxConfig{IdentityBinding: true}, tutorialLine.String()},
		{"without the value", map[string]string{"LOG_SECRET_VALUE": "false"}, localazure.SandboxConfig{},
			`^I.* main\.go:\d+\] "successfully got secret" version="[0-9a-f]{32}"$`},
		{"as JSON", map[string]string{"LOG_FORMAT": "json"}, localazure.SandboxConfig{},
			`^\{"time":"[^"]+","level":"INFO","caller":"main\.go:\d+","msg":"successfully got secret","secret":"Hello!"\}$`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			fakeazure.Start(t, test.config)
			t.Setenv("POLL_INTERVAL", "0")
			for name, value := range test.env {
				t.Setenv(name, value)
			}
			code, stdout, stderr := runQuickstart(t)
			if code != 0 || stdout != "" {
				t.Errorf("exit code %d, standard output %q", code, stdout)
			}
			if !regexp.MustCompile(test.want).MatchString(strings.TrimSuffix(stderr, "\n")) {
				t.Errorf("got %q, want it to match %s", stderr, test.want)
			}
		})
	}
}

func TestFailureIsExplained(t *testing.T) {
	fakeazure.Start(t, localazure.SandboxConfig{DenySecret: localazure.DenyRBAC})
	t.Setenv("STARTUP_TIMEOUT", "0")
	code, _, stderr := runQuickstart(t)
	if code != 1 {
		t.Errorf("exit code %d", code)
	}
	want := regexp.MustCompile(`^E.* main\.go:\d+\] "failed to get secret" err=".*ForbiddenByRbac.*" link="Key Vault" cause=".+" fix="az role assignment create .+"\n$`)
	if !want.MatchString(stderr) {
		t.Errorf("got %q, want it to match %s", stderr, want)
	}
}

func TestStartupWaitsForAzure(t *testing.T) {
	sandbox := fakeazure.Start(t, localazure.SandboxConfig{NoFederatedCredential: true})
	lines, stop := start(t)
	if line := await(t, lines, "failed to get secret"); !strings.Contains(line, "retryIn=") {
		t.Errorf("%q does not say when it is tried again", line)
	}
	err := sandbox.Directory().AddFederatedCredential(localazure.ClientID, entra.FederatedCredential{
		Name: "late", Issuer: sandbox.Issuer().URL(), Subject: issuer.DefaultSubject, Audience: issuer.DefaultAudience,
	})
	if err != nil {
		t.Fatal(err)
	}
	await(t, lines, `secret="Hello!"`)
	if code := stop(); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

// A request that fails is repeated after a pause of poll's, which is logged and
// varied. The SDK's would begin unseen.
func TestRetriesAreLeftToPoll(t *testing.T) {
	for _, status := range []int{http.StatusTooManyRequests, http.StatusServiceUnavailable, http.StatusInternalServerError} {
		testRetriesAreLeftToPoll(t, status)
	}
}

func testRetriesAreLeftToPoll(t *testing.T, status int) {
	for _, host := range []string{loginHost, vaultHost} {
		t.Run(fmt.Sprintf("%s %d", host, status), func(t *testing.T) {
			var throttled atomic.Int32
			fakeazure.Start(t, localazure.SandboxConfig{Intercept: func(w http.ResponseWriter, r *http.Request) bool {
				if r.Host != host || !strings.HasSuffix(r.URL.Path, "/token") && r.Header.Get("Authorization") == "" {
					return false
				}
				throttled.Add(1)
				w.Header().Set("Retry-After", "1")
				w.WriteHeader(status)
				return true
			}})
			t.Setenv("STARTUP_TIMEOUT", "0")
			if code, _, stderr := runQuickstart(t); code != 1 || !strings.Contains(stderr, strconv.Itoa(status)) {
				t.Errorf("exit code %d, standard error %q", code, stderr)
			}
			// Entra ID may get two: the prefetch failed before the vault's challenge came.
			if n := throttled.Load(); n != 1 && (n != 2 || host != loginHost) {
				t.Errorf("%d requests, want one", n)
			}
		})
	}
}

func TestHealth(t *testing.T) {
	sandbox := fakeazure.Start(t, localazure.SandboxConfig{DenySecret: localazure.DenyAccessPolicy})
	address := freeAddress(t)
	t.Setenv("HEALTH_ADDR", address)
	t.Setenv("POLL_INTERVAL", "1s")
	lines, stop := start(t)
	await(t, lines, "failed to get secret")
	if status, body := get(t, "http://"+address+"/readyz"); status != http.StatusServiceUnavailable || !strings.Contains(body, "azwi-kv-tutorial") {
		t.Errorf("/readyz responds with %d %q while the secret is denied", status, body)
	}
	if status, _ := get(t, "http://"+address+"/healthz"); status != http.StatusOK {
		t.Errorf("/healthz responds with %d", status)
	}
	sandbox.Vault().SetReaders(localazure.ObjectID)
	await(t, lines, `secret="Hello!"`)
	if status, body := get(t, "http://"+address+"/readyz"); status != http.StatusOK {
		t.Errorf("/readyz responds with %d %q after a success", status, body)
	}
	if code := stop(); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

// freeAddress returns one on which nobody listens.
func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

func get(t *testing.T, url string) (int, string) {
	t.Helper()
	resp, err := new(http.Client).Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

func TestBadConfiguration(t *testing.T) {
	for _, variable := range os.Environ() {
		if name, _, _ := strings.Cut(variable, "="); strings.HasPrefix(name, "AZURE_") {
			t.Setenv(name, "")
		}
	}
	t.Setenv("KEYVAULT_URL", "http://my-vault.vault.azure.net")
	t.Setenv("SECRET_NAME", "")
	t.Setenv("POLL_INTERVAL", "often")
	t.Setenv("AZURE_CLIENT_ID", "")
	t.Setenv("AZURE_TENANT_ID", "a/b")
	t.Setenv("AZURE_FEDERATED_TOKEN_FILE", "")
	for _, format := range []string{"text", "json"} {
		t.Run(format, func(t *testing.T) {
			t.Setenv("LOG_FORMAT", format)
			code, _, stderr := runQuickstart(t)
			if code != 2 {
				t.Errorf("exit code %d, want 2", code)
			}
			if n := strings.Count(stderr, "invalid configuration"); n != 1 {
				t.Errorf("%d messages, want one", n)
			}
			for _, name := range []string{"KEYVAULT_URL", "SECRET_NAME", "POLL_INTERVAL", "AZURE_CLIENT_ID", "AZURE_TENANT_ID", "AZURE_FEDERATED_TOKEN_FILE"} {
				if !strings.Contains(stderr, name) {
					t.Errorf("%s is not named in:\n%s", name, stderr)
				}
			}
			if format == "json" && !json.Valid([]byte(stderr)) {
				t.Errorf("not JSON: %s", stderr)
			}
		})
	}
}

func TestUnknownArgument(t *testing.T) {
	if code, _, stderr := runQuickstart(t, "start"); code != 2 || !strings.Contains(stderr, `"start"`) {
		t.Errorf("exit code %d, output %q", code, stderr)
	}
}

func TestHelpAndVersion(t *testing.T) {
	if code, stdout, stderr := runQuickstart(t, "-h"); code != 0 || stdout != config.Usage || stderr != "" {
		t.Errorf("-h: exit code %d, output %q, %q", code, stdout, stderr)
	}
	if code, stdout, stderr := runQuickstart(t, "-x"); code != 2 || stdout != "" || !strings.Contains(stderr, "-x") || !strings.Contains(stderr, "quickstart -h") {
		t.Errorf("-x: exit code %d, output %q, %q", code, stdout, stderr)
	}
	if code, stdout, _ := runQuickstart(t, "-version"); code != 0 || stdout != "quickstart dev\n" {
		t.Errorf("-version: exit code %d, output %q", code, stdout)
	}
}

// start runs the quickstart until stop, which returns its exit code, and passes
// on the lines it logs.
func start(t *testing.T) (lines <-chan string, stop func() int) {
	t.Helper()
	cmd := quickstart(t)
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	output, ended := make(chan string, 1000), make(chan struct{})
	go func() {
		defer close(ended)
		for scanner := bufio.NewScanner(stderr); scanner.Scan(); {
			output <- scanner.Text()
		}
		_, _ = io.Copy(io.Discard, stderr) // a line too long to scan
	}()
	return output, func() int {
		t.Helper()
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		<-ended
		if err := cmd.Wait(); err != nil && !errors.As(err, new(*exec.ExitError)) {
			t.Fatal(err)
		}
		return cmd.ProcessState.ExitCode()
	}
}

// await returns the next line that contains text.
func await(t *testing.T, lines <-chan string, text string) string {
	t.Helper()
	timeout := time.After(time.Minute)
	for {
		select {
		case line := <-lines:
			if strings.Contains(line, text) {
				return line
			}
		case <-timeout:
			t.Fatalf("no line with %q", text)
		}
	}
}

func TestSIGTERM(t *testing.T) {
	t.Run("between reads", func(t *testing.T) {
		fakeazure.Start(t, localazure.SandboxConfig{})
		lines, stop := start(t)
		if line := await(t, lines, "successfully"); !tutorialLine.MatchString(line) {
			t.Errorf("got %q", line)
		}
		if code := stop(); code != 0 {
			t.Errorf("exit code %d", code)
		}
	})
	t.Run("during a read", func(t *testing.T) {
		arrived, release := make(chan struct{}), make(chan struct{})
		defer close(release)
		fakeazure.Start(t, localazure.SandboxConfig{Intercept: func(http.ResponseWriter, *http.Request) bool {
			close(arrived)
			<-release
			panic(http.ErrAbortHandler)
		}})
		lines, stop := start(t)
		<-arrived
		if code := stop(); code != 0 {
			t.Errorf("exit code %d", code)
		}
		if len(lines) > 0 {
			t.Errorf("being stopped was logged as %q", <-lines)
		}
	})
}

// silent is an intercept that does not respond until the client is gone.
func silent(_ http.ResponseWriter, r *http.Request) bool {
	<-r.Context().Done()
	panic(http.ErrAbortHandler)
}

func TestStoppedBeforeItsOnlyRead(t *testing.T) {
	tests := []struct {
		name, await string
		config      localazure.SandboxConfig
	}{
		{"during the read", "still waiting", localazure.SandboxConfig{Intercept: silent}},
		{"between reads", "failed to get secret", localazure.SandboxConfig{NoFederatedCredential: true}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			fakeazure.Start(t, test.config)
			t.Setenv("POLL_INTERVAL", "0")
			lines, stop := start(t)
			await(t, lines, test.await)
			if code := stop(); code != 1 {
				t.Errorf("exit code %d", code)
			}
			await(t, lines, "stopped before the secret was read")
		})
	}
}

func TestStartupTimeoutBoundsASilentNetwork(t *testing.T) {
	fakeazure.Start(t, localazure.SandboxConfig{Intercept: silent})
	t.Setenv("STARTUP_TIMEOUT", "0")
	began := time.Now()
	code, _, stderr := runQuickstart(t)
	if took := time.Since(began); code != 1 || took > 20*time.Second {
		t.Errorf("exit code %d after %s", code, took)
	}
	if strings.Count(stderr, "failed to get secret") != 1 || !strings.Contains(stderr, "no response from azwi-kv-tutorial.vault.azure.net:443 (Key Vault)") {
		t.Errorf("got %q", stderr)
	}
}

func TestVerbose(t *testing.T) {
	sandbox := fakeazure.Start(t, localazure.SandboxConfig{})
	t.Setenv("POLL_INTERVAL", "0")
	token, err := os.ReadFile(sandbox.TokenFile())
	if err != nil {
		t.Fatal(err)
	}
	code, _, stderr := runQuickstart(t, "-v=2")
	if code != 0 {
		t.Errorf("exit code %d", code)
	}
	for _, want := range []string{"/oauth2/v2.0/token", "/secrets/my-secret", "REDACTED"} {
		if !strings.Contains(stderr, want) {
			t.Errorf("no %s in\n%s", want, stderr)
		}
	}
	if strings.Contains(stderr, strings.TrimSpace(string(token))) || strings.Contains(stderr, "eyJ") {
		t.Errorf("a token is logged:\n%s", stderr)
	}
	if n := strings.Count(stderr, localazure.SecretValue); n != 1 {
		t.Errorf("the secret's value is logged %d times", n)
	}
}

func TestStoppedDoctor(t *testing.T) {
	arrived := make(chan struct{}, 10)
	fakeazure.Start(t, localazure.SandboxConfig{Intercept: func(w http.ResponseWriter, r *http.Request) bool {
		arrived <- struct{}{}
		return silent(w, r)
	}})
	cmd := quickstart(t, "doctor")
	var stdout, stderr strings.Builder
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	<-arrived
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // its error is the exit code
	if code := cmd.ProcessState.ExitCode(); code != 1 || stdout.String() != "" || !strings.Contains(stderr.String(), "stopped") {
		t.Errorf("exit code %d, output %q, %q", code, stdout.String(), stderr.String())
	}
}

func TestLaterFailureDoesNotEndIt(t *testing.T) {
	sandbox := fakeazure.Start(t, localazure.SandboxConfig{})
	t.Setenv("POLL_INTERVAL", "1s")
	lines, stop := start(t)
	await(t, lines, `secret="Hello!"`)

	var denied atomic.Int32
	sandbox.Server().SetIntercept(func(w http.ResponseWriter, _ *http.Request) bool {
		denied.Add(1)
		w.WriteHeader(http.StatusForbidden)
		return true
	})
	await(t, lines, "failed to get secret")
	await(t, lines, "failed to get secret")
	if _, err := sandbox.Vault().Set("my-secret", keyvault.Secret{Value: "Goodbye!"}); err != nil {
		t.Fatal(err)
	}
	sandbox.Server().SetIntercept(nil)
	await(t, lines, `"recovered" failures=`)
	await(t, lines, `secret="Goodbye!"`)
	if code := stop(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	if denied.Load() < 2 {
		t.Errorf("%d requests were denied", denied.Load())
	}
}

// The issuer signs with another key, as an API server does that was restarted with
// one, and the kubelet replaces the token. Access tokens live for two seconds, so that
// reads need the new key.
func TestIssuerKeysRotated(t *testing.T) {
	var headers sync.Map // of assertions: they name the key
	sandbox := fakeazure.Start(t, localazure.SandboxConfig{
		AccessTokenLifetime: 2 * time.Second,
		Intercept: func(_ http.ResponseWriter, r *http.Request) bool {
			body, err := io.ReadAll(r.Body)
			r.Body = io.NopCloser(bytes.NewReader(body))
			form, parseErr := url.ParseQuery(string(body))
			if header, _, ok := strings.Cut(form.Get("client_assertion"), "."); ok {
				headers.Store(header, true)
			}
			return err != nil || parseErr != nil
		},
	})
	keys := func() (n int) {
		headers.Range(func(any, any) bool { n++; return true })
		return n
	}
	t.Setenv("POLL_INTERVAL", "1s")
	lines, stop := start(t)
	await(t, lines, `secret="Hello!"`)
	for n := 2; n <= 4; n++ {
		if err := errors.Join(sandbox.Issuer().RotateKey(), sandbox.RotateToken()); err != nil {
			t.Fatal(err)
		}
		for rotated := time.Now(); keys() < n; {
			if line := await(t, lines, "secret"); !tutorialLine.MatchString(line) || time.Since(rotated) > time.Minute {
				t.Fatalf("%s after the rotation, with %d keys of %d: %s", time.Since(rotated), keys(), n, line)
			}
		}
		await(t, lines, `secret="Hello!"`)
	}
	if code := stop(); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

func TestDoctor(t *testing.T) {
	sandbox := fakeazure.Start(t, localazure.SandboxConfig{})
	code, stdout, stderr := runQuickstart(t, "doctor")
	if code != 0 || stderr != "" || strings.Count(stdout, "\n") != 5 || strings.Contains(stdout, "\x1b") {
		t.Errorf("exit code %d, output:\n%s%s", code, stdout, stderr)
	}
	sandbox.Vault().SetReaders()
	code, stdout, _ = runQuickstart(t, "doctor", "-o", "json")
	var results []struct{ Link, State, Fix string }
	if err := json.Unmarshal([]byte(stdout), &results); err != nil || code != 1 {
		t.Fatalf("exit code %d, error %v", code, err)
	}
	if last := results[len(results)-1]; last.Link != "Key Vault" || last.State != "failed" || last.Fix == "" {
		t.Errorf("the last link is %+v", last)
	}
	if code, stdout, stderr := runQuickstart(t, "doctor", "-h"); code != 0 || stdout != config.Usage || stderr != "" {
		t.Errorf("-h: exit code %d, output %q, %q", code, stdout, stderr)
	}
	if code, _, _ := runQuickstart(t, "doctor", "-o", "yaml"); code != 2 {
		t.Errorf("exit code %d for an unknown format", code)
	}
}
