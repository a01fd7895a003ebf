package tokencredential

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode"

	msalerrors "github.com/AzureAD/microsoft-authentication-library-for-go/apps/errors"
)

func TestNewAuthenticationError(t *testing.T) {
	timestamp := time.Date(2024, 3, 1, 7, 41, 7, 0, time.UTC)
	const trace, correlation = "93eb6af6-43b5-4b16-ad6e-63cf2a050b00", "8f043819-8577-46b9-b330-a72e2e114665"
	tests := []struct {
		name   string
		status int
		body   string
		want   AuthenticationError
		text   string
	}{
		{
			"one line, as Entra ID writes it now", 401,
			`{"error":"invalid_client","error_description":"AADSTS700213: No match for subject 's'. Trace ID: ` + trace + ` Correlation ID: ` + correlation +
				` Timestamp: 2024-03-01 07:41:07Z","error_codes":[700213],"timestamp":"2024-03-01 07:41:07Z","trace_id":"` + trace + `","correlation_id":"` + correlation + `"}`,
			AuthenticationError{401, "invalid_client", []int{700213}, "AADSTS700213: No match for subject 's'.", trace, correlation, timestamp, 30 * time.Second},
			"token request failed: AADSTS700213: No match for subject 's'. (HTTP 401, invalid_client, trace id " + trace +
				", correlation id " + correlation + ", 2024-03-01 07:41:07Z)",
		},
		{
			"several lines, no codes", 400,
			`{"error":"invalid_request","error_description":"AADSTS70021: First.\r\nAADSTS9000: Second.\r\nTrace ID: t\r\nCorrelation ID: c","correlation_id":"c"}`,
			AuthenticationError{400, "invalid_request", []int{70021, 9000}, "AADSTS70021: First. AADSTS9000: Second.", "from-header", "c", time.Time{}, 30 * time.Second},
			"token request failed: AADSTS70021: First. AADSTS9000: Second. (HTTP 400, invalid_request, trace id from-header, correlation id c)",
		},
		{
			"no description", 400, `{"error":"temporarily_unavailable"}`,
			AuthenticationError{400, "temporarily_unavailable", nil, "temporarily_unavailable", "from-header", "", time.Time{}, 30 * time.Second},
			"token request failed: temporarily_unavailable (HTTP 400, temporarily_unavailable, trace id from-header)",
		},
		{
			"page of a proxy", 502, `<html>Bad gateway ` + sampleJWT + `</html>`,
			AuthenticationError{502, "", nil, `the response (content type "text/html; charset=utf-8", 123 bytes) is not one of Entra ID's`, "from-header", "", time.Time{}, 30 * time.Second},
			`token request failed: the response (content type "text/html; charset=utf-8", 123 bytes) is not one of Entra ID's (HTTP 502, trace id from-header)`,
		},
		{
			"assertion echoed", 400, `{"error":"invalid_request","error_description":"bad assertion ` + sampleJWT + `!"}`,
			AuthenticationError{400, "invalid_request", nil, "bad assertion [token]!", "from-header", "", time.Time{}, 30 * time.Second},
			"token request failed: bad assertion [token]! (HTTP 400, invalid_request, trace id from-header)",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := newAuthenticationError(&http.Response{
				StatusCode: test.status,
				Header:     http.Header{"X-Ms-Request-Id": {"from-header"}, "Retry-After": {"30"}, "Content-Type": {"text/html; charset=utf-8"}},
				Body:       io.NopCloser(strings.NewReader(test.body)),
			})
			if !reflect.DeepEqual(*got, test.want) {
				t.Errorf("got  %#v\nwant %#v", *got, test.want)
			}
			if got.Error() != test.text {
				t.Errorf("got  %s\nwant %s", got.Error(), test.text)
			}
		})
	}
}

func TestFromMSALHidesBodies(t *testing.T) {
	truncated := msalerrors.InvalidJsonErr{Err: fmt.Errorf("json decode error\nraw message was: {\"access_token\":\"%s", sampleJWT)}
	err := fromMSAL(fmt.Errorf("wrapped: %w", truncated))
	if strings.Contains(err.Error(), "eyJ") {
		t.Errorf("error holds a token: %v", err)
	}
	if errors.As(err, &truncated) {
		t.Error("the error that holds a token can still be reached")
	}
}

func TestConfigErrorNamesEverything(t *testing.T) {
	cause := errors.New("cause")
	err := &ConfigError{Missing: []string{"A", "B"}}
	err.Invalid = append(err.Invalid, fmt.Errorf("C: %w", cause))
	for _, want := range []string{"not set: A, B", "C: cause"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not contain %q", err.Error(), want)
		}
	}
	if !errors.Is(err, cause) {
		t.Error("errors.Is does not find the cause")
	}
}

// Nothing that can be read is lost because something else is odd, and the text fits
// on a line that a terminal shows.
func TestOddErrorResponses(t *testing.T) {
	const description = `"error_description":"AADSTS700213: No match."`
	rejection := AuthenticationError{StatusCode: 401, Code: "invalid_client", ErrorCodes: []int{700213}, Message: "AADSTS700213: No match."}
	tests := map[string]struct {
		body string
		want AuthenticationError
	}{
		"codes as strings":         {`{"error":"invalid_client",` + description + `,"error_codes":["700213"]}`, rejection},
		"code as a number":         {`{"error":"invalid_client",` + description + `,"error_codes":700213}`, rejection},
		"timestamp as a number":    {`{"error":"invalid_client",` + description + `,"timestamp":1709278867}`, rejection},
		"byte order mark":          {"\ufeff" + `{"error":"invalid_client",` + description + `}`, rejection},
		"something behind it":      {`{"error":"invalid_client",` + description + `} -->`, rejection},
		"control characters":       {`{"error":"invalid_\u001bclient\n",` + description + `,"trace_id":"a\u0007\r\nb"}`, AuthenticationError{StatusCode: 401, Code: "invalid_?client", ErrorCodes: []int{700213}, Message: "AADSTS700213: No match.", TraceID: "a? b"}},
		"another code in the text": {`{"error":"invalid_client","error_description":"AADSTS90061: Failed. AADSTS50166: Failed.","error_codes":[90061]}`, AuthenticationError{StatusCode: 401, Code: "invalid_client", ErrorCodes: []int{90061, 50166}, Message: "AADSTS90061: Failed. AADSTS50166: Failed."}},
		"error is an object":       {`{"error":{"code":"x"},` + description + `}`, AuthenticationError{StatusCode: 401, ErrorCodes: []int{700213}, Message: "AADSTS700213: No match."}},
		"a page with a code":       {`<p>AADSTS50000: Sorry`, AuthenticationError{StatusCode: 401, ErrorCodes: []int{50000}, Message: `the response (content type "", 21 bytes) is not one of Entra ID's`}},
		"a list":                   {`[1]`, AuthenticationError{StatusCode: 401, Message: `the response (content type "", 3 bytes) is not one of Entra ID's`}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got := newAuthenticationError(&http.Response{StatusCode: 401, Body: io.NopCloser(strings.NewReader(test.body))})
			if !reflect.DeepEqual(*got, test.want) {
				t.Errorf("got  %#v\nwant %#v", *got, test.want)
			}
		})
	}
}

func FuzzNewAuthenticationError(f *testing.F) {
	f.Add([]byte(`{"error":"e","error_description":"AADSTS1: m Trace ID: t","error_codes":[1]}`))
	f.Add([]byte(`{"error":"e","error_description":"AADSTS999999999999999999999 ` + sampleJWT + `"}`))
	f.Add([]byte(`{"error":"\u001b[31m","trace_id":"\n","error_codes":["1",{},null,1e9]}`))
	f.Add([]byte(`[]`))
	f.Fuzz(func(t *testing.T, body []byte) {
		e := newAuthenticationError(&http.Response{Body: io.NopCloser(bytes.NewReader(body))})
		if jwtShaped.MatchString(e.Error()) {
			t.Errorf("error holds what looks like a token: %v", e)
		}
		if strings.ContainsFunc(e.Error(), func(r rune) bool { return !unicode.IsPrint(r) }) {
			t.Errorf("not printable on a line: %q", e.Error())
		}
	})
}
