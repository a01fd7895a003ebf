package keyvault

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
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

	// Of deleted secrets.
	RecoveryID         string `json:"recoveryId,omitempty"`
	DeletedDate        *int64 `json:"deletedDate,omitempty"`
	ScheduledPurgeDate *int64 `json:"scheduledPurgeDate,omitempty"`
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

// retention is how long a deleted secret can be recovered, in days.
const retention = 90

// bundle is a version without its value.
func (s *secret) bundle() bundle {
	return bundle{
		ContentType: s.ContentType, ID: s.id, Tags: s.Tags,
		Attributes: attributes{
			Enabled: !s.Disabled, NotBefore: unix(s.NotBefore), Expires: unix(s.Expires),
			Created: unix(s.created), Updated: unix(s.updated),
			RecoveryLevel: "Recoverable+Purgeable", RecoverableDays: retention,
		},
	}
}

// item is a secret in a list: its newest version, without the version in its id.
func (o *object) item() bundle {
	b := o.newest().bundle()
	b.ID = b.ID[:strings.LastIndex(b.ID, "/")]
	return o.withDates(b)
}

// withDates adds to b when o was deleted, if it was.
func (o *object) withDates(b bundle) bundle {
	if !o.deleted.IsZero() {
		id := o.newest().id
		id = id[:strings.LastIndex(id, "/")]
		b.RecoveryID = strings.Replace(id, "/secrets/", "/deletedsecrets/", 1)
		b.DeletedDate, b.ScheduledPurgeDate = unix(o.deleted), unix(o.deleted.AddDate(0, 0, retention))
	}
	return b
}

// content is the body of a request that sets or updates a secret.
type content struct {
	Value       *string           `json:"value"`
	ContentType *string           `json:"contentType"`
	Tags        map[string]string `json:"tags"`
	Attributes  struct {
		Enabled   *bool  `json:"enabled"`
		NotBefore *int64 `json:"nbf"`
		Expires   *int64 `json:"exp"`
	} `json:"attributes"`
}

func readContent(r *http.Request) (content, *refusal) {
	var c content
	if !strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
		return c, &refusal{status: http.StatusUnsupportedMediaType, code: "BadParameter",
			text: "The request body must have the content type application/json."}
	}
	if err := json.NewDecoder(io.LimitReader(r.Body, maxBody)).Decode(&c); err != nil {
		return c, badParameter("The request body is not a valid JSON object.")
	}
	return c, nil
}

// apply changes s to what c has, other than its value.
func (c content) apply(s *Secret) {
	if c.ContentType != nil {
		s.ContentType = *c.ContentType
	}
	if c.Tags != nil {
		s.Tags = c.Tags
	}
	if c.Attributes.Enabled != nil {
		s.Disabled = !*c.Attributes.Enabled
	}
	if t := c.Attributes.NotBefore; t != nil {
		s.NotBefore = time.Unix(*t, 0)
	}
	if t := c.Attributes.Expires; t != nil {
		s.Expires = time.Unix(*t, 0)
	}
}

func (v *Vault) get(name, version string) (any, *refusal) {
	s, ok := v.find(name, version)
	switch {
	case !ok && version != "":
		return nil, secretNotFound(name + "/" + version)
	case !ok:
		return nil, secretNotFound(name)
	case s.Disabled:
		return nil, secretDisabled()
	}
	b := s.bundle()
	b.Value = &s.Value
	return b, nil
}

func (v *Vault) put(r *http.Request, name string) (any, *refusal) {
	c, refused := readContent(r)
	switch {
	case refused != nil:
		return nil, refused
	case c.Value == nil:
		return nil, badParameter("The parameter value is missing.")
	case len(*c.Value) > maxValue:
		return nil, badParameter("The value of the secret is longer than %d bytes.", maxValue)
	}
	s := Secret{Value: *c.Value}
	c.apply(&s)
	stored, ok := v.set(name, s)
	if !ok {
		return nil, deletedButRecoverable(name)
	}
	b := stored.bundle()
	b.Value = c.Value
	return b, nil
}

func (v *Vault) patch(r *http.Request, name, version string) (any, *refusal) {
	c, refused := readContent(r)
	if refused != nil {
		return nil, refused
	}
	s, ok := v.update(name, version, c.apply)
	if !ok {
		return nil, secretNotFound(strings.TrimSuffix(name+"/"+version, "/"))
	}
	return s.bundle(), nil
}

func (v *Vault) delete(name string) (any, *refusal) {
	v.mu.Lock()
	defer v.mu.Unlock()
	o := v.live(name)
	if o == nil {
		return nil, secretNotFound(name)
	}
	o.deleted = v.now()
	return o.withDates(o.newest().bundle()), nil
}

// deleted calls do with a deleted secret.
func (v *Vault) deleted(name string, do func(*object) any) (any, *refusal) {
	v.mu.Lock()
	defer v.mu.Unlock()
	o := v.secrets[strings.ToLower(name)]
	if o == nil || o.deleted.IsZero() {
		return nil, deletedSecretNotFound(name)
	}
	return do(o), nil
}

func (v *Vault) getDeleted(name string) (any, *refusal) {
	return v.deleted(name, func(o *object) any { return o.withDates(o.newest().bundle()) })
}

func (v *Vault) restore(name string) (any, *refusal) {
	return v.deleted(name, func(o *object) any {
		o.deleted = time.Time{}
		return o.newest().bundle()
	})
}

func (v *Vault) purge(name string) (any, *refusal) {
	return v.deleted(name, func(*object) any {
		delete(v.secrets, strings.ToLower(name))
		return nil
	})
}

// items lists the secrets that are deleted, or those that are not, by name.
func (v *Vault) items(deleted bool) []bundle {
	v.mu.Lock()
	defer v.mu.Unlock()
	var items []bundle
	for _, name := range slices.Sorted(maps.Keys(v.secrets)) {
		if o := v.secrets[name]; o.deleted.IsZero() != deleted {
			items = append(items, o.item())
		}
	}
	return items
}

// listVersions is of a secret's versions, oldest first.
func (v *Vault) listVersions(name string) []bundle {
	v.mu.Lock()
	defer v.mu.Unlock()
	var items []bundle
	if o := v.live(name); o != nil {
		for _, s := range o.versions {
			items = append(items, s.bundle())
		}
	}
	return items
}

// maxPage is how many items a page has at most, and unless the request says less.
const maxPage = 25

// page cuts from items what r asks for, and adds a link to what comes next.
func (v *Vault) page(r *http.Request, items []bundle) (any, *refusal) {
	query := r.URL.Query()
	size, from := maxPage, 0
	var err error
	if s := query.Get("maxresults"); s != "" {
		if size, err = strconv.Atoi(s); err != nil || size < 1 || size > maxPage {
			return nil, badParameter("maxresults must be between 1 and %d", maxPage)
		}
	}
	if s := query.Get("$skiptoken"); s != "" {
		var token skipToken
		raw, err := base64.RawURLEncoding.DecodeString(s)
		if err == nil {
			err = json.Unmarshal(raw, &token)
		}
		if from, _ = strconv.Atoi(token.NextMarker); err != nil || from < 1 {
			return nil, badParameter("$skiptoken is invalid")
		}
	}
	page := struct {
		Value    []bundle `json:"value"`
		NextLink *string  `json:"nextLink"`
	}{Value: []bundle{}}
	from = min(from, len(items))
	to := min(from+size, len(items))
	page.Value = append(page.Value, items[from:to]...)
	if to < len(items) {
		raw, _ := json.Marshal(skipToken{NextMarker: strconv.Itoa(to)}) // cannot fail
		link := fmt.Sprintf("https://%s:443%s?api-version=%s&$skiptoken=%s&maxresults=%d",
			v.Host(), r.URL.Path, url.QueryEscape(query.Get("api-version")), base64.RawURLEncoding.EncodeToString(raw), size)
		page.NextLink = &link
	}
	return page, nil
}

// skipToken is the form of the service's own tokens. What the marker says is its own business.
type skipToken struct {
	NextMarker     string
	TargetLocation int
}
