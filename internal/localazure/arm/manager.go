package arm

import (
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/workload-identity-quickstart/msal-go/internal/localazure/answer"
	"github.com/workload-identity-quickstart/msal-go/internal/localazure/cloud"
	"github.com/workload-identity-quickstart/msal-go/internal/localazure/entra"
	"github.com/workload-identity-quickstart/msal-go/internal/localazure/guid"
	"github.com/workload-identity-quickstart/msal-go/internal/localazure/keyvault"
)

// Delay is something that takes its time in Azure.
type Delay string

// The delays, none of which takes any time unless set.
const (
	GroupDeletion   Delay = "group-deletion"
	Registration    Delay = "registration"     // of a provider or a feature
	Credential      Delay = "credential"       // until a federated identity credential is in effect
	CredentialWrite Delay = "credential-write" // #nosec G101 -- how long a write of one takes, and keeps out others
	RoleAssignment  Delay = "role-assignment"  // until an assignment, or its end, is in effect
	Graph           Delay = "graph"            // until the directory knows a new principal
	Vault           Delay = "vault"            // until a vault's name resolves
	ClusterChange   Delay = "cluster"
)

// Delays lists the names of the delays.
func Delays() []string {
	return []string{string(GroupDeletion), string(Registration), string(Credential), string(CredentialWrite),
		string(RoleAssignment), string(Graph), string(Vault), string(ClusterChange)}
}

// Cluster is a cluster that exists: what AKS creates under its name.
type Cluster struct {
	// Name of the AKS cluster. Clusters of other names have no API server.
	Name       string
	Kubeconfig []byte
	// Issuer of its service account tokens.
	Issuer string
	// Failure is the message with which the creation of clusters fails, unless empty.
	Failure string
	// VMSizes are those that the subscription may use, a common few unless set.
	VMSizes []string
	// Quota is the number of vCPUs of each family of VM sizes, 10 unless set.
	Quota int
}

// Config configures a [Manager].
type Config struct {
	Cloud                    cloud.Cloud
	TenantID, SubscriptionID string
	// Directory and Vaults must not be nil.
	Directory *entra.Directory
	Vaults    *keyvault.Service
	// Roles are names of built-in roles, by the object ID that has them in the
	// subscription.
	Roles   map[string]string
	Delays  map[Delay]time.Duration
	Cluster Cluster
	// Ahead moves the clock by which API versions are retired.
	Ahead time.Duration
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// Manager is Azure Resource Manager with one subscription. It is an [http.Handler];
// its methods may be called concurrently.
type Manager struct {
	cfg  Config
	data dataFile

	mu          sync.Mutex
	resources   map[string]*resource // by lower-case ID
	assignments []*assignment
	deleted     []*deletedVault
	providers   map[string]string // registration state by namespace
	features    map[string]string // state by namespace/name
	operations  map[string]*operation
	pending     []pending
	busy        map[string]bool // identities whose credentials are written
}

//go:embed data.json
var dataJSON []byte

type dataFile struct {
	Versions  map[string][]string
	Providers []string
	Locations []string
	Sizes     map[string][2]string
	Roles     []role
}

// New returns a manager whose subscription is empty.
func New(cfg Config) (*Manager, error) {
	if cfg.Directory == nil || cfg.Vaults == nil {
		return nil, errors.New("resource manager needs a directory and vaults")
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	m := &Manager{cfg: cfg, resources: map[string]*resource{}, providers: map[string]string{}, features: map[string]string{},
		operations: map[string]*operation{}, busy: map[string]bool{}}
	if err := json.Unmarshal(dataJSON, &m.data); err != nil {
		return nil, fmt.Errorf("read data of resource manager: %w", err)
	}
	for _, namespace := range m.data.Providers {
		m.providers[namespace] = "NotRegistered"
	}
	for _, namespace := range []string{"Microsoft.Authorization", "Microsoft.Features", "Microsoft.Resources"} {
		m.providers[namespace] = "Registered"
	}
	for _, objectID := range slices.Sorted(maps.Keys(cfg.Roles)) {
		r, ok := m.role(cfg.Roles[objectID])
		if !ok {
			return nil, fmt.Errorf("role %q is not known", cfg.Roles[objectID])
		}
		m.assignments = append(m.assignments, &assignment{id: guid.New(), principal: objectID, role: r.ID, scope: m.subscription()})
	}
	return m, nil
}

func (m *Manager) subscription() string { return "/subscriptions/" + m.cfg.SubscriptionID }

// object is a JSON object.
type object = map[string]any

// resource is what exists under an ID, in the case in which it was created.
type resource struct {
	id   string
	body object
	kind *kind
	do   any // what the kind keeps, such as the vault
}

func (r *resource) properties() object { return part(r.body, "properties") }

// part is the object at key of o, an empty one that is added if there is none.
func part(o object, key string) object {
	p, ok := o[key].(object)
	if !ok {
		p = object{}
		o[key] = p
	}
	return p
}

func text(o object, key string) string {
	s, _ := o[key].(string)
	return s
}

// pending is what happens later.
type pending struct {
	at time.Time
	do func()
}

// later calls do with the lock held, when the delay has passed.
func (m *Manager) later(delay Delay, do func()) {
	if m.cfg.Delays[delay] == 0 {
		do()
		return
	}
	m.pending = append(m.pending, pending{m.cfg.Now().Add(m.cfg.Delays[delay]), do})
}

// settle does what is due. The caller holds m.mu.
func (m *Manager) settle() {
	now := m.cfg.Now()
	for {
		i := slices.IndexFunc(m.pending, func(p pending) bool { return !now.Before(p.at) })
		if i < 0 {
			return
		}
		do := m.pending[i].do
		m.pending = slices.Delete(m.pending, i, i+1)
		do()
	}
}

// call is a request whose caller is known.
type call struct {
	*Manager
	r       *http.Request
	caller  entra.Caller
	values  map[string]string // of the path
	version string
	body    object
}

// reply is a response; an empty body is none.
type reply struct {
	status int
	body   any
	header map[string]string
	after  time.Duration // to wait before it is sent
	then   func()        // done after that, with the lock held
}

func ok(body any) reply { return reply{status: http.StatusOK, body: body} }

// list is a page with everything.
func list(items []any) reply {
	if items == nil {
		items = []any{}
	}
	return ok(object{"value": items})
}

// ServeHTTP responds for management.azure.com.
func (m *Manager) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	rep := m.serve(r)
	if rep.after > 0 {
		select {
		case <-time.After(rep.after):
		case <-r.Context().Done():
		}
	}
	if rep.then != nil {
		m.mu.Lock()
		rep.then()
		m.mu.Unlock()
	}
	id := guid.New()
	header := w.Header()
	header.Set("Cache-Control", "no-cache")
	header.Set("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("X-Ms-Request-Id", id)
	header.Set("X-Ms-Correlation-Request-Id", id)
	for name, value := range rep.header {
		header.Set(name, value)
	}
	if rep.body == nil {
		w.WriteHeader(rep.status)
		return
	}
	answer.JSON(w, rep.status, rep.body)
}

func (m *Manager) serve(r *http.Request) reply {
	caller, rejected := m.authenticate(r)
	if rejected != nil {
		return *rejected
	}
	c := &call{Manager: m, r: r, caller: caller, version: r.URL.Query().Get("api-version"), body: object{}}
	if r.Method == http.MethodPut || r.Method == http.MethodPatch || r.Method == http.MethodPost {
		raw, err := io.ReadAll(io.LimitReader(r.Body, 4<<20))
		if err == nil && len(raw) > 0 {
			err = json.Unmarshal(raw, &c.body)
		}
		if err != nil {
			return fail(http.StatusBadRequest, "InvalidRequestContent", "The request content was invalid and could not be deserialized: '%s'.", err)
		}
		if c.body == nil { // null
			c.body = object{}
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.settle()
	return c.dispatch()
}

// audiences are those of access tokens for Azure Resource Manager.
func audiences() []string {
	return []string{"https://management.core.windows.net", "https://management.azure.com"}
}

func (m *Manager) authenticate(r *http.Request) (entra.Caller, *reply) {
	caller, rejected := m.cfg.Directory.Authenticate(r.Header.Get("Authorization"), audiences()...)
	if rejected == nil {
		return caller, nil
	}
	var rep reply
	// Documented at https://learn.microsoft.com/azure/cost-management-billing and in
	// issues: the audience in those of docker/compose-cli and of Azure PowerShell.
	const layout = "1/2/2006 3:04:05 PM"
	switch {
	case rejected.Missing:
		rep = fail(http.StatusUnauthorized, "AuthenticationFailed", "Authentication failed. The 'Authorization' header is missing.")
	case rejected.Audience != "":
		var allowed []string
		for _, a := range audiences() {
			allowed = append(allowed, "'"+a+"/'", "'"+a+"'")
		}
		rep = fail(http.StatusUnauthorized, "InvalidAuthenticationTokenAudience", "The access token has been obtained for wrong audience or "+
			"resource '%s'. It should exactly match with one of the allowed audiences %s.", rejected.Audience, strings.Join(allowed, ","))
	case !rejected.Expired.IsZero():
		rep = fail(http.StatusUnauthorized, "ExpiredAuthenticationToken", "The access token expiry UTC time '%s' is earlier than current UTC time '%s'.",
			rejected.Expired.UTC().Format(layout), m.cfg.Now().UTC().Format(layout))
	default:
		rep = fail(http.StatusUnauthorized, "InvalidAuthenticationToken", "The access token is invalid.")
	}
	rep.header = map[string]string{"WWW-Authenticate": fmt.Sprintf(`Bearer authorization_uri="%s%s", error="invalid_token", error_description="%s"`,
		m.cfg.Cloud.AuthorityURL(), m.cfg.TenantID, "The authentication failed because of missing or invalid 'Authorization' header.")}
	return caller, &rep
}

// fail is an error in the form of Azure Resource Manager.
func fail(status int, code, format string, args ...any) reply {
	return reply{status: status, body: object{"error": object{"code": code, "message": fmt.Sprintf(format, args...)}}}
}

func badRequest(format string, args ...any) reply {
	return fail(http.StatusBadRequest, "BadRequest", format, args...)
}
