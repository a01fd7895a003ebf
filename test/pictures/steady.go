package pictures

import "regexp"

// unsteady is what differs from run to run, and what is shown instead.
var unsteady = []struct {
	found *regexp.Regexp
	shown string
}{
	// klog's month, day, time and process id. The line number is the same in
	// every run, but not after any edit of the file.
	{regexp.MustCompile(`(?m)^([IWEF])\d{4} \d\d:\d\d:\d\d\.\d{6} [ \d]{7} ([\w.-]+\.go):\d+\]`), "${1}0102 15:04:05.060708   12345 ${2}:100]"},
	{regexp.MustCompile(`\b\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ`), "2026-01-02 15:04:05Z"},
	{regexp.MustCompile(`\b127\.0\.0\.1:\d+`), "127.0.0.1:40123"},
	{regexp.MustCompile(`\b(trace|correlation) id [0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`), "$1 id 01234567-89ab-4cde-8f01-23456789abcd"},
	{regexp.MustCompile(`\b(\d+h)?(\d+m)?\d+s left\b`), "59m58s left"},
	// That of the program, so that a release needs no new picture.
	{regexp.MustCompile(`\bmain\.version=[\w.-]+`), "main.version=1.2.3"},
	{regexp.MustCompile(`\bversion="[0-9a-f]{32}"`), `version="0123456789abcdef0123456789abcdef"`},
}

// steady replaces what differs from run to run by fixed values of the same shape.
func steady(output string) string {
	for _, u := range unsteady {
		output = u.found.ReplaceAllString(output, u.shown)
	}
	return output
}
