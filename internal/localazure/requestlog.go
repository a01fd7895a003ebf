package localazure

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// keptRequests bounds the memory of a server that runs for long.
	keptRequests = 4096
	// keptError is how much of an error's body is read for its code.
	keptError = 4 << 10
)

// Request is what a request to Azure leaves behind: nothing secret.
type Request struct {
	Time       time.Time
	Host       string
	Method     string
	Path       string
	Query      string
	APIVersion string
	// Headers are the names of the request's headers, sorted.
	Headers []string
	// Status of the answer; zero when the connection was cut instead.
	Status int
	// ErrorCode of a refusal: an AADSTS code such as "AADSTS700213", or Key
	// Vault's, such as "Forbidden/ForbiddenByRbac".
	ErrorCode string
}

func newRequest(r *http.Request, answer *recorder) Request {
	return Request{
		Time: time.Now(), Host: r.Host, Method: r.Method, Path: r.URL.Path, Query: r.URL.RawQuery,
		APIVersion: r.URL.Query().Get("api-version"),
		Headers:    slices.Sorted(maps.Keys(r.Header)),
		Status:     answer.status, ErrorCode: errorCode(answer.body.Bytes()),
	}
}

// errorCode finds the code in an error of either service.
func errorCode(body []byte) string {
	var response struct {
		Codes []int           `json:"error_codes"` // Entra ID's
		Error json.RawMessage `json:"error"`       // a word of Entra ID, an object of Key Vault
	}
	if json.Unmarshal(body, &response) != nil {
		return ""
	}
	if len(response.Codes) > 0 {
		return "AADSTS" + strconv.Itoa(response.Codes[0])
	}
	var word string
	if json.Unmarshal(response.Error, &word) == nil {
		return word
	}
	var vault struct {
		Code  string `json:"code"`
		Inner struct {
			Code string `json:"code"`
		} `json:"innererror"`
	}
	_ = json.Unmarshal(response.Error, &vault) // else it has no code
	if vault.Inner.Code != "" {
		return vault.Code + "/" + vault.Inner.Code
	}
	return vault.Code
}

// requestLog collects requests and counts connections.
type requestLog struct {
	notify                  func(Request)
	connections, handshakes atomic.Int64

	mu       sync.Mutex
	requests []Request
}

func (l *requestLog) add(r Request) {
	l.mu.Lock()
	if len(l.requests) == keptRequests {
		l.requests = slices.Delete(l.requests, 0, 1)
	}
	l.requests = append(l.requests, r)
	l.mu.Unlock()
	if l.notify != nil {
		l.notify(r)
	}
}

func (l *requestLog) list() []Request {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.requests)
}

// recorder notes the status of an answer and, of an error, the beginning.
type recorder struct {
	http.ResponseWriter
	status int
	body   bytes.Buffer
}

func (r *recorder) WriteHeader(status int) {
	if r.status == 0 && status >= 200 {
		r.status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(b []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	if room := keptError - r.body.Len(); r.status >= 400 && room > 0 {
		r.body.Write(b[:min(room, len(b))])
	}
	return r.ResponseWriter.Write(b)
}

// Unwrap lets an intercept hijack and flush.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }
