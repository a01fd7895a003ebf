package main

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/workload-identity-quickstart/msal-go/internal/localazure"
)

func TestTable(t *testing.T) {
	tests := []struct {
		name string
		row  row
		good bool
		want []string
	}{
		{"ratio reached", compared("r", figure{50, "ms"}, figure{100, "ms"}, 0.6, 0.7), true, []string{"r", "50 ms", "100 ms", "0.5", "0.6", "ok"}},
		{"ratio missed", compared("r", figure{65, "ms"}, figure{100, "ms"}, 0.6, 0.7), true, []string{"0.65", "missed"}},
		{"ratio beyond its guard", compared("r", figure{71, "ms"}, figure{100, "ms"}, 0.6, 0.7), false, []string{"0.71", "FAILED, the guard is 0.7"}},
		{"count reached", counted("c", figure{4, ""}, figure{9, ""}, 4), true, []string{"c", "4", "9", "4", "4", "ok"}},
		{"count exceeded", counted("c", figure{5, ""}, figure{}, 4), false, []string{"5", "FAILED"}},
		{"limit missed", limited("l", figure{12.2, "MiB"}, figure{}, 12, 12.5), true, []string{"12.2 MiB", "12", "missed"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var out bytes.Buffer
			if good := print(&out, []row{test.row}); good != test.good {
				t.Errorf("good: %t", good)
			}
			line := strings.Split(out.String(), "\n")[1]
			for _, want := range test.want {
				if !strings.Contains(line, want) {
					t.Errorf("%q does not contain %q", line, want)
				}
			}
		})
	}
}

// TestPrograms shows that what is compared does the same, and what each asks for.
func TestPrograms(t *testing.T) {
	built, err := build(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	const challenge, instance, openID, token, read = "challenge", "instance", "openid-configuration", "token", "read"
	tests := []struct {
		name    string
		program program
		want    []string
	}{
		{"quickstart", built.quickstart, []string{challenge, token, read}},
		{"reads", built.reads, []string{challenge, token, read}},
		{"floor", built.floor, []string{challenge, token, read}},
		{"sequential", built.sequential, []string{challenge, instance, openID, token, read}},
		{"azidentity", built.azidentity, []string{challenge, instance, openID, token, read}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			sandbox, err := localazure.StartSandbox(t.Context(), localazure.SandboxConfig{})
			if err != nil {
				t.Fatal(err)
			}
			defer sandbox.Close()
			if _, err := startToSecret(t.Context(), sandbox, test.program); err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, request := range sandbox.Server().Requests() {
				kind := request.Path[strings.LastIndex(request.Path, "/")+1:]
				if strings.HasPrefix(request.Path, "/secrets/") {
					kind = read
					if request.Status == 401 {
						kind = challenge
					}
				}
				got = append(got, kind)
			}
			slices.Sort(got) // two may be under way at once
			slices.Sort(test.want)
			if !slices.Equal(got, test.want) {
				t.Errorf("it sends %q, want %q", got, test.want)
			}
			if n := sandbox.Server().Handshakes(); n != 2 {
				t.Errorf("%d TLS handshakes, want one for each service", n)
			}
		})
	}
}

func TestRequestsPerPoll(t *testing.T) {
	built, err := build(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	u, err := watch(t.Context(), built.reads, earlyPolls+1)
	if err != nil || u.requests != earlyPolls {
		t.Errorf("%d requests for %d further polls, error %v", u.requests, earlyPolls, err)
	}
}

func TestRush(t *testing.T) {
	sandbox, err := localazure.StartSandbox(t.Context(), localazure.SandboxConfig{})
	if err != nil {
		t.Fatal(err)
	}
	defer sandbox.Close()
	for _, variable := range sandbox.Environ() { // restored when the test ends
		name, value, _ := strings.Cut(variable, "=")
		t.Setenv(name, value)
	}
	client := sandbox.Server().Client()
	defer client.CloseIdleConnections()
	ours, _, err := credentials(sandbox, client)
	if err != nil {
		t.Fatal(err)
	}
	if exchanges, err := rush(t.Context(), sandbox, ours); err != nil || exchanges != 1 {
		t.Errorf("%d exchanges for %d callers, error %v", exchanges, stampede, err)
	}
}
