package tokencredential

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	msalerrors "github.com/AzureAD/microsoft-authentication-library-for-go/apps/errors"
)

// Reasons why a token file cannot be used, for [errors.Is], beside those of the
// operating system such as fs.ErrNotExist and fs.ErrPermission.
var (
	ErrTokenFileEmpty = errors.New("file is empty")
	ErrNotToken       = errors.New("not the file of a service account token")
)

// ConfigError lists everything that is wrong with the configuration of [New].
type ConfigError struct {
	// Missing names the variables that are neither set in the environment nor
	// overridden in Options.
	Missing []string
	// Invalid has one error for each value that cannot be used, with its variable.
	Invalid []error
}

// Error puts all problems in one line.
func (e *ConfigError) Error() string {
	var parts []string
	if len(e.Missing) > 0 {
		parts = append(parts, "not set: "+strings.Join(e.Missing, ", ")+
			` (the azure-workload-identity webhook sets them on pods labelled azure.workload.identity/use: "true")`)
	}
	for _, err := range e.Invalid {
		parts = append(parts, err.Error())
	}
	return "workload identity is not configured: " + strings.Join(parts, "; ")
}

// Unwrap returns the errors in Invalid.
func (e *ConfigError) Unwrap() []error { return e.Invalid }

// TokenFileError reports that the service account token could not be read.
type TokenFileError struct {
	// Path of the token file.
	Path string
	// Err is the reason: an error of the operating system, ErrTokenFileEmpty or
	// ErrNotToken.
	Err error
}

func (e *TokenFileError) Error() string {
	return fmt.Sprintf("service account token file %q: %v", e.Path, e.Err)
}

// Unwrap returns Err.
func (e *TokenFileError) Unwrap() error { return e.Err }

// AuthenticationError is an error response of Entra ID or of something in its place,
// see https://learn.microsoft.com/entra/identity-platform/reference-error-codes.
type AuthenticationError struct {
	// StatusCode is the HTTP status.
	StatusCode int
	// Code is the OAuth 2.0 error, such as "invalid_client" (RFC 6749, section
	// 5.2). Empty when the response did not come from Entra ID.
	Code string
	// ErrorCodes are the numbers of the AADSTS codes, the most specific first. There
	// may be none. Entra ID changes them: use them to explain an error only.
	ErrorCodes []int
	// Message is Entra ID's own text on one line, without the identifiers below.
	Message string
	// TraceID and CorrelationID identify the request for Microsoft's support.
	TraceID, CorrelationID string
	// Timestamp is when Entra ID rejected the request, in UTC. Zero if unknown.
	Timestamp time.Time
	// RetryAfter is how long Entra ID asks for no request, see [RetryAfter].
	RetryAfter time.Duration
}

func (e *AuthenticationError) Error() string {
	details := fmt.Sprintf("HTTP %d", e.StatusCode)
	add := func(detail string, known bool) {
		if known {
			details += ", " + detail
		}
	}
	add(e.Code, e.Code != "")
	add("trace id "+e.TraceID, e.TraceID != "")
	add("correlation id "+e.CorrelationID, e.CorrelationID != "")
	add(e.Timestamp.Format(time.DateTime+"Z"), !e.Timestamp.IsZero())
	return fmt.Sprintf("token request failed: %s (%s)", e.Message, details)
}

// isRejection reports whether Entra ID itself said no, rather than not now.
func (e *AuthenticationError) isRejection() bool {
	return e.Code != "" && e.StatusCode/100 == 4 && e.StatusCode != http.StatusRequestTimeout && e.StatusCode != http.StatusTooManyRequests && e.RetryAfter == 0
}

var (
	aadstsCode = regexp.MustCompile(`AADSTS([0-9]{1,9})`)
	// Anything shaped like a JWT, in case a service echoes what it was sent.
	jwtShaped = regexp.MustCompile(`eyJ[\w-]*\.[\w-]*(\.[\w-]*)?`)
)

// newAuthenticationError keeps what it can read of the error response: proxies and
// new versions change types and add fields. MSAL has buffered the body.
func newAuthenticationError(resp *http.Response) *AuthenticationError {
	body, _ := io.ReadAll(resp.Body)
	var fields map[string]any
	_ = json.NewDecoder(bytes.NewReader(bytes.TrimPrefix(body, []byte("\ufeff")))).Decode(&fields)
	text := func(field string) string {
		value, _ := fields[field].(string)
		return printable(value)
	}
	message, _, _ := strings.Cut(text("error_description"), " Trace ID:")
	e := &AuthenticationError{
		StatusCode: resp.StatusCode,
		Code:       text("error"),
		Message: cmp.Or(message, text("error"), fmt.Sprintf("the response (content type %q, %d bytes) is not one of Entra ID's",
			printable(resp.Header.Get("Content-Type")), len(body))),
		TraceID:       cmp.Or(text("trace_id"), printable(resp.Header.Get("x-ms-request-id"))),
		CorrelationID: text("correlation_id"),
		RetryAfter:    RetryAfter(resp.Header),
	}
	e.Timestamp, _ = time.Parse(time.DateTime+"Z", text("timestamp"))
	codes, _ := fields["error_codes"].([]any)
	for _, match := range aadstsCode.FindAllStringSubmatch(cmp.Or(message, string(body)), -1) {
		codes = append(codes, match[1])
	}
	for _, code := range codes {
		if number, err := strconv.Atoi(fmt.Sprint(code)); err == nil && !slices.Contains(e.ErrorCodes, number) {
			e.ErrorCodes = append(e.ErrorCodes, number)
		}
	}
	return e
}

// printable returns s on one line, without tokens and control characters.
func printable(s string) string {
	s = strings.Join(strings.Fields(jwtShaped.ReplaceAllString(s, "[token]")), " ")
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, s)
}

// networkError reports that there was no response.
type networkError struct{ err error }

func (e *networkError) Error() string { return "token request failed: " + printable(e.err.Error()) }
func (e *networkError) Unwrap() error { return e.err }

// permanentError keeps azcore from repeating a call: its retry policy looks for
// the method NonRetriable.
type permanentError struct{ error }

func (permanentError) NonRetriable()   {}
func (e permanentError) Unwrap() error { return e.error }

// fromMSAL replaces MSAL's errors: some hold a request or a body, and so the
// assertion or an access token, and some take several lines.
func fromMSAL(err error) error {
	if network, ok := errors.AsType[*networkError](err); ok {
		return network
	}
	if call, ok := errors.AsType[msalerrors.CallErr](err); ok && call.Resp != nil {
		return newAuthenticationError(call.Resp)
	}
	if _, ok := errors.AsType[msalerrors.InvalidJsonErr](err); ok {
		return &AuthenticationError{StatusCode: 200, Message: "the response is not the JSON that Entra ID sends; is a proxy in between?"}
	}
	return errors.New("token request failed: " + printable(err.Error()))
}
