package logging

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	azlog "github.com/Azure/azure-sdk-for-go/sdk/azcore/log"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"k8s.io/klog/v2"
)

// captureText returns what klog writes as text while log runs.
func captureText(t *testing.T, log func()) string {
	t.Helper()
	var buffer bytes.Buffer
	var flags flag.FlagSet
	klog.InitFlags(&flags)
	if err := flags.Set("logtostderr", "false"); err != nil {
		t.Fatal(err)
	}
	klog.SetOutput(&buffer)
	defer func() {
		klog.SetOutput(os.Stderr)
		_ = flags.Set("logtostderr", "true")
	}()
	log()
	klog.Flush()
	return buffer.String()
}

func TestTextIsTheTutorials(t *testing.T) {
	got := captureText(t, func() {
		log, _ := New(false, io.Discard)
		log.Info("successfully got secret", "secret", "Hello!")
	})
	want := regexp.MustCompile(`^I\d{4} \d\d:\d\d:\d\d\.\d{6} +\d+ logging_test\.go:\d+\] "successfully got secret" secret="Hello!"\n$`)
	if !want.MatchString(got) {
		t.Errorf("got %q, want it to match %s", got, want)
	}
}

func TestJSON(t *testing.T) {
	defer klog.ClearLogger()
	var buffer bytes.Buffer
	log, _ := New(true, &buffer)
	log.Info("successfully got secret", "secret", "Hello!")
	log.Error(errors.New("denied"), "failed to get secret")
	klog.InfoS("from a library")

	lines := strings.Split(strings.TrimSpace(buffer.String()), "\n")
	want := []map[string]string{
		{"level": "INFO", "msg": "successfully got secret", "secret": "Hello!"},
		{"level": "ERROR", "msg": "failed to get secret", "err": "denied"},
		{"level": "INFO", "msg": "from a library"},
	}
	if len(lines) != len(want) {
		t.Fatalf("got %d lines, want %d:\n%s", len(lines), len(want), buffer.String())
	}
	for i, line := range lines {
		var got map[string]string
		if err := json.Unmarshal([]byte(line), &got); err != nil {
			t.Fatalf("line %q: %v", line, err)
		}
		for key, value := range want[i] {
			if got[key] != value {
				t.Errorf("%s of %s is %q, want %q", key, line, got[key], value)
			}
		}
		if !regexp.MustCompile(`^logging_test\.go:\d+$`).MatchString(got["caller"]) {
			t.Errorf("caller of %s is not the place of the log call", line)
		}
		if _, err := time.Parse(time.RFC3339Nano, got["time"]); err != nil {
			t.Errorf("time of %s: %v", line, err)
		}
	}
}

// setVerbosity sets klog's -v until the test ends.
func setVerbosity(t *testing.T, v string) {
	t.Helper()
	flags := flag.NewFlagSet("test", flag.ContinueOnError)
	AddFlags(flags)
	if err := flags.Parse([]string{"-v=" + v}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = flags.Set("v", "0") })
}

func TestSlog(t *testing.T) {
	for verbosity, wantDebug := range map[string]bool{"0": false, "1": false, "2": true} {
		for _, asJSON := range []bool{false, true} {
			t.Run(fmt.Sprintf("v=%s, json=%t", verbosity, asJSON), func(t *testing.T) {
				setVerbosity(t, verbosity)
				defer klog.ClearLogger()
				defer azlog.SetListener(nil)
				var buffer bytes.Buffer
				text := captureText(t, func() {
					_, log := New(asJSON, &buffer)
					log = log.With("tenant", "t")
					log.Debug("token acquired")
					log.Warn("renewal failed", "err", errors.New("no route"))
				})
				got := text + buffer.String()
				if strings.Contains(got, "token acquired") != wantDebug {
					t.Errorf("debug records: %q", got)
				}
				for _, want := range []string{"renewal failed", "no route", "tenant", "logging_test.go:"} {
					if !strings.Contains(got, want) {
						t.Errorf("%q lacks %s", got, want)
					}
				}
				if !asJSON && !regexp.MustCompile(`(?m)^W\d{4} .*logging_test\.go:\d+\] "renewal failed"`).MatchString(got) {
					t.Errorf("no warning in %q", got)
				}
			})
		}
	}
}

func TestEventsOfTheSDK(t *testing.T) {
	for verbosity, want := range map[string]bool{"0": false, "1": false, "2": true} {
		t.Run("v="+verbosity, func(t *testing.T) {
			setVerbosity(t, verbosity)
			t.Cleanup(func() { azlog.SetListener(nil) })
			got := captureText(t, func() {
				New(false, io.Discard)
				client, err := azcore.NewClient("test", "v0.0.1", runtime.PipelineOptions{}, &azcore.ClientOptions{Transport: echo{}})
				if err != nil {
					t.Fatal(err)
				}
				req, err := runtime.NewRequest(t.Context(), http.MethodGet, "https://example.com/a?token=s3cr3t")
				if err != nil {
					t.Fatal(err)
				}
				req.Raw().Header.Set("Authorization", "Bearer s3cr3t")
				req.Raw().Header.Set("User-Agent", "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJzIn0.c2ln")
				if _, err := client.Pipeline().Do(req); err != nil {
					t.Fatal(err)
				}
			})
			if strings.Contains(got, "example.com/a") != want {
				t.Errorf("got %q", got)
			}
			if strings.Contains(got, "s3cr3t") || strings.Contains(got, "eyJ") {
				t.Errorf("a secret is logged: %q", got)
			}
			for line := range strings.Lines(got) {
				if !regexp.MustCompile(`^I\d{4} .*\] "Azure SDK" event="\w+" details=".*"\n$`).MatchString(line) {
					t.Errorf("line %q is not a record", line)
				}
			}
		})
	}
}

// echo responds with what it was sent.
type echo struct{}

func (echo) Do(req *http.Request) (*http.Response, error) {
	return &http.Response{
		StatusCode: http.StatusOK, Status: "200 OK", Header: req.Header, Request: req,
		Body: io.NopCloser(strings.NewReader(req.Header.Get("Authorization"))),
	}, nil
}

func TestVerbosity(t *testing.T) {
	flags := flag.NewFlagSet("test", flag.ContinueOnError)
	AddFlags(flags)
	defer func() {
		_ = flags.Set("v", "0")
		azlog.SetListener(nil)
	}()
	for verbosity, want := range map[string]bool{"0": false, "2": true} {
		if err := flags.Parse([]string{"-v=" + verbosity}); err != nil {
			t.Fatal(err)
		}
		got := captureText(t, func() {
			log, _ := New(false, io.Discard)
			log.V(2).Info("details")
		})
		if strings.Contains(got, "details") != want {
			t.Errorf("-v=%s: got %q for a message of level 2", verbosity, got)
		}
	}
}
