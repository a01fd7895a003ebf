package config

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Variables that the workload reads itself. Those of the workload identity are
// read by package tokencredential.
const (
	envVaultURL       = "KEYVAULT_URL"
	envSecretName     = "SECRET_NAME"
	envPollInterval   = "POLL_INTERVAL"
	envStartupTimeout = "STARTUP_TIMEOUT"
	envLogSecretValue = "LOG_SECRET_VALUE"
	envLogFormat      = "LOG_FORMAT"
	envHealthAddr     = "HEALTH_ADDR"
)

// minPollInterval keeps a typo such as 60ms from using up the vault's limit.
const minPollInterval = time.Second

// Config holds the workload's settings.
type Config struct {
	// VaultURL is the vault's address, an https URL.
	VaultURL string
	// SecretName is the secret to read.
	SecretName string
	// PollInterval is the mean time between two reads: 0 for a single read, one
	// second or more otherwise. Default: 60 s.
	PollInterval time.Duration
	// StartupTimeout is how long the first success may take, since Azure takes
	// minutes to propagate what was just configured. 0 means a single attempt.
	// Default: 5 min.
	StartupTimeout time.Duration
	// LogSecretValue allows the secret's value in the log. Default: true, since
	// seeing it is what the tutorial is about.
	LogSecretValue bool
	// LogJSON selects JSON records instead of klog's text.
	LogJSON bool
	// HealthAddr is where health checks are served, such as ":8080". Default:
	// nowhere.
	HealthAddr string
}

// Load reads the configuration through getenv, usually os.Getenv. The error
// joins one error for each variable that is missing or cannot be used. On error,
// Load also returns what it could parse, so that the caller can log in the requested
// format.
func Load(getenv func(string) string) (Config, error) {
	var problems []error
	read := func(variable, fallback string, parse func(value string) error) {
		value := strings.TrimSpace(getenv(variable))
		if value == "" {
			value = fallback
		}
		if value == "" {
			problems = append(problems, fmt.Errorf("%s: not set", variable))
		} else if err := parse(value); err != nil {
			problems = append(problems, fmt.Errorf("%s: %w", variable, err))
		}
	}

	var c Config
	read(envVaultURL, "", func(value string) error {
		c.VaultURL = value
		return checkVaultURL(value)
	})
	read(envSecretName, "", func(value string) error {
		c.SecretName = value
		return checkSecretName(value)
	})
	read(envPollInterval, "60s", func(value string) (err error) {
		c.PollInterval, err = parsePollInterval(value)
		return err
	})
	read(envStartupTimeout, "5m", func(value string) (err error) {
		if c.StartupTimeout, err = time.ParseDuration(value); err != nil || c.StartupTimeout < 0 {
			return fmt.Errorf("%q is neither 0 nor a duration such as 30s or 5m", value)
		}
		return nil
	})
	read(envLogSecretValue, "true", func(value string) (err error) {
		if c.LogSecretValue, err = strconv.ParseBool(value); err != nil {
			return fmt.Errorf("%q is neither true nor false", value)
		}
		return nil
	})
	read(envLogFormat, "text", func(value string) error {
		c.LogJSON = value == "json"
		if value != "json" && value != "text" {
			return fmt.Errorf("%q is neither text nor json", value)
		}
		return nil
	})
	if c.HealthAddr = strings.TrimSpace(getenv(envHealthAddr)); c.HealthAddr != "" {
		if _, port, err := net.SplitHostPort(c.HealthAddr); err != nil || port == "" {
			problems = append(problems, fmt.Errorf("%s: %q is not an address such as :8080", envHealthAddr, c.HealthAddr))
		}
	}
	return c, errors.Join(problems...)
}

func checkVaultURL(value string) error {
	u, err := url.Parse(value)
	if err != nil || u.Scheme != "https" || u.Hostname() == "" || u.User != nil ||
		strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" {
		return fmt.Errorf("%q is not the https URL of a vault, such as https://my-vault.vault.azure.net/", value)
	}
	return nil
}

// The rule is from https://learn.microsoft.com/azure/key-vault/general/about-keys-secrets-certificates#objects-identifiers-and-versioning.
// Its length is checked apart, since {1,127} makes regexp take a millisecond and
// 100 kB at every start.
var secretName = regexp.MustCompile(`^[0-9A-Za-z-]+$`)

func checkSecretName(value string) error {
	if len(value) > 127 || !secretName.MatchString(value) {
		return fmt.Errorf("%q is not a secret's name: 1 to 127 letters, digits and hyphens", value)
	}
	return nil
}

func parsePollInterval(value string) (time.Duration, error) {
	interval, err := time.ParseDuration(value)
	if err != nil || interval != 0 && interval < minPollInterval {
		return 0, fmt.Errorf("%q is neither 0 nor a duration of %s or more, such as 60s or 5m", value, minPollInterval)
	}
	return interval, nil
}
