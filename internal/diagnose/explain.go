package diagnose

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"

	"github.com/workload-identity-quickstart/msal-go/pkg/tokencredential"
)

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
	// ID is a short, stable name, which is a heading in docs/troubleshooting.md.
	ID string
	// Link is where the chain broke.
	Link Link
	// Cause says in one sentence what is wrong, with the values at hand.
	Cause string
	// Fix is one line for a POSIX shell that mends the cause or narrows it down,
	// with words in capitals for what is not known; or it begins with "wait:"
	// where nothing else helps.
	Fix string
	// Lasting says that the error stays however long the program waits. That is
	// so for a configuration that cannot be used, and never concluded from a code
	// of a service.
	Lasting bool
}

// entry is an explanation before the values at hand are filled in.
type entry struct {
	link       Link
	cause, fix string // templates, see values
	lasting    bool
}

// catalog has entries by ID.
type catalog map[string]entry

const unknownID = "unknown"

// entries returns the whole catalog.
func entries() catalog {
	all := catalog{unknownID: {
		link:  LinkUnknown,
		cause: "none of the known failures: {message}",
		fix:   "kubectl describe pod {pod-name} --namespace {namespace}",
	}}
	for _, part := range []catalog{
		webhookEntries(), tokenFileEntries(), federationEntries(), entraEntries(), vaultEntries(), networkEntries(),
	} {
		maps.Copy(all, part)
	}
	return all
}

// Explain explains err, however often it is wrapped, with the help of facts. It
// knows the errors of tokencredential, of the Azure SDK and of the standard
// library's network packages. For any other, or nil, the ID is "unknown" and the
// cause quotes the message. It never panics and no field of its result is empty.
// It may read the buffered body of an *azcore.ResponseError, so an error must not
// be explained by two goroutines at the same time.
func Explain(err error, facts Facts) Explanation {
	v := facts.values()
	v["message"] = message(err)
	id := classify(err, facts, v)
	all := entries()
	found, ok := all[id]
	if !ok {
		id, found = unknownID, all[unknownID]
	}
	return Explanation{
		ID:      id,
		Link:    found.link,
		Cause:   v.sentence(found.cause),
		Fix:     v.command(found.fix),
		Lasting: found.lasting,
	}
}

// classify returns the ID that err belongs to and adds to v what err tells.
func classify(err error, facts Facts, v values) (id string) {
	defer func() {
		// Unwrap is err's own code, and that of a nil pointer may panic.
		if recover() != nil {
			id = unknownID
		}
	}()
	if e, ok := errors.AsType[*tokencredential.ConfigError](err); ok && e != nil {
		return explainConfig(e, v)
	}
	if e, ok := errors.AsType[*tokencredential.TokenFileError](err); ok && e != nil {
		return explainTokenFile(e, v)
	}
	if e, ok := errors.AsType[*tokencredential.AuthenticationError](err); ok && e != nil {
		return explainEntra(e, facts, v)
	}
	if e, ok := errors.AsType[*azcore.ResponseError](err); ok && e != nil {
		return explainVault(e, v)
	}
	if id := explainNetwork(err, facts, v); id != "" {
		return id
	}
	if id := explainSettings(v); id != "" {
		return id
	}
	return explainText(v)
}

// explainText recognizes errors that have no type of their own. They come from
// the Azure SDK's handling of Key Vault's challenge, from decoding an answer and
// from tokencredential.
func explainText(v values) string {
	for _, known := range []struct{ text, id string }{
		{"token requested for tenant", "vault-tenant"},
		{"WWW-Authenticate header", "not-a-vault"},
		{"challenge resource", "not-a-vault"},
		{"is this the address of a Key Vault?", "not-a-vault"},
		{"unmarshalling type", "not-a-vault"},
	} {
		if strings.Contains(v["message"], known.text) {
			v["service"], v["host"] = "Entra ID", v["authority-host"]
			return known.id
		}
	}
	return unknownID
}

// message is the text of err. Formatting survives an Error method that panics,
// as that of a nil pointer does.
func message(err error) string {
	if err == nil {
		return "there is no error"
	}
	return fmt.Sprint(err)
}

// setting matches the problems that the workload finds in its own variables.
var setting = regexp.MustCompile(`\b[A-Z]+(?:_[A-Z]+)+: .+`)

func explainSettings(v values) string {
	problems := setting.FindAllString(v["message"], -1)
	if len(problems) == 0 {
		return ""
	}
	v["problems"] = strings.Join(problems, "; ")
	return "setting-invalid"
}
