package fleet

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"
)

const (
	vaultHost     = "fleet.vault.azure.net"
	authorityHost = "login.microsoftonline.com"
)

// A message takes between these times to the other side, as between a cluster and
// a vault in the same region.
const (
	shortestWay = 2 * time.Millisecond
	longestWay  = 20 * time.Millisecond
)

var errGone = errors.New("connect: connection refused")

// network is how one pod reaches Azure. It is a transport of azcore.
type network struct {
	azure  *azure
	pod    int
	random *random
}

func (n *network) Do(req *http.Request) (*http.Response, error) {
	if err := n.travel(req.Context()); err != nil {
		return nil, err
	}
	resp, err := n.azure.serve(req, n.random.Float64())
	if err := n.travel(req.Context()); err != nil {
		return nil, err
	}
	return resp, err
}

// travel ends at a nanosecond at which nothing of another pod arrives.
func (n *network) travel(ctx context.Context) error {
	way := shortestWay + time.Duration(n.random.Float64()*float64(longestWay-shortestWay))
	arrival := time.Now().Add(way).UnixNano()
	own := arrival - arrival%int64(n.azure.pods) + int64(n.azure.pods+n.pod)
	timer := time.NewTimer(time.Until(time.Unix(0, own)))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func respond(status int, body string) *http.Response {
	return &http.Response{
		StatusCode: status, Status: http.StatusText(status), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header:        http.Header{"Content-Type": {"application/json; charset=utf-8"}},
		ContentLength: int64(len(body)), Body: io.NopCloser(strings.NewReader(body)),
	}
}
