package config

import (
	"maps"
	"strings"
	"testing"
	"time"
)

var valid = map[string]string{
	"KEYVAULT_URL": "https://my-vault.vault.azure.net/",
	"SECRET_NAME":  "my-secret",
}

// with returns the valid environment with name changed to value.
func with(name, value string) map[string]string {
	env := maps.Clone(valid)
	env[name] = value
	return env
}

func load(env map[string]string) (Config, error) {
	return Load(func(name string) string { return env[name] })
}

func TestLoad(t *testing.T) {
	base := Config{
		VaultURL:       "https://my-vault.vault.azure.net/",
		SecretName:     "my-secret",
		PollInterval:   time.Minute,
		StartupTimeout: 5 * time.Minute,
		LogSecretValue: true,
	}
	change := func(f func(*Config)) Config {
		c := base
		f(&c)
		return c
	}
	tests := []struct {
		name string
		env  map[string]string
		want Config
	}{
		{"defaults", valid, base},
		{"URL without slash", with("KEYVAULT_URL", "https://my-vault.vault.azure.net"),
			change(func(c *Config) { c.VaultURL = "https://my-vault.vault.azure.net" })},
		{"surrounding space", with("SECRET_NAME", " my-secret\n"), base},
		{"interval", with("POLL_INTERVAL", "1m30s"), change(func(c *Config) { c.PollInterval = 90 * time.Second })},
		{"shortest interval", with("POLL_INTERVAL", "1s"), change(func(c *Config) { c.PollInterval = time.Second })},
		{"once", with("POLL_INTERVAL", "0"), change(func(c *Config) { c.PollInterval = 0 })},
		{"value hidden", with("LOG_SECRET_VALUE", "false"), change(func(c *Config) { c.LogSecretValue = false })},
		{"a single attempt", with("STARTUP_TIMEOUT", "0"), change(func(c *Config) { c.StartupTimeout = 0 })},
		{"patience", with("STARTUP_TIMEOUT", "1h"), change(func(c *Config) { c.StartupTimeout = time.Hour })},
		{"health checks", with("HEALTH_ADDR", ":8080"), change(func(c *Config) { c.HealthAddr = ":8080" })},
		{"JSON", with("LOG_FORMAT", "json"), change(func(c *Config) { c.LogJSON = true })},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := load(test.env)
			if err != nil {
				t.Fatal(err)
			}
			if got != test.want {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
		})
	}
}

func TestLoadRejects(t *testing.T) {
	tests := []struct{ variable, value, want string }{
		{"KEYVAULT_URL", "", "not set"},
		{"KEYVAULT_URL", "http://my-vault.vault.azure.net/", "not the https URL"},
		{"KEYVAULT_URL", "my-vault.vault.azure.net", "not the https URL"},
		{"KEYVAULT_URL", "my-vault", "not the https URL"},
		{"KEYVAULT_URL", "https://", "not the https URL"},
		{"KEYVAULT_URL", "https://:443/", "not the https URL"},
		{"KEYVAULT_URL", "https://user@my-vault.vault.azure.net/", "not the https URL"},
		{"KEYVAULT_URL", "https://my-vault.vault.azure.net/secrets/my-secret", "not the https URL"},
		{"KEYVAULT_URL", "https://my-vault.vault.azure.net/?a=b", "not the https URL"},
		{"KEYVAULT_URL", "https://my-vault.vault.azure.net/#a", "not the https URL"},
		{"KEYVAULT_URL", "https://my vault/", "not the https URL"},
		{"SECRET_NAME", "", "not set"},
		{"SECRET_NAME", "my_secret", "not a secret's name"},
		{"SECRET_NAME", "a/b", "not a secret's name"},
		{"SECRET_NAME", strings.Repeat("a", 128), "not a secret's name"},
		{"POLL_INTERVAL", "60", "neither 0 nor a duration"},
		{"POLL_INTERVAL", "-1s", "neither 0 nor a duration"},
		{"POLL_INTERVAL", "999ms", "neither 0 nor a duration"},
		{"STARTUP_TIMEOUT", "5", "neither 0 nor a duration"},
		{"STARTUP_TIMEOUT", "-5m", "neither 0 nor a duration"},
		{"HEALTH_ADDR", "8080", "not an address"},
		{"HEALTH_ADDR", "localhost:", "not an address"},
		{"LOG_SECRET_VALUE", "no", "neither true nor false"},
		{"LOG_FORMAT", "yaml", "neither text nor json"},
	}
	for _, test := range tests {
		t.Run(test.variable+"="+test.value, func(t *testing.T) {
			_, err := load(with(test.variable, test.value))
			if err == nil {
				t.Fatal("accepted")
			}
			if got := err.Error(); !strings.HasPrefix(got, test.variable+": ") || !strings.Contains(got, test.want) {
				t.Errorf("error %q does not say that %s is %s", got, test.variable, test.want)
			}
		})
	}
}

func TestLoadNamesEveryProblem(t *testing.T) {
	cfg, err := load(map[string]string{
		"POLL_INTERVAL": "soon", "LOG_SECRET_VALUE": "maybe", "LOG_FORMAT": "json",
	})
	if err == nil {
		t.Fatal("accepted")
	}
	for _, variable := range []string{"KEYVAULT_URL", "SECRET_NAME", "POLL_INTERVAL", "LOG_SECRET_VALUE"} {
		if !strings.Contains(err.Error(), variable+": ") {
			t.Errorf("error does not name %s: %v", variable, err)
		}
	}
	if !cfg.LogJSON {
		t.Error("LOG_FORMAT=json is lost, so the problems would be logged as text")
	}
}

func TestUsageNamesEveryVariable(t *testing.T) {
	for _, variable := range []string{envVaultURL, envSecretName, envPollInterval, envStartupTimeout, envLogSecretValue, envLogFormat, envHealthAddr} {
		if !strings.Contains(Usage, "\n  "+variable+" ") {
			t.Errorf("-h does not explain %s", variable)
		}
	}
}

func FuzzLoad(f *testing.F) {
	f.Add("https://my-vault.vault.azure.net/", "my-secret", "60s", "true", "text")
	f.Add("http://[::1", "a b", "1e9h", "T", "json")
	f.Fuzz(func(t *testing.T, url, name, interval, value, format string) {
		cfg, err := load(map[string]string{
			"KEYVAULT_URL": url, "SECRET_NAME": name, "POLL_INTERVAL": interval, "LOG_SECRET_VALUE": value, "LOG_FORMAT": format,
		})
		if err != nil {
			return
		}
		if !strings.HasPrefix(strings.ToLower(cfg.VaultURL), "https://") {
			t.Errorf("vault URL %q accepted", cfg.VaultURL)
		}
		if cfg.PollInterval != 0 && cfg.PollInterval < time.Second {
			t.Errorf("interval %s accepted", cfg.PollInterval)
		}
		if cfg.SecretName == "" || strings.ContainsAny(cfg.SecretName, "/?# ") {
			t.Errorf("secret name %q accepted", cfg.SecretName)
		}
	})
}
