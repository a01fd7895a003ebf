package localazure

import (
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync"
)

// Fault cuts the connections of requests, before or after they took effect.
type Fault struct {
	after bool
	// request matches a method and a URL without https:// and the query.
	request *regexp.Regexp

	mu   sync.Mutex
	left int // requests; negative for all
}

// ParseFault reads "before|after METHOD HOST/PATH [TIMES]". Method and URL may have
// asterisks for any characters. The first request is cut unless TIMES says how many
// are; 0 means all.
func ParseFault(s string) (*Fault, error) {
	words := strings.Fields(s)
	if len(words) == 3 {
		words = append(words, "1")
	}
	if len(words) != 4 || words[0] != "before" && words[0] != "after" {
		return nil, fmt.Errorf("fault %q is not of the form before|after METHOD HOST/PATH [TIMES]", s)
	}
	times, err := strconv.Atoi(words[3])
	if err != nil || times < 0 {
		return nil, fmt.Errorf("fault %q: %q is not a number of requests", s, words[3])
	}
	if times == 0 {
		times = -1
	}
	pattern := strings.ReplaceAll(regexp.QuoteMeta(words[1]+" "+words[2]), `\*`, ".*")
	return &Fault{after: words[0] == "after", request: regexp.MustCompile("(?i)^" + pattern + "$"), left: times}, nil
}

// wrap is h with the fault.
func (f *Fault) wrap(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !f.applies(r) {
			h.ServeHTTP(w, r)
			return
		}
		if f.after {
			h.ServeHTTP(discarded{}, r)
		}
		panic(http.ErrAbortHandler)
	})
}

func (f *Fault) applies(r *http.Request) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.left == 0 || !f.request.MatchString(r.Method+" "+r.Host+r.URL.Path) {
		return false
	}
	if f.left > 0 {
		f.left--
	}
	return true
}

// discarded is a response that nobody gets.
type discarded struct{}

func (discarded) Header() http.Header         { return http.Header{} }
func (discarded) Write(b []byte) (int, error) { return len(b), nil }
func (discarded) WriteHeader(int)             {}
