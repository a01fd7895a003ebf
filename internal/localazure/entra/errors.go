package entra

import (
	"fmt"
	"net/http"
	"time"
)

// refusal is one of Entra ID's error answers.
type refusal struct {
	status int    // HTTP
	oauth  string // the error of RFC 6749 section 5.2, or one of Entra ID's own
	code   int    // AADSTS; zero for what localazure does not implement
	text   string
}

func refuse(status int, oauth string, code int, format string, args ...any) *refusal {
	return &refusal{status: status, oauth: oauth, code: code, text: fmt.Sprintf(format, args...)}
}

func badRequest(code int, format string, args ...any) *refusal {
	return refuse(http.StatusBadRequest, "invalid_request", code, format, args...)
}

// invalidClient is how Entra ID refuses an assertion: RFC 6749 allows 401 here,
// and Entra ID uses it.
func invalidClient(code int, format string, args ...any) *refusal {
	return refuse(http.StatusUnauthorized, "invalid_client", code, format, args...)
}

func missingParameter(name string) *refusal {
	return badRequest(900144, "The request body must contain the following parameter: '%s'.", name)
}

// missingField is what Entra ID says of a scope, or of a claim of an assertion.
func missingField(name string) *refusal {
	return badRequest(90014, "The required field '%s' is missing from the credential. "+
		"Ensure that you have all the necessary parameters for the login request.", name)
}

// notImplemented marks the limits of localazure, so that nobody takes them for
// Entra ID's.
func notImplemented(format string, args ...any) *refusal {
	return refuse(http.StatusNotImplemented, "not_implemented", 0, "localazure does not implement "+format, args...)
}

func serverError() *refusal {
	return refuse(http.StatusInternalServerError, "server_error", 90033, "A transient error has occurred. Please try again.")
}

func malformedRequest() *refusal {
	return badRequest(9002313, "Invalid request. Request is malformed or invalid.")
}

// The three parts of a federated identity credential are refused one after the
// other, in this order.
const (
	noIssuer           = 700211
	noAudience         = 700212
	noSubject          = 700213
	subjectCaseDiffers = 7002138
)

// federationDocs ends the descriptions of refused federated assertions.
const federationDocs = "https://learn.microsoft.com/entra/workload-id/workload-identity-federation"

func noMatchingCredential(code int, part, value string) *refusal {
	text := fmt.Sprintf("No matching federated identity record found for presented assertion %s '%s'. ", part, value)
	const check = "heck your federated identity credential Subject, Audience and Issuer against the presented assertion. "
	switch code {
	case noSubject: // alone without "please" in records of 2026
		text += "C" + check + federationDocs
	case subjectCaseDiffers:
		text += "The subject matches with case-insensitive comparison, but not with case-sensitive comparison. C" + check +
			"See documentation at: " + federationDocs + ". See breaking change notification and remediation at: " +
			"https://learn.microsoft.com/en-us/entra/identity-platform/reference-breaking-changes#august-2024."
	default:
		text += "Please c" + check + federationDocs
	}
	return invalidClient(code, "%s", text)
}

// outsideWindow names the current time and the assertion's window. What the
// assertion leaves open is the epoch.
func outsideWindow(now, from, until time.Time) *refusal {
	const layout = "2006-01-02T15:04:05.0000000Z"
	return invalidClient(700024, "Client assertion is not within its valid time range. Current time: %s, "+
		"assertion valid from %s, expiry time of assertion %s. "+
		"Review the documentation at https://learn.microsoft.com/entra/identity-platform/certificate-credentials .",
		now.UTC().Format(layout), from.UTC().Format(layout), until.UTC().Format(layout))
}

// errorBody is the JSON of a refusal, see
// https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow#error-response.
type errorBody struct {
	Error         string `json:"error"`
	Description   string `json:"error_description"`
	Codes         []int  `json:"error_codes,omitempty"`
	Timestamp     string `json:"timestamp"`
	TraceID       string `json:"trace_id"`
	CorrelationID string `json:"correlation_id"`
	URI           string `json:"error_uri,omitempty"`
}

func (r *refusal) body(host string, at time.Time, traceID, correlationID string) errorBody {
	timestamp := at.UTC().Format("2006-01-02 15:04:05Z")
	b := errorBody{
		Error: r.oauth, Description: r.text, Timestamp: timestamp, TraceID: traceID, CorrelationID: correlationID,
	}
	if r.code == 0 {
		return b
	}
	b.Codes = []int{r.code}
	b.Description = fmt.Sprintf("AADSTS%d: %s Trace ID: %s Correlation ID: %s Timestamp: %s", r.code, r.text, traceID, correlationID, timestamp)
	if r.oauth != "invalid_scope" {
		b.URI = fmt.Sprintf("https://%s/error?code=%d", host, r.code)
	}
	return b
}
