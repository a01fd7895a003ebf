package main

import (
	"os"
	"path/filepath"
	"regexp"

	"github.com/workload-identity-quickstart/msal-go/test/scripts/fakeaz/internal/state"
)

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
	existing, body := c.state.Find(id), c.newCluster()
	if existing != nil && existing.Busy() {
		return nil, inProgress(existing)
	}
	if existing != nil {
		body["oidcIssuerProfile"] = existing.Body["oidcIssuerProfile"]
	}
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
	cluster.Body["fqdn"] = c.state.Defaults.FQDN
	if cluster.Body["fqdn"] == "" {
		cluster.Body["fqdn"] = name + "-" + state.GUID(id)[:8] + ".hcp." + cluster.Body["location"].(string) + ".azmk8s.io"
	}
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
