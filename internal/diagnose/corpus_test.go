package diagnose

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/textproto"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/workload-identity-quickstart/msal-go/internal/config"
	"github.com/workload-identity-quickstart/msal-go/internal/keyvault"
	"github.com/workload-identity-quickstart/msal-go/pkg/tokencredential"
)

// failure is an entry of the corpus: something that people reported publicly.
// testdata/corpus/README.md describes the format.
type failure struct {
	name  string
	head  textproto.MIMEHeader
	body  string
	facts map[string][]string
}

// explainable are the kinds of failures that a program in a pod sees.
var explainable = []string{"token", "vault", "network", "tokenfile", "environment"}

// notYet are failures whose explanation is not right yet, with the reason. None of
// these explanations may be wrong: they are generic.
var notYet = map[string]string{}

// corpus reads all entries.
func corpus(t *testing.T) []failure {
	t.Helper()
	paths, err := filepath.Glob("testdata/corpus/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	var all []failure
	for _, path := range paths {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		f, err := parseFailure(strings.TrimSuffix(filepath.Base(path), ".txt"), string(content))
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		all = append(all, f)
	}
	return all
}

func parseFailure(name, content string) (failure, error) {
	reader := bufio.NewReader(strings.NewReader(content))
	head, err := textproto.NewReader(reader).ReadMIMEHeader()
	if err != nil {
		return failure{}, fmt.Errorf("head: %w", err)
	}
	body, err := io.ReadAll(reader)
	if err != nil {
		return failure{}, err
	}
	f := failure{name: name, head: head, body: strings.TrimSpace(string(body)), facts: map[string][]string{}}
	for _, fact := range head.Values("Fact") {
		key, value, ok := strings.Cut(fact, "=")
		if !ok {
			return failure{}, fmt.Errorf("fact %q is not of the form key=value", fact)
		}
		f.facts[key] = append(f.facts[key], value)
	}
	return f, nil
}

func (f failure) get(key string) string { return f.head.Get(key) }

func (f failure) fact(key, fallback string) string {
	if values := f.facts[key]; len(values) > 0 {
		return values[0]
	}
	return fallback
}

// links are the corpus's names of links.
var links = map[string][]Link{
	"Configuration": {LinkConfiguration}, "Webhook": {LinkWebhook}, "Token file": {LinkTokenFile}, "Entra ID": {LinkEntra},
	"Issuer": {LinkIssuer}, "Federation": {LinkFederation}, "Network": {LinkNetwork}, "Key Vault": {LinkVault}, "Secret": {LinkVault},
}

// judge returns what is wrong with an explanation, part by part.
func (f failure) judge(e Explanation) (link, cause, fix []string) {
	if !slices.Contains(links[f.get("Link")], e.Link) {
		link = append(link, fmt.Sprintf("link is %q, want %q", e.Link, f.get("Link")))
	}
	return link, f.unmatched("Cause-names", e.Cause), append(f.unmatched("Fix-contains", e.Fix), f.matched("Fix-excludes", e.Fix)...)
}

func (f failure) unmatched(key, text string) (problems []string) {
	for _, expression := range f.head.Values(key) {
		if !regexp.MustCompile(`(?i)` + expression).MatchString(text) {
			problems = append(problems, fmt.Sprintf("%s: %s does not match", key, expression))
		}
	}
	return problems
}

func (f failure) matched(key, text string) (problems []string) {
	for _, expression := range f.head.Values(key) {
		if regexp.MustCompile(expression).MatchString(text) {
			problems = append(problems, fmt.Sprintf("%s: %s matches", key, expression))
		}
	}
	return problems
}

func TestCorpus(t *testing.T) {
	all := corpus(t)
	if len(all) < 150 {
		t.Errorf("%d failures, want 150", len(all))
	}
	seen, right, half, wrong := 0, 0, 0, 0
	for _, f := range all {
		for _, key := range []string{"Title", "Source", "Cause", "Fix", "Via", "Link", "Cause-names", "Fix-contains"} {
			if len(f.head.Values(key)) == 0 {
				t.Errorf("%s has no %s", f.name, key)
			}
		}
		if !slices.Contains(explainable, f.get("Via")) {
			continue
		}
		seen++
		t.Run(f.name, func(t *testing.T) {
			facts, err := f.happen(t)
			if err == nil {
				t.Fatal("it did not fail")
			}
			got := Explain(err, facts)
			link, cause, fix := f.judge(got)
			switch {
			case len(link)+len(cause)+len(fix) == 0:
				right++
				if notYet[f.name] != "" {
					t.Errorf("it is explained: remove it from notYet")
				}
				return
			case len(cause) == 0 || len(fix) == 0:
				half++
			default:
				wrong++
			}
			if notYet[f.name] == "" {
				t.Errorf("%s\nerror: %v\nid:    %s\nlink:  %s\ncause: %s\nfix:   %s", strings.Join(slices.Concat(link, cause, fix), "\n"), err, got.ID, got.Link, got.Cause, got.Fix)
			}
		})
	}
	t.Logf("%d failures, of which a pod sees %d: %d explained, %d by half, %d not", len(all), seen, right, half, wrong)
	if len(notYet)*10 > seen {
		t.Errorf("%d of %d are not explained yet, which is more than a tenth", len(notYet), seen)
	}
}

// happen lets the failure happen the way it does in the program.
func (f failure) happen(t *testing.T) (Facts, error) {
	t.Helper()
	f.setEnvironment(t)
	var err error
	switch f.get("Via") {
	case "token":
		err = f.token(t)
	case "vault":
		err = f.vault(t)
	case "network":
		err = f.network(t)
	case "tokenfile":
		err = f.tokenFile(t)
	case "environment":
		err = f.environment()
	}
	facts := Gather(os.Getenv)
	if path := f.fact("token-file", ""); path != "" {
		facts.TokenFile = path // which does not exist on this machine
	}
	facts.VaultAddress = f.fact("vault-address", "")
	return facts, err
}

func (f failure) setEnvironment(t *testing.T) {
	t.Helper()
	for name, value := range map[string]string{
		"AZURE_CLIENT_ID":      f.fact("client-id", "22222222-2222-2222-2222-222222222222"),
		"AZURE_TENANT_ID":      f.fact("tenant", "11111111-1111-1111-1111-111111111111"),
		"AZURE_AUTHORITY_HOST": f.fact("authority-host", "https://login.microsoftonline.com/"),
		"KEYVAULT_URL":         f.fact("vault-url", "https://my-vault.vault.azure.net/"),
		"SECRET_NAME":          f.fact("secret-name", "my-secret"),
		"HOSTNAME":             "quick-start",
		"HTTPS_PROXY":          "", "AZURE_KUBERNETES_TOKEN_PROXY": "",
	} {
		t.Setenv(name, value)
	}
	path := filepath.Join(t.TempDir(), "azure-identity-token")
	if err := os.WriteFile(path, []byte(f.jwt(t)), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("AZURE_FEDERATED_TOKEN_FILE", path)
	for _, variable := range f.facts["unset"] {
		t.Setenv(variable, "")
	}
}

var recordedTime = regexp.MustCompile(`Timestamp: (\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ)`)

// jwt has the claims of the pod's token at the time of the record.
func (f failure) jwt(t *testing.T) string {
	t.Helper()
	now := time.Now()
	if match := recordedTime.FindStringSubmatch(f.body); match != nil {
		if recorded, err := time.Parse("2006-01-02 15:04:05Z", match[1]); err == nil {
			now = recorded
		}
	}
	duration := func(fact, fallback string) time.Duration {
		d, err := time.ParseDuration(f.fact(fact, fallback))
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	expires := now.Add(duration("expires-in", "45m"))
	claims := map[string]any{
		"iss": f.fact("issuer", "https://eastus.oic.prod-aks.azure.com/1111/2222/"),
		"sub": f.fact("subject", "system:serviceaccount:default:workload-identity-sa"),
		"exp": expires.Unix(),
		"iat": expires.Add(-duration("lifetime", "1h")).Unix(),
	}
	if audience := f.fact("audience", "api://AzureADTokenExchange"); audience != "" {
		claims["aud"] = []string{audience}
	}
	segment := func(v any) string {
		content, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return base64.RawURLEncoding.EncodeToString(content)
	}
	header := map[string]any{"alg": f.fact("algorithm", "RS256"), "kid": "1"}
	return segment(header) + "." + segment(claims) + "." + base64.RawURLEncoding.EncodeToString([]byte("signature"))
}

// newCredential returns a credential that sends each request once.
func newCredential(transport policy.Transporter) (*tokencredential.Credential, error) {
	return tokencredential.New(&tokencredential.Options{
		ClientOptions: azcore.ClientOptions{Transport: transport, Retry: policy.RetryOptions{MaxRetries: -1}},
	})
}

// transportFunc is a transport.
type transportFunc func(*http.Request) (*http.Response, error)

func (f transportFunc) Do(req *http.Request) (*http.Response, error) { return f(req) }

func getToken(t *testing.T, transport policy.Transporter) error {
	t.Helper()
	credential, err := newCredential(transport)
	if err != nil {
		return err
	}
	_, err = credential.GetToken(t.Context(), policy.TokenRequestOptions{Scopes: []string{"https://vault.azure.net/.default"}})
	return err
}

// response writes what the record shows, status and headers included.
func (f failure) response(t *testing.T, w http.ResponseWriter, body string) {
	t.Helper()
	w.Header().Set("Content-Type", "text/html")
	if json.Valid([]byte(body)) {
		w.Header().Set("Content-Type", "application/json")
	}
	for _, header := range f.head.Values("Header") {
		name, value, _ := strings.Cut(header, ":")
		w.Header().Set(strings.TrimSpace(name), strings.TrimSpace(value))
	}
	status, err := strconv.Atoi(f.get("Status"))
	if err != nil {
		t.Fatalf("status %q is not a number", f.get("Status"))
	}
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body)
}

// serve handles requests, without a network.
func serve(handler http.HandlerFunc) policy.Transporter {
	return transportFunc(func(req *http.Request) (*http.Response, error) {
		if err := req.Context().Err(); err != nil {
			return nil, err
		}
		recorder := httptest.NewRecorder()
		handler(recorder, req)
		resp := recorder.Result()
		resp.Request = req
		return resp, nil
	})
}

// token lets the token endpoint, or the token proxy, send the recorded response.
func (f failure) token(t *testing.T) error {
	t.Helper()
	body := f.body
	if !json.Valid([]byte(body)) && (f.get("Error") != "" || strings.Contains(body, "AADSTS")) {
		response := map[string]any{"error": "invalid_client", "error_description": body}
		if f.get("Error") != "" {
			response["error"] = f.get("Error")
		}
		var codes []int
		for _, code := range f.head.Values("Codes") {
			for field := range strings.FieldsSeq(strings.ReplaceAll(code, ",", " ")) {
				number, err := strconv.Atoi(field)
				if err != nil {
					t.Fatal(err)
				}
				codes = append(codes, number)
			}
		}
		if len(codes) > 0 {
			response["error_codes"] = codes
		}
		if match := recordedTime.FindStringSubmatch(body); match != nil {
			response["timestamp"] = match[1]
		}
		wrapped, err := json.Marshal(response)
		if err != nil {
			t.Fatal(err)
		}
		body = string(wrapped)
	}
	handler := func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet { // discovery of an authority that is not well known
			base := "https://" + r.Host + "/" + os.Getenv("AZURE_TENANT_ID")
			w.Header().Set("Content-Type", "application/json")
			_, _ = fmt.Fprintf(w, `{"tenant_discovery_endpoint":"%[1]s/v2.0/.well-known/openid-configuration",`+
				`"authorization_endpoint":"%[1]s/a","token_endpoint":"%[1]s/t","issuer":"%[1]s/v2.0"}`, base)
			return
		}
		f.response(t, w, body)
	}
	if f.fact("token-proxy", "") != "" {
		proxy := httptest.NewTLSServer(http.HandlerFunc(handler))
		defer proxy.Close()
		t.Setenv("AZURE_KUBERNETES_TOKEN_PROXY", proxy.URL)
		t.Setenv("AZURE_KUBERNETES_CA_DATA", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: proxy.Certificate().Raw})))
		return getToken(t, nil)
	}
	return getToken(t, serve(handler))
}

// staticCredential has a token already.
type staticCredential struct{}

func (staticCredential) GetToken(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error) {
	return azcore.AccessToken{Token: "token", ExpiresOn: time.Now().Add(time.Hour)}, nil
}

func readVault(t *testing.T, credential azcore.TokenCredential, transport policy.Transporter) error {
	t.Helper()
	vault, err := keyvault.New(os.Getenv("KEYVAULT_URL"), credential, &azcore.ClientOptions{Transport: transport, Retry: policy.RetryOptions{MaxRetries: -1}})
	if err != nil {
		return err
	}
	_, err = vault.Secret(t.Context(), os.Getenv("SECRET_NAME"))
	return err
}

// vault lets Key Vault send the recorded response to a request with a token.
func (f failure) vault(t *testing.T) error {
	t.Helper()
	body := f.body
	if code := f.get("Code"); code != "" {
		inner := map[string]any{"code": code, "message": body}
		if f.get("Inner") != "" {
			inner["innererror"] = map[string]string{"code": f.get("Inner")}
		}
		wrapped, err := json.Marshal(map[string]any{"error": inner})
		if err != nil {
			t.Fatal(err)
		}
		body = string(wrapped)
	}
	vaultURL, err := url.Parse(os.Getenv("KEYVAULT_URL"))
	if err != nil {
		t.Fatal(err)
	}
	_, domain, _ := strings.Cut(vaultURL.Hostname(), ".")
	return readVault(t, staticCredential{}, serve(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") == "" && len(f.head.Values("Header")) == 0 {
			w.Header().Set("WWW-Authenticate", fmt.Sprintf(`Bearer authorization="https://login.microsoftonline.com/%s", resource="https://%s"`,
				os.Getenv("AZURE_TENANT_ID"), domain))
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		f.response(t, w, body)
	}))
}

func (f failure) tokenFile(t *testing.T) error {
	t.Helper()
	path := os.Getenv("AZURE_FEDERATED_TOKEN_FILE")
	write := func(content string) {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	switch f.get("File") {
	case "missing":
		path = f.fact("token-file", path+"-missing")
	case "unreadable":
		// Root may read every file, so the error is that of the operating system.
		return fmt.Errorf("get secret: %w", &tokencredential.TokenFileError{Path: f.fact("token-file", path), Err: syscall.EACCES})
	case "empty":
		write("")
	case "directory":
		path = t.TempDir()
	case "not-a-jwt":
		write("not a token")
	case "too-large":
		write(strings.Repeat("a", 65<<10))
	default:
		t.Fatalf("no such kind of file: %q", f.get("File"))
	}
	t.Setenv("AZURE_FEDERATED_TOKEN_FILE", path)
	return getToken(t, nil)
}

// environment checks the configuration as the program does at its start.
func (f failure) environment() error {
	_, err := config.Load(os.Getenv)
	_, credentialErr := tokencredential.New(nil)
	return errors.Join(err, credentialErr)
}

// network lets the connection to the host fail.
func (f failure) network(t *testing.T) error {
	t.Helper()
	host := f.get("Host")
	transport := f.transport(t, host)
	t.Cleanup(transport.CloseIdleConnections)
	client := &http.Client{Transport: transport}
	if strings.HasPrefix(host, "login.") || strings.Contains(host, "microsoftonline") {
		t.Setenv("AZURE_AUTHORITY_HOST", "https://"+host+"/")
		return getToken(t, client)
	}
	t.Setenv("KEYVAULT_URL", "https://"+host+"/")
	return readVault(t, staticCredential{}, client)
}

func (f failure) transport(t *testing.T, host string) *http.Transport {
	t.Helper()
	quiet := log.New(io.Discard, "", 0)
	dialing := func(err error) *http.Transport {
		return &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) { return nil, err }}
	}
	to := func(address string, config *tls.Config) *http.Transport {
		return through(t, address, config).Transport.(*http.Transport)
	}
	listening := func(handle func(net.Conn)) *http.Transport {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = listener.Close() })
		go func() {
			for {
				conn, err := listener.Accept()
				if err != nil {
					return // closed
				}
				handle(conn)
			}
		}()
		return to(listener.Addr().String(), nil)
	}
	secure := func(configure func(*httptest.Server) *tls.Config) *http.Transport {
		server := httptest.NewUnstartedServer(http.NotFoundHandler())
		server.Config.ErrorLog = quiet
		server.StartTLS()
		t.Cleanup(server.Close)
		return to(server.Listener.Addr().String(), configure(server))
	}
	trusting := func(server *httptest.Server, config *tls.Config) *tls.Config {
		config.RootCAs = x509.NewCertPool()
		config.RootCAs.AddCert(server.Certificate())
		return config
	}
	proxy := func(address string) *http.Transport {
		u, err := url.Parse("http://" + address)
		if err != nil {
			t.Fatal(err)
		}
		t.Setenv("HTTPS_PROXY", u.String())
		return &http.Transport{Proxy: http.ProxyURL(u)}
	}
	rejecting := func(status int) *http.Transport {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
		t.Cleanup(server.Close)
		return proxy(server.Listener.Addr().String())
	}
	address := &net.TCPAddr{IP: net.IPv4(20, 190, 159, 2), Port: 443}
	switch f.get("Network") {
	case "no-such-host":
		return dialing(&net.OpError{Op: "dial", Net: "tcp", Err: &net.DNSError{Err: "no such host", Name: host, Server: "10.0.0.10:53", IsNotFound: true}})
	case "dns-timeout":
		return dialing(&net.OpError{Op: "dial", Net: "tcp", Err: &net.DNSError{Err: "i/o timeout", Name: host, Server: "10.0.0.10:53", IsTimeout: true, IsTemporary: true}})
	case "connect-timeout":
		return dialing(&net.OpError{Op: "dial", Net: "tcp", Addr: address, Err: os.ErrDeadlineExceeded})
	case "refused":
		return to(closedPort(t), nil)
	case "unreachable":
		return dialing(&net.OpError{Op: "dial", Net: "tcp", Addr: address, Err: os.NewSyscallError("connect", syscall.ENETUNREACH)})
	case "reset":
		return listening(func(conn net.Conn) {
			_, _ = conn.Read(make([]byte, 1))
			_ = conn.(*net.TCPConn).SetLinger(0)
			_ = conn.Close()
		})
	case "eof":
		return listening(func(conn net.Conn) {
			_, _ = io.CopyN(io.Discard, conn, 5)
			_ = conn.(*net.TCPConn).CloseWrite()
			_, _ = io.Copy(io.Discard, conn)
			_ = conn.Close()
		})
	case "silent":
		transport := listening(func(net.Conn) {})
		transport.TLSHandshakeTimeout = time.Millisecond
		return transport
	case "tls-unknown-authority":
		return secure(func(*httptest.Server) *tls.Config { return &tls.Config{ServerName: "example.com"} })
	case "tls-wrong-host":
		return secure(func(s *httptest.Server) *tls.Config { return trusting(s, &tls.Config{}) })
	case "tls-expired":
		return secure(func(s *httptest.Server) *tls.Config {
			return trusting(s, &tls.Config{ServerName: "example.com", Time: func() time.Time { return s.Certificate().NotAfter.Add(time.Hour) }})
		})
	case "tls-not-spoken":
		server := httptest.NewServer(http.NotFoundHandler())
		t.Cleanup(server.Close)
		return to(server.Listener.Addr().String(), nil)
	case "proxy-unreachable":
		return proxy(closedPort(t))
	case "proxy-407":
		return rejecting(http.StatusProxyAuthRequired)
	case "proxy-403":
		return rejecting(http.StatusForbidden)
	case "proxy-502":
		return rejecting(http.StatusBadGateway)
	}
	t.Fatalf("no such network failure: %q", f.get("Network"))
	return nil
}
