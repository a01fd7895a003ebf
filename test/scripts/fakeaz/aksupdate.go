package main

import (
	"github.com/workload-identity-quickstart/msal-go/test/scripts/fakeaz/internal/state"
)

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

// power starts or stops the cluster's nodes.
func (c *call) power(now, then string) (any, error) {
	cluster, err := c.idleCluster()
	if err != nil {
		return nil, err
	}
	next := clone(cluster.Body)
	next["powerState"] = object{"code": then}
	return c.begin(cluster, now, next, c.state.Propagation.ClusterUpdate)
}

// enable sets what --enable-oidc-issuer and --enable-workload-identity ask for.
func (c *call) enable(body object, id string) error {
	profile := body["oidcIssuerProfile"].(object)
	if c.Has("--enable-oidc-issuer") && profile["enabled"] != true {
		issuer := c.state.Defaults.IssuerURL
		if issuer == "" {
			issuer = "https://" + body["location"].(string) + ".oic.prod-aks.azure.com/" +
				c.state.Account.TenantID + "/" + c.state.NewGUID("issuer", id) + "/"
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
