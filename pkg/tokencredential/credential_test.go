package tokencredential

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
)

func TestRequestForAnotherTenant(t *testing.T) {
	const other = "44444444-4444-4444-4444-44444444444a"
	tests := []struct {
		name, tenant string
		allowed      []string
		path         string // of the request; empty for an error
		err          string
	}{
		{"own tenant", "t", nil, "/t/", ""},
		{"own tenant in capitals", "T", nil, "/t/", ""},
		{"not allowed", other, nil, "", "AdditionallyAllowedTenants"},
		{"third one allowed", other, []string{"third"}, "", "AdditionallyAllowedTenants"},
		{"allowed", other, []string{"third", other}, "/" + other + "/", ""},
		{"allowed in capitals", strings.ToUpper(other), []string{other}, "/" + other + "/", ""},
		{"all allowed", other, []string{"*"}, "/" + other + "/", ""},
		{"not a tenant", "a/b", []string{"*"}, "", "neither a GUID"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				path := ""
				credential, entra := newScripted(t, &Options{AdditionallyAllowedTenants: test.allowed}, func(_ int, r *http.Request) response {
					path = r.URL.Path
					return response{}
				})
				options := someScope
				options.TenantID = test.tenant
				_, err := credential.GetToken(t.Context(), options)
				if test.path == "" {
					if err == nil || !strings.Contains(err.Error(), test.err) || entra.requests() > 0 {
						t.Errorf("got error %v after %d requests, want %q", err, entra.requests(), test.err)
					}
				} else if err != nil || !strings.HasPrefix(path, test.path) {
					t.Errorf("requested %s, error %v; want %s", path, err, test.path)
				}
			})
		})
	}
}
