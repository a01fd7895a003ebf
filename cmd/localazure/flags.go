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
	cloud                    cloud.Cloud
	latency                  time.Duration
	denySecret               localazure.Denial
	throttle                 int
	federatedCredentialAfter time.Duration
	apis                     []api
}

func (c *conditions) register(f *flagSet) {
	c.cloud = cloud.Public()
	f.value("cloud", "`name` of the Azure cloud: public, usgovernment or china (default public)", func(v string) (err error) {
		c.cloud, err = cloud.Parse(v)
		return err
	})
	f.duration(&c.latency, "latency", "`duration` of one round trip to Azure, such as 30ms (default 0s)")
	f.value("deny-secret", "refuse to let the secrets be read as a vault of this permission `model` does: rbac or access-policy",
		func(v string) error {
			c.denySecret = localazure.Denial(v)
			if c.denySecret != localazure.DenyRBAC && c.denySecret != localazure.DenyAccessPolicy {
				return fmt.Errorf("%q is not a permission model: use rbac or access-policy", v)
			}
			return nil
		})
	f.value("throttle", "`number` of requests that the vault answers within ten seconds (default 4000)", func(v string) error {
		n, err := strconv.Atoi(v)
		if err != nil || n < 1 {
			return fmt.Errorf("%q is not a number of requests, at least 1", v)
		}
		c.throttle = n
		return nil
	})
	f.value("api", "`uri=URI,client-id=GUID[,role=ROLE][,token-version=2]` of an API of your own to get tokens for, with an app role; may be repeated",
		func(v string) error {
			a, err := parseAPI(v)
			c.apis = append(c.apis, a)
			return err
		})
	f.duration(&c.federatedCredentialAfter, "federated-credential-after",
		"`duration` until a federated identity credential takes effect (default 0s)")
}

// parseSecret reads NAME=VALUE.
func parseSecret(v string) (name, value string, err error) {
	name, value, ok := strings.Cut(v, "=")
	if !ok || name == "" {
		return "", "", errors.New("want NAME=VALUE") // without v: it may be a secret
	}
	return name, value, nil
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
