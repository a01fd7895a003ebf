package logging

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

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
		New(false, io.Discard).Info("successfully got secret", "secret", "Hello!")
	})
	want := regexp.MustCompile(`^I\d{4} \d\d:\d\d:\d\d\.\d{6} +\d+ logging_test\.go:\d+\] "successfully got secret" secret="Hello!"\n$`)
	if !want.MatchString(got) {
		t.Errorf("got %q, want it to match %s", got, want)
	}
}

func TestJSON(t *testing.T) {
	defer klog.ClearLogger()
	var buffer bytes.Buffer
	log := New(true, &buffer)
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

func TestVerbosity(t *testing.T) {
	flags := flag.NewFlagSet("test", flag.ContinueOnError)
	AddFlags(flags)
	defer func() { _ = flags.Set("v", "0") }()
	for verbosity, want := range map[string]bool{"0": false, "2": true} {
		if err := flags.Parse([]string{"-v=" + verbosity}); err != nil {
			t.Fatal(err)
		}
		got := captureText(t, func() { New(false, io.Discard).V(2).Info("details") })
		if strings.Contains(got, "details") != want {
			t.Errorf("-v=%s: got %q for a message of level 2", verbosity, got)
		}
	}
}
