package network

import (
	"crypto/tls"
	"net"
	"net/http"
	"time"
)

// connectTimeout is for all addresses of a host together. The first one of two that
// drops packets leaves half of it to the other.
const connectTimeout = 5 * time.Second

// client is like the Azure SDK's own, but does not wait half a minute for a
// connection. Connections that no longer work are found out by pings.
var client = &http.Client{Transport: &http.Transport{
	Proxy:               http.ProxyFromEnvironment,
	DialContext:         (&net.Dialer{Timeout: connectTimeout}).DialContext,
	ForceAttemptHTTP2:   true,
	HTTP2:               &http.HTTP2Config{SendPingTimeout: 10 * time.Second, PingTimeout: 5 * time.Second},
	MaxIdleConnsPerHost: 2,
	IdleConnTimeout:     90 * time.Second,
	TLSHandshakeTimeout: requestTimeout,
	TLSClientConfig:     &tls.Config{MinVersion: tls.VersionTLS12},
}}
