package main

import (
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
		"aks start":           func(c *call) (any, error) { return c.power("Starting", "Running") },
		"aks stop":            func(c *call) (any, error) { return c.power("Stopping", "Stopped") },
		"aks update":          updateCluster,
		"aks wait":            waitForCluster,
	}
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
