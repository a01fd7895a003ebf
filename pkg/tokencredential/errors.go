package tokencredential

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	msalerrors "github.com/AzureAD/microsoft-authentication-library-for-go/apps/errors"
)

// Reasons why a token file cannot be used, for [errors.Is]. A missing or
// unreadable file matches fs.ErrNotExist or fs.ErrPermission.
var (
	ErrTokenFileEmpty      = errors.New("file is empty")
	ErrTokenFileNotRegular = errors.New("not a regular file")
	ErrTokenFileTooLarge   = errors.New("file is larger than 64 KiB")
	ErrTokenNotJWT         = errors.New("content is not a JWT")
)

// ConfigError lists everything that is wrong with the configuration that [New]
// found.
type ConfigError struct {
	// Missing names the variables that are neither set in the environment nor
	// overridden in Options.
	Missing []string

	// Invalid has one error for each value that cannot be used. Each names its
	// variable.
	Invalid []error
}

func (e *ConfigError) add(variable string, err error) {
	e.Invalid = append(e.Invalid, fmt.Errorf("%s: %w", variable, err))
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

// TokenFileError says that the service account token could not be read. No
// request was sent.
type TokenFileError struct {
	// Path of the token file.
	Path string
	// Err is the reason: an error of the operating system or one of the
	// ErrToken… values.
	Err error
}

func (e *TokenFileError) Error() string {
	return fmt.Sprintf("service account token file %q: %v", e.Path, e.Err)
}

// Unwrap returns Err.
func (e *TokenFileError) Unwrap() error { return e.Err }

// AuthenticationError is an error answer of Entra ID, or of something in its
// place. See [the list of codes].
//
// [the list of codes]: https://learn.microsoft.com/entra/identity-platform/reference-error-codes
type AuthenticationError struct {
	// StatusCode is the HTTP status.
	StatusCode int

	// Code is the OAuth 2.0 error, such as "invalid_client" (RFC 6749, section
	// 5.2). Empty when the answer did not come from Entra ID.
	Code string

	// ErrorCodes are the numbers of the AADSTS codes, the most specific first.
	// Entra ID changes and adds codes: use them to explain an error, not to
	// decide what the program does.
	ErrorCodes []int

	// Message is Entra ID's own text, without the identifiers below.
	Message string

	// TraceID and CorrelationID identify the request for Microsoft's support.
	TraceID, CorrelationID string

	// Timestamp is when Entra ID refused the request, in UTC. Zero if unknown.
	Timestamp time.Time

	// RetryAfter is how long Entra ID asks to be left alone, for example when it
	// throttles. Zero if it does not.
	RetryAfter time.Duration
}

func (e *AuthenticationError) Error() string {
	details := []string{"HTTP " + strconv.Itoa(e.StatusCode)}
	if e.Code != "" {
		details = append(details, e.Code)
	}
	if e.TraceID != "" {
		details = append(details, "trace id "+e.TraceID)
	}
	if e.CorrelationID != "" {
		details = append(details, "correlation id "+e.CorrelationID)
	}
	if !e.Timestamp.IsZero() {
		details = append(details, e.Timestamp.Format(timestampFormat))
	}
	return fmt.Sprintf("token request failed: %s (%s)", e.Message, strings.Join(details, ", "))
}

const timestampFormat = "2006-01-02 15:04:05Z"

// newAuthenticationError reads the error answer of an authority. The body has
// been buffered by MSAL.
func newAuthenticationError(resp *http.Response) *AuthenticationError {
	body, _ := io.ReadAll(resp.Body) // whatever was readable is all there is to explain
	e := parseAuthenticationError(body)
	e.StatusCode = resp.StatusCode
	if seconds, err := strconv.Atoi(resp.Header.Get("Retry-After")); err == nil && seconds > 0 {
		e.RetryAfter = time.Duration(seconds) * time.Second
	}
	if e.TraceID == "" {
		e.TraceID = resp.Header.Get("x-ms-request-id")
	}
	if e.Message == "" {
		contentType, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
		e.Message = fmt.Sprintf("the answer (content type %q, %d bytes) is not one of Entra ID's", contentType, len(body))
	}
	return e
}

var (
	aadstsCode = regexp.MustCompile(`AADSTS([0-9]{1,9})`)
	// Anything shaped like a JWT, in case a service echoes what it was sent.
	jwtShaped = regexp.MustCompile(`eyJ[\w-]*\.[\w-]*(\.[\w-]*)?`)
)

func parseAuthenticationError(body []byte) *AuthenticationError {
	var answer struct {
		Error         string `json:"error"`
		Description   string `json:"error_description"`
		ErrorCodes    []int  `json:"error_codes"`
		TraceID       string `json:"trace_id"`
		CorrelationID string `json:"correlation_id"`
		Timestamp     string `json:"timestamp"`
	}
	if json.Unmarshal(body, &answer) != nil || answer.Error == "" {
		return &AuthenticationError{}
	}
	message, _, _ := strings.Cut(answer.Description, "Trace ID:")
	if message = strings.Join(strings.Fields(message), " "); message == "" {
		message = answer.Error
	}
	if len(answer.ErrorCodes) == 0 {
		for _, match := range aadstsCode.FindAllStringSubmatch(message, -1) {
			code, _ := strconv.Atoi(match[1]) // digits only, few enough
			answer.ErrorCodes = append(answer.ErrorCodes, code)
		}
	}
	timestamp, _ := time.Parse(timestampFormat, answer.Timestamp)
	return &AuthenticationError{
		Code:          redact(answer.Error),
		ErrorCodes:    answer.ErrorCodes,
		Message:       redact(message),
		TraceID:       redact(answer.TraceID),
		CorrelationID: redact(answer.CorrelationID),
		Timestamp:     timestamp,
	}
}

func redact(s string) string { return jwtShaped.ReplaceAllString(s, "[token]") }

// fromMSAL replaces the errors of MSAL that carry a request or a body, since
// those hold the assertion or an access token.
func fromMSAL(err error) error {
	var call msalerrors.CallErr
	var notJSON msalerrors.InvalidJsonErr
	switch {
	case errors.As(err, &call) && call.Resp != nil:
		return newAuthenticationError(call.Resp)
	case errors.As(err, &notJSON):
		return errors.New("token request failed: the answer is not the JSON that Entra ID sends; is a proxy in between?")
	default:
		return fmt.Errorf("token request failed: %w", err)
	}
}
