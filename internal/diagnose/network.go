package diagnose

import (
	"crypto/x509"
	"errors"
	"net"
	"net/url"
	"strings"
)

// networkEntries are about requests that did not reach a service.
func networkEntries() catalog {
	const (
		try     = "kubectl run connection-test --namespace {namespace} --rm --stdin --tty --restart=Never "
		resolve = try + "--image=busybox -- nslookup {host}"
		connect = try + "--image=curlimages/curl -- --verbose --max-time 20 https://{host}/"
		signer  = "openssl s_client -connect {host}:443 -servername {host} -showcerts </dev/null"
	)
	return catalog{
		"vault-name-unresolved": {
			link: LinkVault,
			cause: "there is no host {host}: the vault's name is misspelt, the vault was deleted, " +
				"or the private DNS zone of its private endpoint lacks it",
			fix: "az keyvault show --name {vault-name} --query properties.vaultUri --output tsv",
		},
		"host-unresolved": {
			link:  LinkNetwork,
			cause: "there is no host {host} ({service})",
			fix:   resolve,
		},
		"dns-unavailable": {
			link:  LinkNetwork,
			cause: "the DNS server gave no answer about {host} ({service}): {reason}",
			fix:   resolve,
		},
		"connection-refused": {
			link:  LinkNetwork,
			cause: "{host} ({service}) refuses connections: a network policy or firewall rejects them, or nothing listens",
			fix:   connect,
		},
		"connection-timeout": {
			link:  LinkNetwork,
			cause: "{host} ({service}) did not answer in time: a network policy, firewall or missing route drops the packets",
			fix:   connect,
		},
		"connection-failed": {
			link:  LinkNetwork,
			cause: "the connection to {host} ({service}) failed: {reason}",
			fix:   connect,
		},
		"tls-untrusted": {
			link: LinkNetwork,
			cause: "{host} ({service}) has a certificate that nothing here trusts, issued by {signer}: " +
				"if a proxy intercepts TLS, SSL_CERT_FILE must name a file with its CA",
			fix: signer,
		},
		"tls-wrong-name": {
			link:  LinkNetwork,
			cause: "what answered at {host} ({service}) has a certificate for other names: {reason}",
			fix:   signer,
		},
		"tls-expired": {
			link:  LinkNetwork,
			cause: "the certificate of {host} ({service}) is not valid now: it expired, or this node's clock is wrong: {reason}",
			fix:   signer + " | openssl x509 -noout -dates && date -u",
		},
		"tls-not-spoken": {
			link:  LinkNetwork,
			cause: "what answered at {host} ({service}) does not speak TLS: another service or a proxy listens there",
			fix:   connect,
		},
		"proxy-unreachable": {
			link:  LinkNetwork,
			cause: "the proxy that HTTPS_PROXY names cannot be reached: {reason}",
			fix:   environmentOf,
		},
		"proxy-refused": {
			link:  LinkNetwork,
			cause: "the proxy that HTTPS_PROXY names refuses to connect to {host} ({service}): {reason}",
			fix:   environmentOf,
		},
		"proxy-answer": {
			link:  LinkNetwork,
			cause: "something in between, such as a proxy, answered in place of {service}: {message}",
			fix:   connect,
		},
		"timeout": {
			link:  LinkNetwork,
			cause: "no answer came in time, and the error does not tell from where",
			fix:   "kubectl describe pod {pod-name} --namespace {namespace}",
		},
	}
}

// explainNetwork returns "" when err is not about the network.
func explainNetwork(err error, facts Facts, v values) string {
	v["host"] = hostOf(err)
	v["service"] = service(v, facts)
	if op, ok := errors.AsType[*net.OpError](err); ok && op != nil && op.Op == "proxyconnect" {
		v["reason"] = message(op.Err)
		return "proxy-unreachable"
	}
	if id := explainTLS(err, v); id != "" {
		return id
	}
	if e, ok := errors.AsType[*net.DNSError](err); ok && e != nil {
		v["host"], v["reason"] = e.Name, e.Err
		v["service"] = service(v, facts)
		switch {
		case !e.IsNotFound:
			return "dns-unavailable"
		case v["service"] == "Key Vault":
			return "vault-name-unresolved"
		}
		return "host-unresolved"
	}
	return explainConnection(err, v)
}

// hostOf returns the host that a network error is about, if the error tells.
func hostOf(err error) string {
	if e, ok := errors.AsType[*url.Error](err); ok && e != nil {
		if host := hostname(e.URL); host != "" {
			return host
		}
	}
	if e, ok := errors.AsType[x509.HostnameError](err); ok {
		return e.Host
	}
	if e, ok := errors.AsType[*net.OpError](err); ok && e != nil && e.Addr != nil {
		host, _, splitErr := net.SplitHostPort(e.Addr.String())
		if splitErr == nil {
			return host
		}
	}
	return ""
}

// service says what the host of v is, as far as its name shows.
func service(v values, facts Facts) string {
	switch host := strings.ToLower(v["host"]); {
	case host == "":
		return "unknown service"
	case host == v["vault-host"], strings.Contains(host, ".vault.azure."), strings.HasSuffix(host, ".vault.usgovcloudapi.net"):
		return "Key Vault"
	case host == v["authority-host"], strings.HasPrefix(host, "login."):
		return "Entra ID"
	case facts.TokenProxy:
		return "the token proxy"
	}
	return "another service"
}
