package state

import "strings"

// Object is a JSON object, mostly one that az shows.
type Object = map[string]any

// State is the whole of a small Azure. Maps of resources have lower-case keys.
type State struct {
	Account     Account     `json:"account"`
	Cloud       string      `json:"cloud"`
	Defaults    Defaults    `json:"defaults"`
	Propagation Propagation `json:"propagation"`
	Rules       Rules       `json:"rules"`

	Providers  map[string]*Phase `json:"providers"`
	Features   map[string]*Phase `json:"features"`   // by namespace/name
	Extensions map[string]string `json:"extensions"` // version by name

	Resources      map[string]*Resource         `json:"resources"`      // by id, groups among them
	DeletedVaults  map[string]*Resource         `json:"deletedVaults"`  // by name
	Secrets        map[string]map[string]Object `json:"secrets"`        // by vault name and name
	DeletedSecrets map[string]map[string]Object `json:"deletedSecrets"` // the same

	RoleAssignments   []*Entry `json:"roleAssignments"`
	Applications      []*Entry `json:"applications"`
	ServicePrincipals []*Entry `json:"servicePrincipals"`
}

// Account is who is logged in.
type Account struct {
	LoggedIn       bool           `json:"loggedIn"`
	TenantID       string         `json:"tenantId"`
	User           User           `json:"user"`
	Subscriptions  []Subscription `json:"subscriptions"`
	MayAssignRoles bool           `json:"mayAssignRoles"`
}

// User is the signed-in principal; its type is user or servicePrincipal.
type User struct {
	Name     string `json:"name"`
	Type     string `json:"type"`
	ObjectID string `json:"objectId"`
}

// Subscription is one that the account can see; its state is Enabled or Disabled.
type Subscription struct {
	ID        string `json:"id"`
	Name      string `json:"name"`
	State     string `json:"state"`
	IsDefault bool   `json:"isDefault"`
}

// Defaults are values that are derived from names when they are empty.
type Defaults struct {
	IssuerURL  string `json:"issuerUrl"`  // of every cluster
	ClientID   string `json:"clientId"`   // of every managed identity
	VaultURI   string `json:"vaultUri"`   // of every vault
	Kubeconfig string `json:"kubeconfig"` // file with the current context that get-credentials hands out
}

// Propagation says how often something is seen in its old state before the new
// one shows; 0 is at once.
type Propagation struct {
	Provider       int `json:"provider"`       // provider show: Registering
	Feature        int `json:"feature"`        // feature show: Registering
	ClusterCreate  int `json:"clusterCreate"`  // aks show after create --no-wait: Creating
	ClusterUpdate  int `json:"clusterUpdate"`  // aks show after update --no-wait: Updating
	ClusterDelete  int `json:"clusterDelete"`  // aks show after delete --no-wait: Deleting
	GroupDelete    int `json:"groupDelete"`    // group exists after delete --no-wait: true
	Principal      int `json:"principal"`      // role assignments for a new principal without its type: refused
	Application    int `json:"application"`    // ad sp create for a new application: refused
	RoleAssignment int `json:"roleAssignment"` // a new assignment works from this attempt at a secret on
}

// Rules are what differs between subscriptions, and between years.
type Rules struct {
	AutoRegister  bool     `json:"autoRegister"`  // creating a resource registers its provider
	RBACByDefault bool     `json:"rbacByDefault"` // new vaults use roles unless told otherwise
	TakenVaults   []string `json:"takenVaults"`   // vault names that somebody else has
}

// Entry is something that takes effect only after a number of attempts to use it.
type Entry struct {
	Body        Object   `json:"body"`
	Attempts    int      `json:"attempts"`
	Credentials []Object `json:"credentials,omitempty"` // federated ones, of an application
}

// Ready counts an attempt and tells whether it may succeed.
func (e *Entry) Ready() bool {
	if e.Attempts > 0 {
		e.Attempts--
		return false
	}
	return true
}

// Fresh is a subscription without resources, whose owner is logged in. It has
// no rights to secrets, and no resource provider is registered.
func Fresh() *State {
	const name = "user@example.com"
	return &State{
		Account: Account{
			LoggedIn: true,
			TenantID: "99998888-7777-6666-5555-444433332222",
			User:     User{Name: name, Type: "user", ObjectID: GUID("user", name)},
			Subscriptions: []Subscription{
				{ID: "11112222-3333-4444-5555-666677778888", Name: "Quick Start", State: "Enabled", IsDefault: true},
			},
			MayAssignRoles: true,
		},
		Cloud: "AzureCloud",
		Rules: Rules{RBACByDefault: true, TakenVaults: []string{}},
		Providers: map[string]*Phase{
			"Microsoft.Authorization":    {State: "Registered"},
			"Microsoft.ContainerService": {State: "NotRegistered"},
			"Microsoft.KeyVault":         {State: "NotRegistered"},
			"Microsoft.ManagedIdentity":  {State: "NotRegistered"},
			"Microsoft.Resources":        {State: "Registered"},
		},
		Features:       map[string]*Phase{},
		Extensions:     map[string]string{},
		Resources:      map[string]*Resource{},
		DeletedVaults:  map[string]*Resource{},
		Secrets:        map[string]map[string]Object{},
		DeletedSecrets: map[string]map[string]Object{},
	}
}

// Provider returns a resource provider's registration, whatever the case of its
// namespace, and how that is spelt; nil when there is no such provider.
func (s *State) Provider(namespace string) (*Phase, string) {
	for name, phase := range s.Providers {
		if strings.EqualFold(name, namespace) {
			return phase, name
		}
	}
	return nil, ""
}
