package main

import (
	"context"
	"encoding/base64"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/workload-identity-quickstart/msal-go/pkg/tokencredential"
)

// TestMain lets the test binary be the COMMAND of localazure exec.
func TestMain(m *testing.M) {
	if task := os.Getenv("LOCALAZURE_TEST_TASK"); task != "" {
		os.Exit(perform(task))
	}
	os.Exit(m.Run())
}

// perform is what the test binary does as a command.
func perform(task string) int {
	switch task {
	case "exit 7":
		return 7
	case "environ":
		fmt.Println(strings.Join(os.Environ(), "\n"))
		return 0
	case "challenge":
		// Nothing but the environment leads this to the sandbox.
		resp, err := http.Get(os.Getenv("KEYVAULT_URL") + "secrets/" + os.Getenv("SECRET_NAME") + "?api-version=7.4")
		if err != nil {
			fmt.Println(err)
			return 1
		}
		defer resp.Body.Close()
		fmt.Println(resp.StatusCode, resp.Header.Get("WWW-Authenticate"))
		return 0
	case "api":
		token, err := tokencredential.New(nil)
		if err != nil {
			fmt.Println(err)
			return 1
		}
		access, err := token.GetToken(context.Background(), policy.TokenRequestOptions{Scopes: []string{"api://orders/.default"}})
		if err != nil {
			fmt.Println(err)
			return 1
		}
		claims, err := base64.RawURLEncoding.DecodeString(strings.Split(access.Token, ".")[1])
		fmt.Println(string(claims), err)
		return 0
	case "copy":
		if _, err := io.Copy(os.Stdout, os.Stdin); err != nil {
			return 1
		}
		return 0
	case "die":
		if self, err := os.FindProcess(os.Getpid()); err == nil && self.Kill() == nil {
			select {}
		}
	case "wait":
		signals := make(chan os.Signal, 1)
		signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
		fmt.Println("ready")
		switch <-signals {
		case os.Interrupt:
			return 40
		case syscall.SIGTERM:
			return 41
		}
	}
	return 99
}

// invoke runs a command line that is expected to end by itself, with files as
// its output: what a command shares with localazure must be a file.
func invoke(t *testing.T, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	dir := t.TempDir()
	create := func(name string) *os.File {
		file, err := os.Create(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return file
	}
	read := func(file *os.File) string {
		defer file.Close()
		content, err := os.ReadFile(file.Name())
		if err != nil {
			t.Fatal(err)
		}
		return string(content)
	}
	out, errs := create("stdout"), create("stderr")
	status = run(t.Context(), args, nil, strings.NewReader(""), out, errs)
	return status, read(out), read(errs)
}

func TestUsage(t *testing.T) {
	for _, test := range []struct {
		args           []string
		status         int
		stdout, stderr []string
	}{
		{[]string{"-version"}, 0, []string{"dev\n"}, nil},
		{[]string{"-h"}, 0, []string{"localazure exec [flags]", "localazure serve [flags]"}, nil},
		{[]string{"exec", "-h"}, 0, []string{"Examples:", "-identity-binding", "-latency duration", "128 + n"}, nil},
		{[]string{"serve", "-help"}, 0, []string{"Examples:", "-federated-credential issuer=URL", `default ":3128"`, "/healthz"}, nil},
		{nil, 2, nil, []string{"a command is missing"}},
		{[]string{"start"}, 2, nil, []string{`"start" is not a command`}},
		{[]string{"exec"}, 2, nil, []string{"COMMAND is missing"}},
		{[]string{"exec", "--none", "--", "true"}, 2, nil, []string{"-none"}},
		{[]string{"exec", "--cloud", "mars", "--latency", "-1s", "--throttle", "none", "--deny-secret", "all", "--secret", "hunter2",
			"--token-lifetime", "1", "--federated-credential-after", "x", "--", "true"}, 2, nil,
			[]string{`-cloud: cloud "mars"`, `-latency: "-1s"`, `-throttle: "none"`, `-deny-secret: denial "all"`, "-secret: want [VAULT/]NAME=VALUE",
				`-token-lifetime: "1"`, `-federated-credential-after: "x"`, "'localazure exec -h'"}},
		{[]string{"serve", "--tenant", "t", "--client-id", "c", "--object-id", "o", "--ca-cert", "f", "--tls-listen", ":1",
			"--federated-credential", "issuer=http://x,audience=", "--identity-binding", "subject=s,audience=a", "extra"}, 2, nil,
			[]string{`-tenant: "t"`, `-client-id: "c"`, `-object-id: "o"`, "-ca-cert and -ca-key go together", "-tls-listen and -tls-server-name go together",
				`issuer "http://x" is not an https URL`, "audience is empty", `-identity-binding: "audience=a" is none of`, `was given "extra"`}},
		{[]string{"serve", "--identity-binding", "issuer=https://x,subject=s"}, 2, nil, []string{"-identity-binding needs -tls-listen"}},
		{[]string{"serve", "--api", "uri=api://a", "--api", "scope=b"}, 2, nil, []string{"-api: uri and client-id are needed", `-api: "scope=b" is none of client-id=…, role=…, token-version=…, uri=…`}},
		{[]string{"serve", "--api", "uri=a,client-id=b", "--secret", "a_b=c"}, 2, nil,
			[]string{`api a: client id "b" is not a GUID`, `identifier URI "a" is not a URI`, `secret name "a_b"`}},
		{[]string{"exec", "--api", "uri=api://a,client-id=b,token-version=3", "--", "true"}, 2, nil, []string{`token-version "3" is neither 1 nor 2`}},
		{[]string{"exec", "--api", "uri=a,client-id=b", "--", "true"}, 1, nil, []string{`api a: client id "b" is not a GUID`}},
		{[]string{"env", "-h"}, 0, []string{"Example:", "-ca-cert file"}, nil},
		{[]string{"env", "--proxy", "x", "extra"}, 2, nil, []string{"-ca-cert is needed", `-proxy: "x"`, `was given "extra"`}},
		{[]string{"env", "--ca-cert", "/nonexistent"}, 1, nil, []string{"read authority", "/nonexistent"}},
		{[]string{"exec", "--secret", "two/a=b", "--", "true"}, 1, nil, []string{`secret "a": there is no vault "two"`}},
		{[]string{"serve", "--secret", "a=b", "--secret", "a=c"}, 2, nil, []string{`secret "a" is given twice`}},
		{[]string{"serve", "--vault", "k", "--secret", "a_b=c"}, 2, nil, []string{`vault name "k"`}},
		{[]string{"serve", "--secret", "a_b=c", "--secret", "d.e=f"}, 2, nil, []string{`secret name "a_b"`, `secret name "d.e"`}},
		{[]string{"serve", "--issuer-ca", "/nonexistent"}, 1, nil, []string{"read issuer roots", "/nonexistent"}},
		{[]string{"exec", "--secret", "a_b=hunter2", "--", "true"}, 1, nil, []string{`secret name "a_b"`}},
	} {
		t.Run(strings.Join(test.args, " "), func(t *testing.T) {
			status, stdout, stderr := invoke(t, test.args...)
			if status != test.status {
				t.Errorf("status = %d, want %d", status, test.status)
			}
			for _, want := range test.stdout {
				if !strings.Contains(stdout, want) {
					t.Errorf("standard output = %q, want %q in it", stdout, want)
				}
			}
			for _, want := range test.stderr {
				if !strings.Contains(stderr, want) {
					t.Errorf("standard error = %q, want %q in it", stderr, want)
				}
			}
			if len(test.stderr) == 0 && stderr != "" || len(test.stdout) == 0 && stdout != "" {
				t.Errorf("standard output = %q, standard error = %q", stdout, stderr)
			}
			if strings.Contains(stderr, "hunter2") {
				t.Error("standard error has the value of a secret")
			}
		})
	}
}

// Both commands must offer what makes the world different.
func TestConditionsAreFlagsOfBothCommands(t *testing.T) {
	f := newFlagSet("test", "")
	new(conditions).register(f)
	for _, command := range []string{"exec", "serve"} {
		_, help, _ := invoke(t, command, "-h")
		f.VisitAll(func(one *flag.Flag) {
			if !strings.Contains(help, "\n  -"+one.Name+" ") && !strings.Contains(help, "\n  -"+one.Name+"\n") {
				t.Errorf("%s has no -%s", command, one.Name)
			}
		})
	}
}

func TestParseFederatedCredential(t *testing.T) {
	for value, want := range map[string]string{
		"issuer=https://i/,subject=s":                      "https://i/ s api://AzureADTokenExchange",
		"audience=a,subject=system:s:n:a,issuer=https://i": "https://i system:s:n:a a",
		"issuer=https://i/?a=b,subject=s":                  "https://i/?a=b s api://AzureADTokenExchange",
		"":                                                 "",
		"issuer=https://i":                                 "",
		"subject=s":                                        "",
		"issuer=https://i,subject=s,subject=t":             "",
		"issuer=https://i,subject=s,name=n":                "",
		"issuer=i,subject=s":                               "",
		"issuer=https://,subject=s":                        "",
	} {
		c, err := parseFederatedCredential(value)
		if got := strings.TrimSpace(c.Issuer + " " + c.Subject + " " + c.Audience); got != want || (err == nil) != (want != "") {
			t.Errorf("%q: %q, %v, want %q", value, got, err, want)
		}
	}
}

func FuzzParseFederatedCredential(f *testing.F) {
	f.Add("issuer=https://issuer.example/,subject=system:serviceaccount:default:sa,audience=api://AzureADTokenExchange")
	f.Add("issuer=,subject,=,,")
	f.Fuzz(func(t *testing.T, value string) {
		c, err := parseFederatedCredential(value)
		if err != nil {
			return
		}
		if !strings.HasPrefix(strings.ToLower(c.Issuer), "https://") || c.Subject == "" || c.Audience == "" {
			t.Errorf("accepted %+v", c)
		}
		again, err := parseFederatedCredential("issuer=" + c.Issuer + ",subject=" + c.Subject + ",audience=" + c.Audience)
		if err != nil || again.Issuer != c.Issuer || again.Subject != c.Subject || again.Audience != c.Audience {
			t.Errorf("%+v became %+v, %v", c, again, err)
		}
	})
}

// start runs a command line until it ends; its standard output can be read
// meanwhile.
func start(t *testing.T, ctx context.Context, signals <-chan os.Signal, stdout, stderr io.Writer, args ...string) <-chan int {
	t.Helper()
	status := make(chan int, 1)
	go func() { status <- run(ctx, args, signals, strings.NewReader(""), stdout, stderr) }()
	return status
}
