package pictures

import "testing"

func TestSteady(t *testing.T) {
	for name, test := range map[string]struct{ output, want string }{
		"log line": {
			"I1123 20:44:32.571078   12468 main.go:101] \"got\"\nE0930 01:02:03.000000       7 main.go:9] \"failed\"\n",
			"I0102 15:04:05.060708   12345 main.go:100] \"got\"\nE0102 15:04:05.060708   12345 main.go:100] \"failed\"\n",
		},
		"large process id": {
			`I1123 20:44:32.571078 4194303 main.go:101] "got"`,
			`I0102 15:04:05.060708   12345 main.go:100] "got"`,
		},
		"port": {
			"issuer https://127.0.0.1:44609/; https://127.0.0.1:80",
			"issuer https://127.0.0.1:40123/; https://127.0.0.1:40123",
		},
		"refusal": {
			"trace id dd6896c3-cd91-4dd2-8ef0-a5bd157581a4, correlation id 468c4dd5-317d-47f0-b317-097d6eb27b5f, 2026-11-23 18:32:42Z",
			"trace id 01234567-89ab-4cde-8f01-23456789abcd, correlation id 01234567-89ab-4cde-8f01-23456789abcd, 2026-01-02 15:04:05Z",
		},
		"life of a token":     {"api://X, 59m57s left", "api://X, 59m58s left"},
		"life of an hour":     {"api://X, 1h0m0s left", "api://X, 59m58s left"},
		"life of seconds":     {"api://X, 9s left", "api://X, 59m58s left"},
		"version of a secret": {`version="2b6e0e4d5f8a4c1c9d3e7f6a5b4c3d2e"`, `version="0123456789abcdef0123456789abcdef"`},
		"version":             {"-X main.version=9.8.7-rc.1' -o bin/", "-X main.version=1.2.3' -o bin/"},
		"what stays": {
			"client id 22222222-2222-2222-2222-222222222222 main.go:9 10.0.0.1:80 vault:443 30s",
			"client id 22222222-2222-2222-2222-222222222222 main.go:9 10.0.0.1:80 vault:443 30s",
		},
	} {
		t.Run(name, func(t *testing.T) {
			if got := steady(test.output); got != test.want {
				t.Errorf("got\n%s\nwant\n%s", got, test.want)
			}
		})
	}
}
