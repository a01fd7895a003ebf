package diagnose

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"

	"github.com/workload-identity-quickstart/msal-go/internal/azurecloud"
	"github.com/workload-identity-quickstart/msal-go/pkg/tokencredential"
)

// checkWhole reports what no explanation may look like.
func checkWhole(t *testing.T, e Explanation) {
	t.Helper()
	if e.ID == "" || e.Link == "" || e.Cause == "" || e.Fix == "" {
		t.Errorf("a field is empty: %+v", e)
	}
	for _, text := range []string{e.Cause, e.Fix} {
		if strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) {
			t.Errorf("an unprintable character in %q", text)
		}
		if len(text) > 8000 {
			t.Errorf("%d bytes are too many for a log line", len(text))
		}
	}
}

func TestExplainOddErrors(t *testing.T) {
	var config *tokencredential.ConfigError
	var file *tokencredential.TokenFileError
	var authentication *tokencredential.AuthenticationError
	var response *azcore.ResponseError
	var request *url.Error
	for _, err := range []error{
		nil, config, file, authentication, response, request,
		&tokencredential.ConfigError{}, &tokencredential.TokenFileError{}, &tokencredential.AuthenticationError{},
		&azcore.ResponseError{}, &azcore.ResponseError{RawResponse: &http.Response{}}, &url.Error{Err: io.EOF},
		fmt.Errorf("wrapped: %w", errors.Join(authentication, errors.New("second"))),
	} {
		checkWhole(t, Explain(err, Facts{}))
	}
}

func TestExplainFindsWrappedErrors(t *testing.T) {
	for _, s := range samples() {
		plain := s.explain()
		s.err = errors.Join(errors.New("read failed"), fmt.Errorf("again: %w", s.err))
		if got := s.explain(); got.ID != plain.ID {
			t.Errorf("%s became %s by wrapping", plain.ID, got.ID)
		}
	}
}

func TestExplainShowsNoToken(t *testing.T) {
	const token = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.c2ln"
	for _, err := range []error{
		errors.New("bad " + token),
		&tokencredential.AuthenticationError{StatusCode: 400, Code: "invalid_client", Message: "bad " + token},
		fmt.Errorf("KEYVAULT_URL: %s is no URL", token),
	} {
		got := Explain(err, Facts{ClientID: token, Subject: token})
		if strings.Contains(got.Cause+got.Fix, "eyJ") {
			t.Errorf("the token is shown: %+v", got)
		}
		checkWhole(t, got)
	}
}

// Values come from the environment and from a token that nobody verified. A shell
// must take each as one word, and do nothing with it.
func TestFixIsSafeToPaste(t *testing.T) {
	shell, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("no POSIX shell")
	}
	dir := t.TempDir()
	hostile := "x'; touch pwned; $(touch pwned) `touch pwned` \\\" & <in >out #*"
	for _, s := range samples() {
		facts := Facts{
			ClientID: hostile, TenantID: hostile, TokenFile: hostile, SecretName: hostile, PodName: hostile,
			VaultURL: "https://my-vault.vault.azure.net/", Issuer: hostile, Subject: "system:serviceaccount:" + hostile + ":s",
			Audience: []string{azurecloud.Public.Audience, hostile},
		}
		got := Explain(s.err, facts)
		if strings.HasPrefix(got.Fix, "wait:") {
			continue
		}
		var script strings.Builder
		for _, tool := range []string{"az", "kubectl", "helm", "curl", "openssl", "grep"} {
			script.WriteString(tool + `() { for a; do printf '%s\n' "[$a]" >>args; done; }` + "\n")
		}
		script.WriteString(got.Fix + "\n")
		cmd := exec.CommandContext(t.Context(), shell, "-eu")
		cmd.Dir, cmd.Stdin = dir, strings.NewReader(script.String())
		if output, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s: sh cannot run %s: %v\n%s", s.id, got.Fix, err, output)
		}
		args, err := os.ReadFile(filepath.Join(dir, "args"))
		if err != nil {
			t.Fatalf("%s: %s ran no command: %v", s.id, got.Fix, err)
		}
		command, _, _ := strings.Cut(entryOf(s.id).fix, " # ")
		if strings.Contains(facts.Command(command), "touch") && !strings.Contains(string(args), hostile) {
			t.Errorf("%s: the value did not arrive whole: %s", s.id, args)
		}
		_ = os.Remove(filepath.Join(dir, "args"))
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) > 0 {
		t.Errorf("a value was executed: %v, %v", left, err)
	}
}

func TestCommandLeavesOutWhatCannotBePasted(t *testing.T) {
	for _, value := range []string{"", "--debug", "a\nb", "a\x1b[2Jb", "a\u202eb", strings.Repeat("a", maxShown+1)} {
		if got := (values{"client-id": value}).command("az {client-id}"); got != "az CLIENT_ID" {
			t.Errorf("%q became %q", value, got)
		}
	}
}

func TestGather(t *testing.T) {
	claims := `{"iss":"https://issuer/","sub":"system:serviceaccount:shop:cart","aud":["a","b"],"iat":1763913600,"exp":1763917200}`
	path := filepath.Join(t.TempDir(), "token")
	token := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"ES256"}`)) + "." + base64.RawURLEncoding.EncodeToString([]byte(claims)) + ".c2ln\n"
	if err := os.WriteFile(path, []byte(token), 0o600); err != nil {
		t.Fatal(err)
	}
	env := map[string]string{
		"AZURE_CLIENT_ID": "c", "AZURE_TENANT_ID": "t", "AZURE_FEDERATED_TOKEN_FILE": path, "AZURE_AUTHORITY_HOST": "https://login/",
		"KEYVAULT_URL": " https://v.vault.azure.net/ ", "SECRET_NAME": "s", "HOSTNAME": "p", "AZURE_KUBERNETES_TOKEN_PROXY": "https://proxy",
	}
	want := Facts{
		ClientID: "c", TenantID: "t", TokenFile: path, AuthorityHost: "https://login/", VaultURL: "https://v.vault.azure.net/",
		SecretName: "s", PodName: "p", TokenProxy: true, Algorithm: "ES256", Issuer: "https://issuer/", Subject: "system:serviceaccount:shop:cart",
		Audience: []string{"a", "b"}, IssuedAt: time.Unix(1763913600, 0).UTC(), Expires: time.Unix(1763917200, 0).UTC(),
	}
	if got := Gather(func(name string) string { return env[name] }); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
	if got := want.Lifetime(); got != time.Hour {
		t.Errorf("lifetime %s", got)
	}
	if got := Gather(func(string) string { return "" }); !reflect.DeepEqual(got, Facts{}) {
		t.Errorf("an empty environment has %+v", got)
	}
}

func FuzzExplain(f *testing.F) {
	f.Add(401, 700211, "AADSTS700211: No matching record", "trace", "{}", "text/html", "https://v.vault.azure.net/", "iss", "sub")
	f.Add(403, 1, "", "", `{"error":{"code":"Forbidden","innererror":{"code":"ForbiddenByRbac"}}}`, "application/json", "https://v/", "a\x00", "b")
	f.Add(-1, -1, "{message}{x}", "\x1b", `{"error":[]}`, "", "::", "'", "-x")
	f.Fuzz(func(t *testing.T, status, code int, text, trace, body, header, vault, issuer, subject string) {
		facts := Facts{ClientID: subject, TenantID: issuer, TokenFile: text, AuthorityHost: trace, VaultURL: vault, SecretName: text,
			PodName: subject, Issuer: issuer, Subject: subject, Audience: []string{text}}
		checkWhole(t, Explain(&tokencredential.AuthenticationError{
			StatusCode: status, Code: header, ErrorCodes: []int{code}, Message: text, TraceID: trace}, facts))
		checkWhole(t, Explain(errors.New(text), facts))
		checkWhole(t, Explain(&tokencredential.TokenFileError{Path: text, Err: errors.New(body)}, facts))
		response := &http.Response{StatusCode: status, Header: http.Header{"X-Ms-Error-Code": {header}}, Body: io.NopCloser(strings.NewReader(body))}
		if u, err := url.Parse(vault); err == nil {
			response.Request = &http.Request{URL: u}
		}
		checkWhole(t, Explain(runtime.NewResponseError(response), facts))
	})
}

func TestFixKeepsTheAudienceOfASovereignCloud(t *testing.T) {
	rejected := &tokencredential.AuthenticationError{StatusCode: 401, Code: "invalid_client", ErrorCodes: []int{700213}, Message: "AADSTS700213: No match."}
	for audience, want := range map[string]string{
		"api://AzureADTokenExchangeUSGov": "--audiences api://AzureADTokenExchangeUSGov",
		"api://other":                     "--audiences api://AzureADTokenExchange",
	} {
		got := Explain(rejected, Facts{Issuer: "https://i/", Subject: "s", Audience: []string{audience}})
		if !strings.Contains(got.Fix, want+" ") {
			t.Errorf("token for %s: fix %q does not end in %q", audience, got.Fix, want)
		}
	}
}
