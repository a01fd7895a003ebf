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
	random [uses]*random
}

func newNetwork(a *azure, pod int) *network {
	n := &network{azure: a, pod: pod}
	for use := range n.random {
		n.random[use] = newRandom(pod, use)
	}
	return n
}

func (n *network) Do(req *http.Request) (*http.Response, error) {
	use := forVault
	if req.URL.Host == authorityHost {
		use = forEntra
	}
	if err := n.travel(req.Context(), use); err != nil {
		return nil, err
	}
	resp, err := n.azure.serve(req, n.random[use].Float64())
	if err := n.travel(req.Context(), use); err != nil {
		return nil, err
	}
	return resp, err
}

// travel ends at a nanosecond at which nothing else arrives, neither of another pod
// nor of this one for another use.
func (n *network) travel(ctx context.Context, use int) error {
	way := shortestWay + time.Duration(n.random[use].Float64()*float64(longestWay-shortestWay))
	arrival := time.Now().Add(way).UnixNano()
	all, own := int64(n.azure.pods*uses), int64(n.pod*uses+use)
	if !sleep(ctx, time.Until(time.Unix(0, arrival-arrival%all+all+own))) {
		return ctx.Err()
	}
	return nil
}

func respond(status int, body string) *http.Response {
	return &http.Response{
		StatusCode: status, Status: http.StatusText(status), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header:        http.Header{"Content-Type": {"application/json; charset=utf-8"}},
		ContentLength: int64(len(body)), Body: io.NopCloser(strings.NewReader(body)),
	}
}
