package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/workload-identity-quickstart/msal-go/test/scripts/fakeaz/internal/state"
)

const aksKind = "Microsoft.ContainerService/managedClusters"

func aksCommands() map[string]handler {
	return map[string]handler{
		"aks create":          createCluster,
		"aks delete":          deleteCluster,
		"aks get-credentials": getCredentials,
		"aks list":            listClusters,
		"aks show":            showCluster,
		"aks update":          updateCluster,
		"aks wait":            waitForCluster,
	}
}

var clusterName = regexp.MustCompile(`^[a-zA-Z0-9]$|^[a-zA-Z0-9][-_a-zA-Z0-9]{0,61}[a-zA-Z0-9]$`)

var errNoIssuer = userError("Enabling workload identity requires enabling OIDC issuer (--enable-oidc-issuer).")

func createCluster(c *call) (any, error) {
	group, name := c.String("--resource-group"), c.String("--name")
	c.ignore("--yes", "--enable-managed-identity", "--kubernetes-version", "--network-plugin", "--network-policy",
		"--load-balancer-sku", "--os-sku", "--dns-name-prefix", "--max-pods", "--zones", "--node-osdisk-size")
	if !clusterName.MatchString(name) {
		return nil, userError("Parameter 'resource_name' must conform to the following pattern: '%s'.", clusterName)
	}
	if err := c.requireSSHKey(); err != nil {
		return nil, err
	}
	if err := c.prepare(group, "Microsoft.ContainerService"); err != nil {
		return nil, err
	}
	id := c.resourceID(group, aksKind, name)
	if existing := c.state.Find(id); existing != nil && existing.Busy() {
		return nil, inProgress(existing)
	}
	body := c.newCluster()
	if c.Has("--enable-workload-identity") && !c.Has("--enable-oidc-issuer") {
		return nil, errNoIssuer
	}
	cluster, err := c.create(id, body)
	if err != nil {
		return nil, err
	}
	nodes := "MC_" + group + "_" + name + "_" + cluster.Body["location"].(string)
	c.putGroup(nodes, cluster.Body["location"].(string)).Body["managedBy"] = id
	cluster.Body["nodeResourceGroup"] = nodes
	cluster.Body["fqdn"] = name + "-" + state.GUID(id)[:8] + ".hcp." + cluster.Body["location"].(string) + ".azmk8s.io"
	next := clone(cluster.Body)
	if err := c.enable(next, id); err != nil {
		return nil, err
	}
	return c.begin(cluster, "Creating", next, c.state.Propagation.ClusterCreate)
}

func (c *call) newCluster() object {
	vmSize := c.String("--node-vm-size")
	if vmSize == "" {
		vmSize = "Standard_DS2_v2"
	}
	return object{
		"agentPoolProfiles":        []any{object{"count": c.Int("--node-count", 3), "mode": "System", "name": "nodepool1", "vmSize": vmSize}},
		"currentKubernetesVersion": "1.33.5",
		"disableLocalAccounts":     c.Has("--disable-local-accounts"),
		"identity":                 object{"type": "SystemAssigned"},
		"kubernetesVersion":        "1.33",
		"location":                 c.location(),
		"oidcIssuerProfile":        object{"enabled": false, "issuerUrl": nil},
		"powerState":               object{"code": "Running"},
		"securityProfile":          object{"workloadIdentity": nil},
		"tags":                     orNull(c.Tags("--tags")),
	}
}

// enable sets what --enable-oidc-issuer and --enable-workload-identity ask for.
func (c *call) enable(body object, id string) error {
	if c.Has("--enable-oidc-issuer") {
		issuer := c.state.Defaults.IssuerURL
		if issuer == "" {
			issuer = "https://" + body["location"].(string) + ".oic.prod-aks.azure.com/" +
				c.state.Account.TenantID + "/" + state.GUID("issuer", id) + "/"
		}
		body["oidcIssuerProfile"] = object{"enabled": true, "issuerUrl": issuer}
	}
	if c.Has("--enable-workload-identity") {
		if body["oidcIssuerProfile"].(object)["enabled"] != true {
			return errNoIssuer
		}
		body["securityProfile"] = object{"workloadIdentity": object{"enabled": true}}
	}
	return nil
}

// requireSSHKey refuses what the CLI refuses without a key. The stand-in writes
// none.
func (c *call) requireSSHKey() error {
	generate, none, given := c.Has("--generate-ssh-keys"), c.Has("--no-ssh-key"), c.Has("--ssh-key-value")
	_, err := os.Stat(filepath.Join(c.env("HOME"), ".ssh", "id_rsa.pub"))
	if err == nil || generate || none || given {
		return nil
	}
	return userError("An RSA key file or key value must be supplied to SSH Key Value. " +
		"You can use --generate-ssh-keys to let CLI generate one for you")
}

// begin starts a long operation, which ends at once without --no-wait. Nothing
// is printed with --no-wait.
func (c *call) begin(cluster *state.Resource, now string, next object, shows int) (any, error) {
	then := "Succeeded"
	if next == nil {
		then = state.Gone
	}
	background := c.Has("--no-wait")
	if !background {
		shows = 0
	}
	cluster.Next = next
	cluster.Phase.Begin(now, then, shows)
	if settled := c.state.Find(cluster.ID()); settled != nil && !background {
		return clusterBody(settled), nil
	}
	return nil, nil
}

func updateCluster(c *call) (any, error) {
	cluster, err := c.idleCluster()
	if err != nil {
		return nil, err
	}
	next := clone(cluster.Body)
	if c.Has("--tags") {
		next["tags"] = orNull(c.Tags("--tags"))
	}
	if c.Has("--disable-local-accounts") {
		next["disableLocalAccounts"] = true
	}
	if c.Has("--enable-local-accounts") {
		next["disableLocalAccounts"] = false
	}
	if err := c.enable(next, cluster.ID()); err != nil {
		return nil, err
	}
	return c.begin(cluster, "Updating", next, c.state.Propagation.ClusterUpdate)
}

func deleteCluster(c *call) (any, error) {
	if err := c.confirm(); err != nil {
		return nil, err
	}
	cluster, err := c.idleCluster()
	if isResourceNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	c.remove(cluster)
	c.state.Resources[strings.ToLower(cluster.ID())] = cluster
	return c.begin(cluster, "Deleting", nil, c.state.Propagation.ClusterDelete)
}

func showCluster(c *call) (any, error) {
	cluster, err := c.find(c.String("--resource-group"), aksKind, c.String("--name"))
	if err != nil {
		return nil, err
	}
	c.state.Look(cluster.ID())
	return clusterBody(cluster), nil
}

func listClusters(c *call) (any, error) {
	found, err := c.list(aksKind, c.String("--resource-group"))
	all := []any{}
	for _, cluster := range found {
		c.state.Look(cluster.ID())
		all = append(all, clusterBody(cluster))
	}
	return all, err
}

func waitForCluster(c *call) (any, error) {
	return nil, c.wait(c.resourceID(c.String("--resource-group"), aksKind, c.String("--name")))
}

// idleCluster returns the cluster unless something else is changing it.
func (c *call) idleCluster() (*state.Resource, error) {
	cluster, err := c.find(c.String("--resource-group"), aksKind, c.String("--name"))
	if err == nil && cluster.Busy() {
		return nil, inProgress(cluster)
	}
	return cluster, err
}

func inProgress(cluster *state.Resource) error {
	return azureError(409, "OperationNotAllowed", "Operation is not allowed: Another operation (%s) is in progress, please "+
		"wait for it to finish before starting a new operation. See https://aka.ms/aks-pending-operation for more details",
		cluster.Phase.State)
}

func clusterBody(cluster *state.Resource) object {
	body := clone(cluster.Body)
	body["provisioningState"] = cluster.Phase.State
	return body
}

func clone(body object) object {
	copied := object{}
	for key, value := range body {
		copied[key] = value
	}
	return copied
}
