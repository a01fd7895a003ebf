//go:build linux

// A port that drops packets is made with a full backlog, which is Linux's.

package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/workload-identity-quickstart/msal-go/internal/localazure"
	"github.com/workload-identity-quickstart/msal-go/internal/localazure/pki"
)

// TestFirstWords runs the program on networks that do not work. Within five seconds
// it must name the host that it waits for or that failed, and within fifteen
// explain the failure.
func TestFirstWords(t *testing.T) {
	silentHost := func(host string) localazure.Intercept {
		return func(w http.ResponseWriter, r *http.Request) bool { return r.Host == host && silent(w, r) }
	}
	tests := []struct {
		name      string
		intercept localazure.Intercept
		binding   bool                        // an AKS identity binding
		env       func(t *testing.T) []string // after that of the pod
		first     string                      // in the first line
		cause     string                      // in the explanation
	}{
		{name: "Entra ID silent", intercept: silentHost(loginHost), first: loginHost, cause: loginHost},
		{name: "vault silent", intercept: silentHost(vaultHost), first: vaultHost, cause: vaultHost},
		{name: "proxy refuses", first: "proxyconnect", cause: "HTTPS_PROXY", env: func(t *testing.T) []string {
			return []string{"HTTPS_PROXY=http://" + freeAddress(t)}
		}},
		{name: "proxy drops packets", first: "HTTP proxy", cause: "HTTPS_PROXY", env: func(t *testing.T) []string {
			return []string{"HTTPS_PROXY=http://" + dropping(t)}
		}},
		{name: "proxy silent", first: "HTTP proxy", cause: "HTTPS_PROXY", env: func(t *testing.T) []string {
			return []string{"HTTPS_PROXY=http://" + serve(t, func(c net.Conn) { _, _ = io.Copy(io.Discard, c) })}
		}},
		{name: "connection dropped", first: "EOF", cause: "failed", env: func(t *testing.T) []string {
			return []string{"HTTPS_PROXY=http://" + serve(t, func(c net.Conn) {
				_, _ = http.ReadRequest(bufio.NewReader(c))
				_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\n\r\n")
			})}
		}},
		{name: "handshake silent", first: "handshake", cause: "did not respond in time", env: func(t *testing.T) []string {
			return []string{"HTTPS_PROXY=http://" + serve(t, func(c net.Conn) {
				_, _ = http.ReadRequest(bufio.NewReader(c))
				_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\n\r\n")
				_, _ = io.Copy(io.Discard, c)
			})}
		}},
		{name: "untrusted certificate", first: "x509", cause: "nothing here trusts", env: func(t *testing.T) []string {
			other, err := pki.New()
			if err != nil {
				t.Fatal(err)
			}
			file := filepath.Join(t.TempDir(), "ca.crt")
			if err := os.WriteFile(file, other.CertificatePEM(), 0o600); err != nil {
				t.Fatal(err)
			}
			return []string{"SSL_CERT_FILE=" + file}
		}},
		{name: "token proxy drops packets", binding: true, first: `role="token proxy"`, cause: "127.0.0.1 (the token proxy)", env: func(t *testing.T) []string {
			return []string{"AZURE_KUBERNETES_TOKEN_PROXY=https://" + dropping(t)}
		}},
		{name: "token proxy silent", binding: true, intercept: silentHost(loginHost), first: `role="token proxy"`, cause: "127.0.0.1 (the token proxy)"},
		{name: "name does not resolve", first: "vault.invalid", cause: "vault.invalid", env: func(*testing.T) []string {
			return []string{"KEYVAULT_URL=https://my.vault.invalid/", "NO_PROXY=vault.invalid"}
		}},
		{name: "vault drops packets", first: "127.0.0.1", cause: "127.0.0.1", env: func(t *testing.T) []string {
			return []string{"KEYVAULT_URL=https://" + dropping(t)} // Go uses no proxy for loopback addresses
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			sandbox, err := localazure.StartSandbox(t.Context(), localazure.SandboxConfig{Intercept: test.intercept, IdentityBinding: test.binding})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = sandbox.Close() })
			env := append(os.Environ(), asQuickstart+"=1", "GORACE=atexit_sleep_ms=0")
			env = append(env, sandbox.Environ()...)
			if test.env != nil {
				env = append(env, test.env(t)...)
			}
			words := hear(t, env)
			var first, explained word
			for word := range words {
				t.Log(word)
				if first.line == "" {
					first = word
				}
				if strings.Contains(word.line, "cause=") {
					explained = word
					break
				}
			}
			if first.after > 5*time.Second || !strings.Contains(first.line, test.first) {
				t.Errorf("first line after %s, want %q in it within 5 s", first.after, test.first)
			}
			_, cause, _ := strings.Cut(explained.line, "cause=")
			if explained.after > 15*time.Second || !strings.Contains(cause, test.cause) {
				t.Errorf("explained after %s by %s, want %q in it within 15 s", explained.after, cause, test.cause)
			}
		})
	}
}

type word struct {
	after time.Duration
	line  string
}

func (w word) String() string { return fmt.Sprintf("%.1fs %s", w.after.Seconds(), w.line) }

// hear runs the program until the test ends, and passes on what it logs.
func hear(t *testing.T, env []string) <-chan word {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = env
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	words := make(chan word, 1000)
	go func() {
		defer close(words)
		for lines := bufio.NewScanner(stderr); lines.Scan(); {
			words <- word{time.Since(start), lines.Text()}
		}
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	return words
}

// serve returns the address of a server that treats each connection as said, and
// then closes it.
func serve(t *testing.T, treat func(net.Conn)) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				treat(conn)
			}()
		}
	}()
	return listener.Addr().String()
}

// dropping returns an address whose backlog is full, so that the kernel drops what
// asks for another connection.
func dropping(t *testing.T) string {
	t.Helper()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Close(fd) })
	if err := syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Listen(fd, 0); err != nil {
		t.Fatal(err)
	}
	name, err := syscall.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	address := fmt.Sprintf("127.0.0.1:%d", name.(*syscall.SockaddrInet4).Port)
	for range 10 {
		conn, err := net.DialTimeout("tcp", address, 200*time.Millisecond)
		if err != nil {
			return address
		}
		t.Cleanup(func() { _ = conn.Close() })
	}
	t.Fatal("the backlog is never full")
	return ""
}
