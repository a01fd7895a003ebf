package arm

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/workload-identity-quickstart/msal-go/internal/localazure/guid"
)

const clusterType = "Microsoft.ContainerService/managedClusters"

// clusterKind is an AKS cluster. Only the one of [Config] has an API server.
func clusterKind() *kind {
	k := &kind{typ: clusterType, check: checkCluster, done: changeCluster, deleted: deleteCluster}
	cluster := inGroup + "/providers/" + clusterType + "/{name}/"
	credentials := func(c *call) reply { return userCredentials(c, k) }
	k.own = []route{
		{"POST", cluster + "listClusterUserCredential", k.typ, k.typ + "/listClusterUserCredential/action", credentials},
		{"POST", cluster + "listClusterAdminCredential", k.typ, k.typ + "/listClusterAdminCredential/action", credentials},
		{"GET", inSubscription + "/providers/Microsoft.ContainerService/locations/{location}/operations/{id}", k.typ, "", operationStatus},
	}
	return k
}

// aksError is an error in the form of AKS, which is not that of other services.
func aksError(status int, code, format string, args ...any) *reply {
	return &reply{status: status, body: object{"code": code, "details": nil, "message": fmt.Sprintf(format, args...), "subcode": ""}}
}

var clusterName = regexp.MustCompile(`^[a-zA-Z0-9]([-_a-zA-Z0-9]{0,61}[a-zA-Z0-9])?$`)

// checkCluster has the texts of issues of 2025: sizes in terraform-provider-azurerm's,
// the quota with its code there and in langchain's, another operation in Azure/AKS's.
func checkCluster(c *call, r, old *resource) *reply {
	p, location := r.properties(), text(r.body, "location")
	if old != nil {
		if state := text(old.properties(), "provisioningState"); strings.HasSuffix(state, "ing") {
			return aksError(http.StatusConflict, "OperationNotAllowed", "Operation is not allowed: Another operation (%s) is in progress, please wait for it "+
				"to finish before starting a new operation. See https://aka.ms/aks-pending-operation for more details", state)
		}
	}
	pools, _ := p["agentPoolProfiles"].([]any)
	oidc, _ := p["oidcIssuerProfile"].(object)
	security, _ := p["securityProfile"].(object)
	workload, _ := security["workloadIdentity"].(object)
	switch {
	case !clusterName.MatchString(c.values["name"]):
		return aksError(http.StatusBadRequest, "InvalidParameter", "The value of parameter resourceName is invalid.")
	case len(pools) == 0:
		return aksError(http.StatusBadRequest, "InvalidParameter", "Required parameter agentPoolProfiles is missing (null).")
	case workload["enabled"] == true && oidc["enabled"] != true:
		return aksError(http.StatusBadRequest, "BadRequest", "Enabling workload identity requires enabling OIDC issuer.")
	}
	families := map[string]int{}
	for _, entry := range pools {
		pool, isObject := entry.(object)
		if !isObject {
			return aksError(http.StatusBadRequest, "InvalidParameter", "The value of parameter agentPoolProfiles is invalid.")
		}
		size := strings.ToLower(text(pool, "vmSize"))
		if size == "" { // AKS chooses one
			size = "standard_d8pds_v5"
			pool["vmSize"] = "Standard_D8pds_v5"
		}
		allowed := slices.Sorted(maps.Keys(c.data.Sizes))
		if given := c.cfg.Cluster.VMSizes; len(given) > 0 {
			allowed = given
		}
		of, known := c.data.Sizes[size]
		if !known || !slices.ContainsFunc(allowed, func(s string) bool { return strings.EqualFold(s, size) }) {
			return aksError(http.StatusBadRequest, "BadRequest", "The VM size of %s is not allowed in your subscription in location '%s'. The available VM "+
				"sizes are '%s'. For more details, please visit https://aka.ms/cpu-quota", text(pool, "vmSize"), location, strings.ToLower(strings.Join(allowed, ",")))
		}
		cores, _ := strconv.Atoi(of[0])
		count, ok := pool["count"].(float64)
		if !ok {
			count = 1
			pool["count"] = count
		}
		families[of[1]] += cores * int(count)
	}
	if old == nil {
		for family, requested := range families {
			if left := c.quotaLeft(family); requested > left {
				return aksError(http.StatusBadRequest, "ErrCode_InsufficientVCPUQuota", "Insufficient vcpu quota requested %d, remaining %d for family %s for "+
					"region %s. If you want to increase the quota, please follow this instruction: "+
					"https://learn.microsoft.com/en-us/azure/quotas/view-quotas. Surge nodes would also consume vcpu quota, please consider use smaller "+
					"maxSurge or use maxUnavailable to proceed upgrade without surge nodes, details: aka.ms/aks/maxUnavailable.", requested, left, family, location)
			}
		}
	}
	return nil
}

// quotaLeft of a family of VM sizes. Regions share it here.
func (c *call) quotaLeft(family string) int {
	left := c.cfg.Cluster.Quota
	if left == 0 {
		left = 10
	}
	for _, r := range c.resources {
		if r.kind == nil || r.kind.typ != clusterType {
			continue
		}
		for _, entry := range r.properties()["agentPoolProfiles"].([]any) {
			pool := entry.(object)
			if of := c.data.Sizes[strings.ToLower(text(pool, "vmSize"))]; of[1] == family {
				cores, _ := strconv.Atoi(of[0])
				left -= cores * int(pool["count"].(float64))
			}
		}
	}
	return left
}

// changeCluster creates or updates a cluster, which takes a while.
func changeCluster(c *call, r, old *resource) reply {
	p, m := r.properties(), c.Manager
	name, location, group := text(r.body, "name"), text(r.body, "location"), c.values["group"]
	state, status := "Creating", http.StatusCreated
	if old != nil {
		state, status = "Updating", http.StatusOK
		for key, value := range old.properties() {
			if p[key] == nil && key != "status" {
				p[key] = value
			}
		}
	} else {
		nodes := text(p, "nodeResourceGroup")
		if nodes == "" {
			nodes = "MC_" + group + "_" + name + "_" + location
			p["nodeResourceGroup"] = nodes
		}
		m.addGroup(nodes, location, object{}).body["managedBy"] = r.id
		p["powerState"] = object{"code": "Running"}
		p["servicePrincipalProfile"] = object{"clientId": "msi"}
		p["kubernetesVersion"] = "1.33"
		p["currentKubernetesVersion"] = "1.33.5"
		if identity := part(r.body, "identity"); text(identity, "type") == "SystemAssigned" {
			identity["principalId"], identity["tenantId"] = guid.New(), c.cfg.TenantID
		}
	}
	delete(p, "status")
	p["provisioningState"] = state
	o := c.begin(guid.New())
	m.later(ClusterChange, func() {
		if m.resources[strings.ToLower(r.id)] != r {
			o.status, o.failure = "Canceled", "The cluster was deleted."
			return
		}
		if failure := m.cfg.Cluster.Failure; failure != "" && old == nil {
			o.status, o.failure = "Failed", failure
			p["provisioningState"] = "Failed"
			p["status"] = object{"provisioningError": object{"code": "CreateVMSSAgentPoolFailed", "message": failure}}
			return
		}
		o.status = "Succeeded"
		p["provisioningState"] = "Succeeded"
		p["identityProfile"] = object{"kubeletidentity": object{"clientId": guid.New(), "objectId": guid.New(), "resourceId": m.subscription() +
			"/resourcegroups/" + text(p, "nodeResourceGroup") + "/providers/Microsoft.ManagedIdentity/userAssignedIdentities/" + name + "-agentpool"}}
		p["fqdn"] = strings.ToLower(name) + "-" + guid.New()[:8] + ".hcp." + location + ".azmk8s.io"
		profile := part(p, "oidcIssuerProfile")
		if profile["enabled"] == true && profile["issuerURL"] == nil {
			profile["issuerURL"] = "https://" + location + ".oic.prod-aks.azure.com/" + m.cfg.TenantID + "/" + guid.New() + "/"
			if own := m.cfg.Cluster; own.Issuer != "" && strings.EqualFold(own.Name, name) {
				profile["issuerURL"] = own.Issuer
			}
		}
	})
	return reply{status: status, body: snapshot(r.body), header: c.asyncHeader(location, o)}
}

// snapshot copies a body, which changes when the operation ends.
func snapshot(body object) any {
	var copied any
	raw, _ := json.Marshal(body)     // was decoded before
	_ = json.Unmarshal(raw, &copied) // the same
	return copied
}

func (c *call) asyncHeader(location string, o *operation) map[string]string {
	return map[string]string{"Retry-After": retryAfter,
		"Azure-AsyncOperation": c.link(c.subscription() + "/providers/Microsoft.ContainerService/locations/" + location + "/operations/" + o.id)}
}

// operationStatus has the form of asynchronous operations, see
// https://learn.microsoft.com/azure/azure-resource-manager/management/async-operations.
func operationStatus(c *call) reply {
	o := c.operations[c.values["id"]]
	if o == nil {
		return fail(http.StatusNotFound, "NotFound", "The entity was not found.")
	}
	body := object{"name": o.id, "status": o.status, "startTime": o.started.UTC().Format(time.RFC3339Nano)}
	if o.failure != "" {
		body["error"] = object{"code": "CreateVMSSAgentPoolFailed", "message": o.failure}
	}
	rep := ok(body)
	if o.status == "InProgress" {
		rep.header = map[string]string{"Retry-After": retryAfter}
	}
	return rep
}

func deleteCluster(c *call, r *resource) reply {
	o, m := c.begin(guid.New()), c.Manager
	r.properties()["provisioningState"] = "Deleting"
	m.later(ClusterChange, func() {
		m.drop(r)
		if nodes := m.resources[strings.ToLower(m.subscription()+"/resourceGroups/"+text(r.properties(), "nodeResourceGroup"))]; nodes != nil {
			m.drop(nodes)
		}
		o.status = "Succeeded"
	})
	header := c.asyncHeader(text(r.body, "location"), o)
	header["Location"] = c.link(c.subscription() + "/operationresults/" + o.id)
	return reply{status: http.StatusAccepted, header: header}
}

// userCredentials returns a kubeconfig, for clusters without an API server one that
// leads to a name that does not resolve.
func userCredentials(c *call, k *kind) reply {
	if _, rejected := c.group(false); rejected != nil {
		return *rejected
	}
	r := c.find(k)
	if r == nil {
		return c.notFound(k)
	}
	if text(r.properties(), "provisioningState") == "Creating" {
		return *aksError(http.StatusBadRequest, "BadRequest", "Getting static credential is not allowed because this cluster is in Creating state.")
	}
	name := "clusterUser"
	if strings.HasSuffix(strings.ToLower(c.r.URL.Path), "admincredential") {
		name = "clusterAdmin"
		if r.properties()["disableLocalAccounts"] == true {
			return *aksError(http.StatusBadRequest, "BadRequest", "Getting static credential is not allowed because this cluster is set to disable local accounts.")
		}
	}
	kubeconfig := c.cfg.Cluster.Kubeconfig
	if name := text(r.body, "name"); len(kubeconfig) == 0 || !strings.EqualFold(name, c.cfg.Cluster.Name) {
		user := "clusterUser_" + c.values["group"] + "_" + name
		kubeconfig, _ = json.Marshal(object{ // cannot fail
			"apiVersion": "v1", "kind": "Config", "current-context": name, "preferences": object{},
			"clusters": []any{object{"name": name, "cluster": object{"server": "https://" + text(r.properties(), "fqdn") + ":443"}}},
			"users":    []any{object{"name": user, "user": object{"token": guid.New()}}},
			"contexts": []any{object{"name": name, "context": object{"cluster": name, "user": user}}},
		})
	}
	return ok(object{"kubeconfigs": []any{object{"name": name, "value": base64.StdEncoding.EncodeToString(kubeconfig)}}})
}
