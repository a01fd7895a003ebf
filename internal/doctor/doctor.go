package doctor

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"

	"github.com/workload-identity-quickstart/msal-go/internal/azurecloud"
	"github.com/workload-identity-quickstart/msal-go/internal/config"
	"github.com/workload-identity-quickstart/msal-go/internal/diagnose"
	"github.com/workload-identity-quickstart/msal-go/internal/keyvault"
	"github.com/workload-identity-quickstart/msal-go/internal/network"
	"github.com/workload-identity-quickstart/msal-go/pkg/tokencredential"
)

// maxDetail is how many characters the environment and the token, which may hold
// anything, take up in a line.
const maxDetail = 400

// State is the outcome of a check.
type State string

// The outcomes. A link is skipped when one before it failed.
const (
	OK      State = "ok"
	Warned  State = "warned"
	Failed  State = "failed"
	Skipped State = "skipped"
)

// Result is the outcome of checking one link of the chain.
type Result struct {
	// Link is its name.
	Link diagnose.Link `json:"link"`
	// State is the outcome of its check.
	State State `json:"state"`
	// Detail is what the check found; never a token or a secret's value.
	Detail string `json:"detail"`
	// Cause and Fix explain a failure or a warning. More is the URL of the
	// explanation on the troubleshooting page.
	Cause string `json:"cause,omitempty"`
	Fix   string `json:"fix,omitempty"`
	More  string `json:"more,omitempty"`
}

// Examine checks every link with the environment that getenv reads, usually
// os.Getenv, and sends its requests as options say, with the timeouts of package
// network and without retries. The results are in the order of the chain; the first
// failure ends the checks.
func Examine(ctx context.Context, getenv func(string) string, options azcore.ClientOptions) []Result {
	d := &doctor{facts: diagnose.Gather(getenv), getenv: getenv, monitor: network.New(getenv), options: options}
	var results []Result
	broken := false
	for _, check := range []struct {
		link diagnose.Link
		run  func(context.Context) Result
	}{
		{diagnose.LinkConfiguration, d.configuration},
		{diagnose.LinkTokenFile, d.tokenFile},
		{diagnose.LinkEntra, d.entra},
		{diagnose.LinkFederation, d.federation},
		{diagnose.LinkVault, d.keyVault},
	} {
		result := Result{State: Skipped, Detail: "a link before it failed"}
		if !broken {
			result = check.run(ctx)
		}
		result.Link = check.link
		result.Detail = diagnose.Printable(result.Detail, maxDetail)
		broken = broken || result.State == Failed
		results = append(results, result)
	}
	return results
}

// Healthy reports whether no link failed.
func Healthy(results []Result) bool {
	return !slices.ContainsFunc(results, func(r Result) bool { return r.State == Failed })
}

// doctor carries what a check found to those after it.
type doctor struct {
	facts      diagnose.Facts
	getenv     func(string) string
	monitor    *network.Monitor
	options    azcore.ClientOptions
	config     config.Config
	credential *tokencredential.Credential
	token      azcore.AccessToken
	tokenErr   error
}

// failure explains err. Where a host did not respond, the detail names it, and the
// address that was tried.
func (d *doctor) failure(detail string, err error) Result {
	if timeout, ok := errors.AsType[*network.TimeoutError](err); ok {
		detail += ": " + timeout.Wait.String()
	} else if op, ok := errors.AsType[*net.OpError](err); ok {
		detail += ": " + op.Error()
	}
	d.facts.VaultAddress = d.monitor.VaultAddress()
	why := diagnose.Explain(err, d.facts)
	return Result{State: Failed, Detail: detail, Cause: why.Cause, Fix: why.Fix, More: why.More}
}

func (d *doctor) configuration(context.Context) Result {
	cfg, err := config.Load(d.getenv)
	credential, credentialErr := tokencredential.New(&tokencredential.Options{
		ClientOptions: d.monitor.Options(network.EntraID, d.options), Getenv: d.getenv,
	})
	if err := errors.Join(err, credentialErr); err != nil {
		return d.failure(strings.ReplaceAll(err.Error(), "\n", "; "), err)
	}
	d.config, d.credential = cfg, credential
	detail := fmt.Sprintf("client ID %s, tenant %s, secret %s in %s", d.facts.ClientID, d.facts.TenantID, cfg.SecretName, cfg.VaultURL)
	if d.facts.TokenProxy {
		detail += ", through the token proxy"
	}
	return Result{State: OK, Detail: detail}
}

// tokenFile looks at the claims; whether the token is genuine is for Entra ID. It
// requests the access token already, the one that the vault's client is going to
// use, since the credential checks the file first.
func (d *doctor) tokenFile(ctx context.Context) Result {
	scope, _ := keyvault.Scope(d.config.VaultURL)
	d.token, d.tokenErr = d.credential.GetToken(ctx, keyvault.TokenOptions(scope))
	if _, ok := errors.AsType[*tokencredential.TokenFileError](d.tokenErr); ok {
		return d.failure(d.facts.TokenFile, d.tokenErr)
	}
	left := time.Until(d.facts.Expires).Round(time.Second)
	detail := fmt.Sprintf("issuer %s, subject %s, audience %s, %s left", d.facts.Issuer, d.facts.Subject, strings.Join(d.facts.Audience, ","), left)
	expected := azurecloud.Public.Audience
	if d.facts.TokenProxy {
		expected = "api://AKSIdentityBinding"
	}
	switch {
	case d.facts.Expires.IsZero() || left <= 0:
		return Result{State: Warned, Detail: detail, Cause: "the token has expired, or the clock of this machine is wrong",
			Fix: d.facts.Command("date --utc; kubectl delete pod {pod-name}")}
	case len(d.facts.Audience) != 1 || !strings.HasPrefix(d.facts.Audience[0], expected): // sovereign clouds add their name
		return Result{State: Warned, Detail: detail, Cause: "the audience is not " + expected + ", which is what a federated identity credential usually has",
			Fix: d.facts.Command("kubectl get pod {pod-name} --output yaml # who projects this token, if not the webhook?")}
	}
	return Result{State: OK, Detail: detail}
}

// entra fails when Entra ID cannot be reached or knows no such identity.
func (d *doctor) entra(context.Context) Result {
	if d.tokenErr != nil && !d.federationFailed() {
		return d.failure("no token", d.tokenErr)
	}
	return Result{State: OK, Detail: fmt.Sprintf("it knows client ID %s in tenant %s", d.facts.ClientID, d.facts.TenantID)}
}

// federation fails when Entra ID does not trust the token.
func (d *doctor) federation(context.Context) Result {
	if d.tokenErr != nil {
		return d.failure("the token is rejected", d.tokenErr)
	}
	return Result{State: OK, Detail: fmt.Sprintf("the token is accepted: an access token%s, %s left",
		bearer(d.token.Token), time.Until(d.token.ExpiresOn).Round(time.Second))}
}

// bearer returns whose access token it is, as far as it can be read: it is meant for
// Key Vault only, and Entra ID may change its form.
func bearer(token string) string {
	var claims struct {
		V1ClientID string `json:"appid"`
		V2ClientID string `json:"azp"`
		TenantID   string `json:"tid"`
	}
	_, rest, _ := strings.Cut(token, ".")
	payload, _, _ := strings.Cut(rest, ".")
	decoded, err := base64.RawURLEncoding.DecodeString(payload)
	if err != nil || json.Unmarshal(decoded, &claims) != nil || claims.TenantID == "" {
		return ""
	}
	return fmt.Sprintf(" of app %s in tenant %s", cmp.Or(claims.V2ClientID, claims.V1ClientID), claims.TenantID)
}

// federationFailed reports whether the token was the reason of the rejection.
func (d *doctor) federationFailed() bool {
	switch diagnose.Explain(d.tokenErr, d.facts).Link {
	case diagnose.LinkFederation, diagnose.LinkIssuer, diagnose.LinkTokenFile:
		return true
	default:
		return false
	}
}

func (d *doctor) keyVault(ctx context.Context) Result {
	options := d.monitor.Options(network.KeyVault, d.options)
	vault, err := keyvault.New(d.config.VaultURL, d.credential, &options)
	if err != nil {
		return d.failure("no client", err)
	}
	secret, err := vault.Secret(ctx, d.config.SecretName)
	if err != nil {
		return d.failure("no secret", err)
	}
	return Result{State: OK, Detail: fmt.Sprintf("secret %s, version %s", d.config.SecretName, secret.Version)}
}
