package main

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/workload-identity-quickstart/msal-go/internal/localazure"
	"github.com/workload-identity-quickstart/msal-go/internal/localazure/cloud"
	"github.com/workload-identity-quickstart/msal-go/internal/localazure/entra"
	"github.com/workload-identity-quickstart/msal-go/internal/localazure/guid"
	"github.com/workload-identity-quickstart/msal-go/internal/localazure/issuer"
)

// usageError is what is wrong with a command line.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// flagSet is a flag.FlagSet that reports all bad values, not only the first.
type flagSet struct {
	*flag.FlagSet
	help     string
	problems []error
}

func newFlagSet(name, help string) *flagSet {
	f := &flagSet{FlagSet: flag.NewFlagSet(name, flag.ContinueOnError), help: help}
	f.SetOutput(io.Discard) // parse reports what the package would print
	return f
}

// value adds a flag that parse reads. Its errors must not repeat secrets.
func (f *flagSet) value(name, usage string, parse func(string) error) {
	f.Func(name, usage, func(v string) error {
		if err := parse(v); err != nil {
			f.problem("-%s: %s", name, strings.ReplaceAll(err.Error(), "\n", "; "))
		}
		return nil
	})
}

func (f *flagSet) guid(p *string, name, value, usage string) {
	*p = value
	f.value(name, "`GUID` "+usage+" (default "+value+")", func(v string) error {
		if *p = v; !guid.Valid(v) {
			return fmt.Errorf("%q is not a GUID", v)
		}
		return nil
	})
}

func (f *flagSet) cloud(c *cloud.Cloud) {
	*c = cloud.Public()
	f.value("cloud", "`name` of the Azure cloud: public, usgovernment or china (default public)", func(v string) (err error) {
		*c, err = cloud.Parse(v)
		return err
	})
}

func (f *flagSet) duration(p *time.Duration, name, usage string) {
	f.value(name, usage, func(v string) error {
		d, err := time.ParseDuration(v)
		if err != nil || d < 0 {
			return fmt.Errorf("%q is not a duration such as 30s", v)
		}
		*p = d
		return nil
	})
}

func (f *flagSet) problem(format string, args ...any) {
	f.problems = append(f.problems, fmt.Errorf(format, args...))
}

// parse reads args. The error is flag.ErrHelp after the help went to stdout, or
// a usageError; problems found later are for check.
func (f *flagSet) parse(args []string, stdout io.Writer) error {
	err := f.Parse(args)
	if errors.Is(err, flag.ErrHelp) {
		f.SetOutput(stdout)
		_, err := fmt.Fprint(stdout, f.help, "\nFlags:\n")
		f.PrintDefaults()
		return errors.Join(flag.ErrHelp, err)
	}
	if err != nil {
		f.problems = append(f.problems, err)
	}
	return nil
}

// check returns everything that is wrong with the command line.
func (f *flagSet) check() error {
	if len(f.problems) == 0 {
		return nil
	}
	return usageError{fmt.Errorf("%w\n'localazure %s -h' describes the flags", errors.Join(f.problems...), f.Name())}
}

// conditions are what both commands can make different from a world in which
// everything works.
type conditions struct {
	world   localazure.World
	latency time.Duration
	roles   []string // of the application in the APIs of world, empty for none
	faults  []*localazure.Fault
}

func (c *conditions) register(f *flagSet) {
	w := &c.world
	c.registerControlPlane(f)
	f.cloud(&w.Cloud)
	f.duration(&c.latency, "latency", "`duration` of one round trip to Azure, such as 30ms (default 0s)")
	f.value("deny-secret", "`reason` for which the vaults reject their callers: rbac, access-policy, firewall, connection or nsp", func(v string) (err error) {
		w.DenySecret, err = localazure.ParseDenial(v)
		return err
	})
	f.value("throttle", "`number` of requests that a vault answers within ten seconds (default 4000)", func(v string) error {
		n, err := strconv.Atoi(v)
		if err != nil || n < 1 {
			return fmt.Errorf("%q is not a number of requests, at least 1", v)
		}
		w.ThrottleLimit = n
		return nil
	})
	f.value("api", "`uri=URI,client-id=GUID[,role=ROLE][,token-version=2]` of an API of your own to get tokens for, with an app role; may be repeated",
		func(v string) error {
			a, role, err := parseAPI(v)
			w.APIs = append(w.APIs, a)
			c.roles = append(c.roles, role)
			return err
		})
	f.duration(&w.FederatedCredentialAfter, "federated-credential-after",
		"`duration` until a federated identity credential takes effect (default 0s)")
	f.guid(&w.TenantID, "tenant", localazure.TenantID, "of the tenant")
	f.guid(&w.ClientID, "client-id", localazure.ClientID, "of the application")
	f.BoolVar(&w.ManagedIdentity, "managed-identity", false, "let the application be a user-assigned managed identity, whose tokens live for a day")
	f.value("vault", "`name` of a vault; may be repeated, and the first is that of KEYVAULT_URL (default "+localazure.VaultName+")", func(v string) error {
		w.Vaults = append(w.Vaults, v)
		return nil
	})
	f.value("secret", "`[VAULT/]NAME=VALUE` of a secret in a vault, the first one unless named; may be repeated (default my-secret=Hello!)", func(v string) error {
		s, err := parseSecret(v)
		w.Secrets = append(w.Secrets, s)
		return err
	})
}

// assignRoles gives the application the roles of the APIs. Its client ID may come
// after them on the command line.
func (c *conditions) assignRoles() {
	for i, role := range c.roles {
		if role != "" {
			c.world.APIs[i].AppRoles = map[string][]string{role: {c.world.ClientID}}
		}
	}
}

// parseAPI reads uri=URI,client-id=GUID[,role=ROLE][,token-version=1|2].
func parseAPI(v string) (api entra.Application, role string, err error) {
	var uri, version string
	err = parseFields(v, map[string]*string{"uri": &uri, "client-id": &api.ClientID, "role": &role, "token-version": &version}, "uri", "client-id")
	if api.AccessTokenVersion, _ = strconv.Atoi(version); version != "" && version != "1" && version != "2" {
		err = errors.Join(err, fmt.Errorf("token-version %q is neither 1 nor 2", version))
	}
	api.ObjectID, api.IdentifierURIs = guid.New(), []string{uri}
	return api, role, err
}

// parseSecret reads [VAULT/]NAME=VALUE.
func parseSecret(v string) (localazure.VaultSecret, error) {
	name, value, ok := strings.Cut(v, "=")
	vault, rest, named := strings.Cut(name, "/")
	if !named {
		vault, rest = "", name
	}
	if !ok || rest == "" || named && vault == "" {
		return localazure.VaultSecret{}, errors.New("want [VAULT/]NAME=VALUE") // without v: it may be a secret
	}
	return localazure.VaultSecret{Vault: vault, Name: rest, Value: value}, nil
}

// parseFederatedCredential reads issuer=URL,subject=SUBJECT[,audience=AUDIENCE].
func parseFederatedCredential(v string) (entra.FederatedCredential, error) {
	var c entra.FederatedCredential
	err := parseTrust(v, map[string]*string{"issuer": &c.Issuer, "subject": &c.Subject, "audience": &c.Audience})
	if err != nil {
		return entra.FederatedCredential{}, err
	}
	c.Audience = cmp.Or(c.Audience, issuer.DefaultAudience)
	return c, nil
}

// parseTrust is parseFields where issuer, a URL, and subject are needed.
func parseTrust(v string, fields map[string]*string) error {
	errs := []error{parseFields(v, fields, "issuer", "subject")}
	issuer := *fields["issuer"]
	if u, err := url.Parse(issuer); issuer != "" && (err != nil || u.Scheme != "https" || u.Host == "") {
		errs = append(errs, fmt.Errorf("issuer %q is not an https URL", issuer))
	}
	return errors.Join(errs...)
}

// parseFields reads KEY=VALUE,… in any order into the fields of those names, some
// of which are needed.
func parseFields(v string, fields map[string]*string, needed ...string) error {
	var errs []error
	for part := range strings.SplitSeq(v, ",") {
		key, value, _ := strings.Cut(part, "=")
		field, ok := fields[key]
		switch {
		case !ok:
			errs = append(errs, fmt.Errorf("%q is none of %s", part, strings.Join(slices.Sorted(maps.Keys(fields)), "=…, ")+"=…"))
		case value == "":
			errs = append(errs, fmt.Errorf("%s is empty", key))
		case *field != "":
			errs = append(errs, fmt.Errorf("%s is given twice", key))
		default:
			*field = value
		}
	}
	if len(errs) == 0 && slices.ContainsFunc(needed, func(key string) bool { return *fields[key] == "" }) {
		errs = append(errs, errors.New(strings.Join(needed, " and ")+" are needed"))
	}
	return errors.Join(errs...)
}
