package diagnose

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"

	"github.com/workload-identity-quickstart/msal-go/internal/azurecloud"
	"github.com/workload-identity-quickstart/msal-go/internal/keyvault"
	"github.com/workload-identity-quickstart/msal-go/pkg/tokencredential"
)

// origin is where an error comes from.
type origin string

const (
	fromText    origin = "text" // no type of its own
	fromConfig  origin = "configuration"
	fromFile    origin = "token file"
	fromEntra   origin = "Entra ID"  // or in its place
	fromVault   origin = "Key Vault" // or in its place
	fromNetwork origin = "network"   // no response
)

// role is what a host is to the program.
type role string

const (
	roleEntra   role = "Entra ID"
	roleVault   role = "Key Vault"
	roleProxy   role = "the token proxy"
	roleOther   role = "another service"
	roleUnknown role = "unknown service"
)

// evidence is everything that the catalog's rules look at.
type evidence struct {
	facts  Facts
	origin origin
	text   string // the message in lower case

	missing []string // variables

	status     int
	oauthError string // empty if the response is not one of Entra ID's
	aadsts     []int
	code       string // Key Vault's; empty if the response is not one of its own
	innerCode  string

	kind string // what happened to the file or the connection
	role role   // of the host

	// The times of the token and of Entra ID's clock. Zero if unknown.
	now, issued, expires time.Time

	values values
}

// examine extracts the evidence from an error and the facts.
func examine(err error, facts Facts) (ev *evidence) {
	ev = &evidence{facts: facts, origin: fromText, issued: facts.IssuedAt, expires: facts.Expires, values: facts.values()}
	ev.setMessage(message(err))
	defer func() {
		// Unwrap is err's own code, and that of a nil pointer may panic.
		if recover() != nil {
			ev.origin = fromText
		}
	}()
	// A rejection counts more than the end of the context in which it was repeated.
	if e, ok := errors.AsType[*tokencredential.ConfigError](err); ok && e != nil {
		ev.config(e)
	} else if e, ok := errors.AsType[*tokencredential.TokenFileError](err); ok && e != nil {
		ev.origin, ev.kind = fromFile, fileKind(e.Err)
		ev.values["token-file"], ev.values["reason"] = e.Path, message(e.Err)
	} else if e, ok := errors.AsType[*tokencredential.AuthenticationError](err); ok && e != nil {
		ev.entra(e)
	} else if e, ok := errors.AsType[*azcore.ResponseError](err); ok && e != nil {
		ev.vault(e)
	} else if ev.network(err); ev.kind != "" {
		ev.origin = fromNetwork
	} else if problems := setting().FindAllString(ev.values["message"], -1); len(problems) > 0 {
		ev.values["problems"] = strings.Join(problems, "; ")
	}
	return ev
}

func (ev *evidence) setMessage(text string) {
	ev.values["message"], ev.text = text, strings.ToLower(text)
}

func (ev *evidence) hasCode(aadsts int) bool { return slices.Contains(ev.aadsts, aadsts) }

func (ev *evidence) hasVaultCode(code string) bool { return ev.innerCode == code || ev.code == code }

// says reports whether the message contains text, which is in lower case.
func (ev *evidence) says(text string) bool { return strings.Contains(ev.text, text) }

// message is the text of err. Formatting survives an Error method that panics,
// as that of a nil pointer does.
func message(err error) string {
	if err == nil {
		return "there is no error"
	}
	return fmt.Sprint(err)
}

var (
	// The problems that the workload finds in its own variables.
	setting       = compiled(`\b[A-Z]+(?:_[A-Z]+)+: .+`)
	objectID      = compiled(`\boid=([0-9a-fA-F]{8}-[0-9a-fA-F-]{27})\b`)
	clientAddress = compiled(`(?i)client address:? \(?([0-9a-f.:]*[0-9a-f])`)
	vaultAction   = compiled(`does not have secrets ([a-z]+) permission`)
	lifetime      = compiled(`issued at (\d+)\. Token expires on (\d+)`)
	identityName  = compiled(`'\s*\(([^()]+)\) has no configured`)
)

// fileKind says what is wrong with the token file.
func fileKind(err error) string {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "missing"
	case errors.Is(err, fs.ErrPermission):
		return "unreadable"
	case errors.Is(err, tokencredential.ErrTokenFileEmpty):
		return "empty"
	case errors.Is(err, tokencredential.ErrNotToken):
		return "not-a-token"
	}
	return "failed"
}

func (ev *evidence) config(e *tokencredential.ConfigError) {
	ev.origin, ev.missing = fromConfig, e.Missing
	var problems []string
	for _, err := range e.Invalid {
		problems = append(problems, message(err))
	}
	ev.setMessage(strings.Join(problems, "; "))
	ev.values["problems"], ev.values["variables"] = ev.values["message"], strings.Join(e.Missing, ", ")
}

// entra reads a response of the token endpoint.
func (ev *evidence) entra(e *tokencredential.AuthenticationError) {
	ev.origin, ev.role = fromEntra, roleEntra
	ev.status, ev.oauthError, ev.aadsts, ev.now = e.StatusCode, e.Code, e.ErrorCodes, e.Timestamp
	ev.setMessage(e.Message)
	v := ev.values
	v["status"], v["trace-id"] = strconv.Itoa(e.StatusCode), cmp.Or(e.TraceID, "not given")
	v["service"], v["host"] = string(roleEntra), v["authority-host"]
	v["error-page"] = "https://" + v["authority-host"] + "/error"
	if len(e.ErrorCodes) > 0 {
		v["error-page"] += "?code=" + strconv.Itoa(e.ErrorCodes[0])
	}
	if match := identityName().FindStringSubmatch(e.Message); match != nil {
		v["identity-name"] = match[1]
	}
	// Entra ID names the times that it compared; the file may be newer.
	for phrase, at := range map[string]*time.Time{"current time: ": &ev.now, "assertion valid from ": &ev.issued, "expiry time of assertion ": &ev.expires} {
		if _, rest, ok := strings.Cut(ev.text, phrase); ok {
			rest, _, _ = strings.Cut(rest, "z")
			if parsed, err := time.Parse("2006-01-02t15:04:05", rest); err == nil {
				*at = parsed
			}
		}
	}
	if match := lifetime().FindStringSubmatch(e.Message); match != nil {
		v["lifetime"] = "as it has no claim iat"
		if from, to := unix(match[1]), unix(match[2]); !from.IsZero() {
			v["lifetime"] = to.Sub(from).String()
		}
	}
	if ev.now.IsZero() {
		ev.now = time.Now()
	}
	for name, at := range map[string]time.Time{"now": ev.now, "issued": ev.issued, "expires": ev.expires} {
		if !at.IsZero() {
			v[name] = at.UTC().Format(time.RFC3339)
		}
	}
}

// unix reads seconds since 1970.
func unix(digits string) time.Time {
	seconds, err := strconv.ParseFloat(digits, 64)
	if err != nil {
		return time.Time{}
	}
	return date(seconds)
}

// vault reads a response of a vault.
func (ev *evidence) vault(e *azcore.ResponseError) {
	ev.origin, ev.role = fromVault, roleVault
	body := keyvault.ReadErrorBody(e)
	v := ev.values
	if resp := e.RawResponse; resp != nil && resp.Request != nil && resp.Request.URL != nil && v["vault-host"] == "" {
		v.setVault(resp.Request.URL.Hostname())
	}
	ev.status, ev.code, ev.innerCode = e.StatusCode, body.Code, body.InnerCode
	ev.setMessage(strings.TrimPrefix(body.Code+": "+body.Message, ": "))
	v["status"], v["service"], v["host"] = strconv.Itoa(e.StatusCode), string(roleVault), v["vault-host"]
	if body.Code == "" {
		ev.setMessage("not the JSON of Key Vault's errors")
	}
	for name, expression := range map[string]func() *regexp.Regexp{"object-id": objectID, "client-address": clientAddress, "action": vaultAction} {
		if match := expression().FindStringSubmatch(body.Message); match != nil {
			v[name] = match[1]
		}
	}
}

// network finds out what happened to which connection.
func (ev *evidence) network(err error) {
	v := ev.values
	request, isRequest := errors.AsType[*url.Error](err)
	op, isOp := errors.AsType[*net.OpError](err)
	dns, isDNS := errors.AsType[*net.DNSError](err)
	authority, isAuthority := errors.AsType[x509.UnknownAuthorityError](err)
	wrongName, isWrongName := errors.AsType[x509.HostnameError](err)
	invalid, isInvalid := errors.AsType[x509.CertificateInvalidError](err)
	verification, isVerification := errors.AsType[*tls.CertificateVerificationError](err)
	_, isRecord := errors.AsType[tls.RecordHeaderError](err)
	isRequest, isOp, isDNS, isVerification = isRequest && request != nil, isOp && op != nil, isDNS && dns != nil, isVerification && verification != nil

	host, reason := "", err
	if isRequest {
		host, reason = hostname(request.URL), request.Err
	}
	if host == "" && isOp && op.Addr != nil {
		host, _, _ = net.SplitHostPort(op.Addr.String())
	}
	if isOp {
		reason = op.Err
	}
	var timeout interface{ Timeout() bool }
	switch {
	case isOp && op.Op == "proxyconnect":
		ev.kind = "proxy-unreachable"
	case isAuthority && authority.Cert != nil:
		ev.kind, v["signer"] = "tls-untrusted", authority.Cert.Issuer.String()
	case isWrongName:
		ev.kind, reason = "tls-wrong-name", wrongName
		if host == "" {
			host = wrongName.Host
		}
	case isInvalid && invalid.Reason == x509.Expired:
		ev.kind, reason = "tls-expired", invalid
	case isAuthority, isVerification:
		ev.kind = "tls-untrusted"
		if isVerification && len(verification.UnverifiedCertificates) > 0 && verification.UnverifiedCertificates[0] != nil {
			v["signer"] = verification.UnverifiedCertificates[0].Issuer.String()
		}
	case isRecord, errors.Is(err, http.ErrSchemeMismatch):
		ev.kind = "tls-not-spoken"
	case isDNS && dns.IsNotFound:
		ev.kind, host, reason = "no-such-host", dns.Name, errors.New(dns.Err)
	case isDNS:
		ev.kind, host, reason = "dns-failed", dns.Name, errors.New(dns.Err)
	case errors.Is(err, syscall.ECONNREFUSED):
		ev.kind = "refused"
	case isOp && op.Op == "dial" && op.Timeout():
		ev.kind = "no-connection"
	case errors.Is(err, context.DeadlineExceeded), (isRequest || isOp) && errors.As(err, &timeout) && timeout.Timeout():
		ev.kind = "silent"
	case isRequest && statusOf(message(request.Err)) != 0:
		ev.status = statusOf(message(request.Err))
		switch {
		case ev.status == http.StatusProxyAuthRequired:
			ev.kind = "proxy-credentials"
		case ev.status >= 500:
			ev.kind = "proxy-failed"
		default:
			ev.kind = "proxy-rejected"
		}
	case isOp, isRequest, errors.Is(err, io.ErrUnexpectedEOF):
		ev.kind = "broken"
	default:
		return
	}
	ev.role = roleOf(host, v, ev.facts)
	v["host"], v["service"], v["reason"] = host, string(ev.role), message(reason)
}

// statusOf returns the HTTP status that has text. Of a proxy's response to CONNECT
// net/http keeps only that.
func statusOf(text string) int {
	for status := 300; status < 600; status++ {
		if known := http.StatusText(status); known != "" && strings.EqualFold(known, text) {
			return status
		}
	}
	return 0
}

// roleOf says what the host is, as far as its name shows.
func roleOf(host string, v values, facts Facts) role {
	host = strings.ToLower(host)
	_, isVault := azurecloud.OfVault(host)
	_, isAuthority := azurecloud.OfAuthority(host)
	switch {
	case host == "":
		return roleUnknown
	case host == v["vault-host"], isVault, strings.Contains(host, ".vaultcore.azure."):
		return roleVault
	case host == v["authority-host"], isAuthority:
		return roleEntra
	case facts.TokenProxy:
		return roleProxy
	}
	return roleOther
}

// isPrivate reports whether an address is one of a private network.
func isPrivate(address string) bool {
	ip, err := netip.ParseAddr(address)
	return err == nil && (ip.IsPrivate() || ip.IsLinkLocalUnicast())
}
