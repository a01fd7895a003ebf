package keyvault

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"time"
)

const (
	// maxValue is the longest value of a secret, see
	// https://learn.microsoft.com/azure/key-vault/secrets/about-secrets.
	maxValue = 25 << 10
	maxBody  = 256 << 10
)

// bundle is a secret with its value, or without it as a list has it.
type bundle struct {
	Value       *string           `json:"value,omitempty"`
	ContentType string            `json:"contentType,omitempty"`
	ID          string            `json:"id"`
	Attributes  attributes        `json:"attributes"`
	Tags        map[string]string `json:"tags,omitempty"`
}

type attributes struct {
	Enabled         bool   `json:"enabled"`
	NotBefore       *int64 `json:"nbf,omitempty"`
	Expires         *int64 `json:"exp,omitempty"`
	Created         *int64 `json:"created"`
	Updated         *int64 `json:"updated"`
	RecoveryLevel   string `json:"recoveryLevel"`
	RecoverableDays int    `json:"recoverableDays"`
}

func (s *secret) bundle() bundle {
	return bundle{
		Value: &s.Value, ContentType: s.ContentType, ID: s.id, Tags: s.Tags,
		Attributes: attributes{
			Enabled: !s.Disabled, NotBefore: unix(s.NotBefore), Expires: unix(s.Expires),
			Created: unix(s.created), Updated: unix(s.updated),
			RecoveryLevel: "Recoverable+Purgeable", RecoverableDays: 90,
		},
	}
}

// get is https://learn.microsoft.com/rest/api/keyvault/secrets/get-secret/get-secret.
func (v *Vault) get(c caller, name, version string) (any, *refusal) {
	if op := (operation{permission: "get", action: "getSecret"}); !v.allows(c, op.write) {
		return nil, v.denied(c, op, name)
	}
	s, ok := v.find(name, version)
	switch {
	case !ok && version != "":
		return nil, secretNotFound(name + "/" + version)
	case !ok:
		return nil, secretNotFound(name)
	case s.Disabled:
		return nil, secretDisabled()
	}
	return s.bundle(), nil
}

// list is https://learn.microsoft.com/rest/api/keyvault/secrets/get-secret-versions/get-secret-versions.
// All versions are on one page.
func (v *Vault) list(c caller, name string) (any, *refusal) {
	if op := (operation{permission: "list", action: "readMetadata"}); !v.allows(c, op.write) {
		return nil, v.denied(c, op, name)
	}
	page := struct {
		Value    []bundle `json:"value"`
		NextLink *string  `json:"nextLink"`
	}{Value: []bundle{}}
	for _, s := range v.versions(name) {
		item := s.bundle()
		item.Value = nil
		page.Value = append(page.Value, item)
	}
	return page, nil
}

// put is https://learn.microsoft.com/rest/api/keyvault/secrets/set-secret/set-secret.
func (v *Vault) put(c caller, name string, r *http.Request) (any, *refusal) {
	if op := (operation{permission: "set", action: "setSecret", write: true}); !v.allows(c, op.write) {
		return nil, v.denied(c, op, name)
	}
	if !strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
		return nil, &refusal{status: http.StatusUnsupportedMediaType, code: "BadParameter",
			text: "The request body must have the content type application/json."}
	}
	var body struct {
		Value       *string           `json:"value"`
		ContentType string            `json:"contentType"`
		Tags        map[string]string `json:"tags"`
		Attributes  struct {
			Enabled   *bool  `json:"enabled"`
			NotBefore *int64 `json:"nbf"`
			Expires   *int64 `json:"exp"`
		} `json:"attributes"`
	}
	if err := json.NewDecoder(io.LimitReader(r.Body, maxBody)).Decode(&body); err != nil {
		return nil, badParameter("The request body is not a valid JSON object.")
	}
	switch {
	case body.Value == nil:
		return nil, badParameter("The parameter value is missing.")
	case len(*body.Value) > maxValue:
		return nil, badParameter("The value of the secret is longer than %d bytes.", maxValue)
	}
	s := Secret{Value: *body.Value, ContentType: body.ContentType, Tags: body.Tags}
	s.Disabled = body.Attributes.Enabled != nil && !*body.Attributes.Enabled
	if t := body.Attributes.NotBefore; t != nil {
		s.NotBefore = time.Unix(*t, 0)
	}
	if t := body.Attributes.Expires; t != nil {
		s.Expires = time.Unix(*t, 0)
	}
	return v.set(name, s).bundle(), nil
}
