package state

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

	Made map[string]int `json:"made"` // how often NewGUID was asked for the same

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
	FQDN       string `json:"fqdn"`       // of every cluster
	CLIVersion string `json:"cliVersion"` // what az says of itself
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
