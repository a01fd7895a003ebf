package peers

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"github.com/workload-identity-quickstart/msal-go/pkg/tokencredential"
)

const (
	// Two objects and a signature that nobody made.
	sampleJWT    = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJzIn0.c2lnbmF0dXJl"
	rejectedBody = `{"error":"invalid_client","error_description":"AADSTS700213: No match.","error_codes":[700213]}`
)

// response is what a scripted Entra ID sends for a token request. Its zero value is a
// token named after the request's number and tenant. It lives for a day, with twelve
// hours until its RefreshOn.
type response struct {
	status int
	body   string
	header http.Header
	err    error
}

var rejection = response{status: http.StatusUnauthorized, body: rejectedBody}

// scripted is an Entra ID without a network. It is the transport of one credential.
type scripted struct {
	respond func(n int, r *http.Request) response // to the nth token request, from 1; nil for tokens

	mu       sync.Mutex
	requests []string // host and path of each
	forms    []string // of the token requests
}

func (s *scripted) Do(req *http.Request) (*http.Response, error) {
	var form []byte
	if req.Body != nil {
		form, _ = io.ReadAll(req.Body)
	}
	s.mu.Lock()
	s.requests = append(s.requests, req.URL.Host+req.URL.Path)
	tenant := "https://" + req.URL.Host + "/" + strings.Split(req.URL.Path, "/")[1]
	r := response{status: http.StatusOK}
	token := false
	switch {
	case strings.HasSuffix(req.URL.Path, "/discovery/instance"):
		r.body = fmt.Sprintf(`{"tenant_discovery_endpoint":"%[1]s/v2.0/.well-known/openid-configuration","metadata":[{"preferred_network":"%[2]s","preferred_cache":"%[2]s","aliases":["%[2]s"]}]}`, tenant, req.URL.Host)
	case strings.HasSuffix(req.URL.Path, "/openid-configuration"):
		r.body = fmt.Sprintf(`{"authorization_endpoint":"%[1]s/oauth2/v2.0/authorize","token_endpoint":"%[1]s/oauth2/v2.0/token","issuer":"%[1]s/v2.0"}`, tenant)
	default:
		token = true
		s.forms = append(s.forms, string(form))
	}
	n := len(s.forms)
	s.mu.Unlock()
	if token {
		r = response{}
		if s.respond != nil {
			r = s.respond(n, req)
		}
		if r.err != nil {
			return nil, r.err
		}
		if r.status == 0 {
			r.status, r.body = http.StatusOK, fmt.Sprintf(`{"token_type":"Bearer","expires_in":86400,"refresh_in":43200,"access_token":"token %d for %s"}`, n, tenant)
		}
	}
	if r.header == nil {
		r.header = http.Header{}
	}
	return &http.Response{StatusCode: r.status, Header: r.header, Body: io.NopCloser(strings.NewReader(r.body)), Request: req}, nil
}

// tokens returns how many token requests there were.
func (s *scripted) tokens() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.forms)
}

// settings are what both credentials can be told.
type settings struct {
	azcore.ClientOptions
	client, tenant string       // c and t by default
	file           string       // with the token; one that is right by default
	tenants        []string     // allowed, too
	proxy          bool         // use the token proxy of an identity binding; tokencredential does so by itself
	logger         *slog.Logger // tokencredential's; azidentity has azcore's
}

// constructor creates one of the two credentials.
type constructor func(*testing.T, settings) azcore.TokenCredential

func newAzidentity(t *testing.T, s settings) azcore.TokenCredential {
	t.Helper()
	credential, err := azidentity.NewWorkloadIdentityCredential(&azidentity.WorkloadIdentityCredentialOptions{
		ClientOptions: s.ClientOptions, ClientID: cmp.Or(s.client, "c"), TenantID: cmp.Or(s.tenant, "t"), TokenFilePath: s.tokenFile(t),
		AdditionallyAllowedTenants: s.tenants, EnableAzureProxy: s.proxy,
	})
	if err != nil {
		t.Fatal(err)
	}
	return credential
}

func newTokencredential(t *testing.T, s settings) azcore.TokenCredential {
	t.Helper()
	credential, err := tokencredential.New(&tokencredential.Options{
		ClientOptions: s.ClientOptions, ClientID: cmp.Or(s.client, "c"), TenantID: cmp.Or(s.tenant, "t"), TokenFilePath: s.tokenFile(t),
		AdditionallyAllowedTenants: s.tenants, Logger: s.logger,
	})
	if err != nil {
		t.Fatal(err)
	}
	return credential
}

func (s settings) tokenFile(t *testing.T) string {
	t.Helper()
	if s.file != "" {
		return s.file
	}
	file := filepath.Join(t.TempDir(), "token")
	writeToken(t, file, sampleJWT)
	return file
}

func writeToken(t *testing.T, file, content string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// newScripted returns one of the two credentials and its Entra ID.
func newScripted(t *testing.T, create constructor, respond func(int, *http.Request) response) (azcore.TokenCredential, *scripted) {
	t.Helper()
	entra := &scripted{respond: respond}
	return create(t, settings{ClientOptions: azcore.ClientOptions{Transport: entra}, tenants: []string{otherTenant}}), entra
}

const otherTenant = "44444444-4444-4444-4444-44444444444a"

func mustGetToken(t *testing.T, credential azcore.TokenCredential, options policy.TokenRequestOptions) string {
	t.Helper()
	token, err := credential.GetToken(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	return token.Token
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// getWithin asks for a token for a caller that waits for d at most.
func getWithin(t *testing.T, credential azcore.TokenCredential, d time.Duration) (azcore.AccessToken, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	return credential.GetToken(ctx, someScope)
}

var someScope = policy.TokenRequestOptions{Scopes: []string{"s/.default"}}

// both measures the two credentials, one after the other, on a clock of the bubble.
// It cannot wait for a mutex while that clock stands still; see bothInRealTime.
func both[T any](t *testing.T, measure func(*testing.T, constructor) T) (theirs, ours T) {
	t.Helper()
	return bothInRealTime(t, func(t *testing.T, create constructor) (result T) {
		t.Helper()
		synctest.Test(t, func(t *testing.T) {
			result = measure(t, create)
			time.Sleep(time.Hour) // until what was begun has ended
		})
		return result
	})
}

// bothInRealTime is for what azidentity does under a mutex, and for servers.
func bothInRealTime[T any](t *testing.T, measure func(*testing.T, constructor) T) (theirs, ours T) {
	t.Helper()
	if !t.Run("azidentity", func(t *testing.T) { theirs = measure(t, newAzidentity) }) ||
		!t.Run("tokencredential", func(t *testing.T) { ours = measure(t, newTokencredential) }) {
		t.FailNow()
	}
	return theirs, ours
}

// versionInDocument returns the version of azidentity that the table is about.
func versionInDocument(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	match := regexp.MustCompile(`azidentity ([0-9.]*[0-9])`).FindSubmatch(text)
	if match == nil {
		t.Fatalf("%s has no version of azidentity", document)
	}
	return string(match[1])
}

const document = "../../docs/reuse.md"

// rows finds the rows of the document's table: what, azidentity, tokencredential, test.
func rows(t *testing.T) [][]string {
	t.Helper()
	text, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	return regexp.MustCompile("(?m)^\\| ([^|]+) \\| ([^|]+) \\| ([^|]+) \\| `(TestCompare[A-Za-z0-9]+)` \\|$").FindAllStringSubmatch(string(text), -1)
}

// report logs both figures and holds the document's table against them. Behind the
// word "about", digits are not compared. Worse is whether the comparison is lost.
func report(t *testing.T, theirs, ours string, worse bool) {
	t.Helper()
	t.Logf("azidentity: %s; tokencredential: %s", theirs, ours)
	if worse {
		t.Errorf("worse than azidentity: %s; azidentity: %s", ours, theirs)
	}
	for _, row := range rows(t) {
		if row[4] != t.Name() {
			continue
		}
		if sameFigures(row[2]) != sameFigures(theirs) || sameFigures(row[3]) != sameFigures(ours) {
			t.Errorf("%s is out of date: it has %q and %q", document, row[2], row[3])
		}
		return
	}
	t.Errorf("no row in %s: | … | %s | %s | `%s` |", document, theirs, ours, t.Name())
}

func sameFigures(cell string) string {
	exact, rough, ok := strings.Cut(cell, "about")
	if !ok {
		return cell
	}
	return exact + regexp.MustCompile(`[0-9.,]+ ?[nµmk]?`).ReplaceAllString(rough, "#")
}

// TestTable finds the tests without a row in the table, and the rows without a test.
func TestTable(t *testing.T) {
	files, err := filepath.Glob("*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]bool{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, match := range regexp.MustCompile(`(?m)^func (TestCompare\w+)\(`).FindAllStringSubmatch(string(text), -1) {
			tests[match[1]] = false
		}
	}
	for _, row := range rows(t) {
		if listed, ok := tests[row[4]]; !ok || listed {
			t.Errorf("%s: the row of %s, which is not a test or has another row", document, row[4])
		}
		tests[row[4]] = true
	}
	for test, listed := range tests {
		if !listed {
			t.Errorf("%s has no row for %s", document, test)
		}
	}
	if module, err := os.ReadFile("go.mod"); err != nil || !strings.Contains(string(module), "/azidentity v"+versionInDocument(t)) {
		t.Errorf("%s is about azidentity %s; go.mod has another (error %v)", document, versionInDocument(t), err)
	}
	if len(tests) < 20 {
		t.Errorf("only %d tests were found", len(tests))
	}
}
