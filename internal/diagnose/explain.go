package diagnose

import "slices"

// Link is a part of the chain between a pod and its secret.
type Link string

// The links, in the order in which a token passes them, and what lies around them.
const (
	LinkConfiguration Link = "configuration"
	LinkWebhook       Link = "webhook"
	LinkTokenFile     Link = "token file"
	LinkIssuer        Link = "issuer"
	LinkFederation    Link = "federated credential"
	LinkEntra         Link = "Entra ID"
	LinkVault         Link = "Key Vault"
	LinkNetwork       Link = "network"
	LinkUnknown       Link = "unknown"
)

// Explanation is what an error means. All its texts are single lines of printable
// characters and bounded length, without any token.
type Explanation struct {
	// ID is a short, stable name: a heading in docs/troubleshooting.md.
	ID string
	// Link is where the chain broke.
	Link Link
	// Cause says in one sentence what is wrong, with the values at hand.
	Cause string
	// Fix is one line for a POSIX shell that fixes the cause or narrows it down,
	// with words in capitals for what is not known, and further ways in a comment
	// at its end. It begins with "wait:" where nothing else helps.
	Fix string
	// More is the URL of the explanation on the troubleshooting page.
	More string
}

// page is the troubleshooting page, on which every ID is an anchor.
const page = "https://github.com/workload-identity-quickstart/msal-go/blob/main/docs/troubleshooting.md"

// matches reports whether the entry explains the evidence.
func (e *entry) matches(ev *evidence) bool {
	if e.from != "" && e.from != ev.origin {
		return false
	}
	names := len(e.status)+len(e.aadsts)+len(e.codes)+len(e.kinds)+len(e.says) > 0
	if names && !slices.Contains(e.status, ev.status) && !slices.ContainsFunc(e.aadsts, ev.hasCode) &&
		!slices.ContainsFunc(e.codes, ev.hasVaultCode) && !slices.Contains(e.kinds, ev.kind) && !slices.ContainsFunc(e.says, ev.says) {
		return false
	}
	return !slices.ContainsFunc(e.when, func(name string) bool { return !conditions[name](ev) })
}

// Explain explains err, however often it is wrapped, with the help of facts. It
// knows the errors of tokencredential, of the Azure SDK and of the standard
// library's network packages. For any other, or nil, the ID is "unknown" and the
// cause quotes the message. It never panics and no field of its result is empty.
// It sends nothing. It may read the buffered body of an *azcore.ResponseError, so
// an error must not be explained by two goroutines at the same time.
func Explain(err error, facts Facts) Explanation {
	ev := examine(err, facts)
	all := catalog()
	// The last one, "unknown", matches everything.
	found := &all[slices.IndexFunc(all, func(e entry) bool { return e.matches(ev) })]
	return Explanation{
		ID:    found.id,
		Link:  found.link,
		Cause: ev.values.sentence(found.cause),
		Fix:   ev.values.command(found.fix),
		More:  page + "#" + found.id,
	}
}
