package arm

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/workload-identity-quickstart/msal-go/internal/localazure/keyvault"
)

// The texts of vaults' names are from Azure's documentation and issues: names in use
// in azure-docs' Dev Center articles, names of deleted vaults in Azure/azure-dev's,
// invalid names and purge protection in terraform-provider-azurerm's.
const (
	nameTaken = "The vault name '%s' is already in use. Vault names are globally unique so it is possible that the name is already taken. " +
		"If you are sure that the vault name was not taken then it is possible that a vault with the same name was recently deleted but not " +
		"purged after being placed in a recoverable state. If the vault is in a recoverable state then the vault will need to be purged before " +
		"reusing the name. For more information about VaultAlreadyExists, soft delete and purging a vault follow this link " +
		"https://go.microsoft.com/fwlink/?linkid=2147740."
	nameDeleted = "A vault with the same name already exists in deleted state. You need to either recover or purge existing key vault. " +
		"Follow this link https://go.microsoft.com/fwlink/?linkid=2149745 for more information on soft delete."
	nameInvalid = "The vault name '%s' is invalid. A vault's name must be between 3-24 alphanumeric characters. The name must begin with a letter, " +
		"end with a letter or digit, and not contain consecutive hyphens. Follow this link for more information: https://go.microsoft.com/fwlink/?linkid=2147742"
)

// deletedVault is a vault that can be recovered.
type deletedVault struct {
	*resource
	at, until time.Time
}

const vaultType = "Microsoft.KeyVault/vaults"

// vaultKind is a key vault, which exists in the data plane, too.
func vaultKind() *kind {
	const deleted = inSubscription + "/providers/Microsoft.KeyVault/locations/{location}/deletedVaults/{name}"
	return &kind{
		typ:    vaultType,
		check:  checkVault,
		done:   func(_ *call, r, _ *resource) reply { return ok(r.body) },
		remove: softDelete,
		own: []route{
			{"POST", inSubscription + "/providers/Microsoft.KeyVault/checkNameAvailability", vaultType, "Microsoft.KeyVault/checkNameAvailability/read", checkName},
			{"GET", inSubscription + "/providers/Microsoft.KeyVault/deletedVaults", vaultType, "Microsoft.KeyVault/deletedVaults/read", listDeleted},
			// The Azure CLI asks for managed HSMs beside vaults. There are none.
			{"GET", inSubscription + "/providers/Microsoft.KeyVault/deletedManagedHSMs", vaultType, "Microsoft.KeyVault/deletedManagedHsms/read", listNothing},
			{"GET", inSubscription + "/providers/Microsoft.KeyVault/managedHSMs", vaultType, "Microsoft.KeyVault/managedHsms/read", listNothing},
			{"GET", deleted, vaultType, "Microsoft.KeyVault/locations/deletedVaults/read", func(c *call) reply {
				return c.deletedVault(func(v *deletedVault) reply { return ok(c.deletedBody(v)) })
			}},
			{"POST", deleted + "/purge", vaultType, "Microsoft.KeyVault/locations/deletedVaults/purge/action", func(c *call) reply {
				return c.deletedVault(c.purge)
			}},
		},
	}
}

var vaultName = regexp.MustCompile(`^[a-zA-Z](-?[a-zA-Z0-9])*$`)

func validVaultName(name string) bool {
	return len(name) >= 3 && len(name) <= 24 && vaultName.MatchString(name)
}

// nameState is why a vault's name cannot be used, if it cannot.
func (m *Manager) nameState(name string) (code, message string) {
	if !validVaultName(name) {
		return "VaultNameNotValid", nameInvalid
	}
	_, taken := m.cfg.Vaults.Lookup(m.cfg.Cloud.VaultHost(name))
	for _, r := range m.resources {
		taken = taken || r.kind != nil && r.kind.typ == vaultType && strings.EqualFold(text(r.body, "name"), name)
	}
	if taken || m.deletedIndex(name) >= 0 {
		return "VaultAlreadyExists", nameTaken
	}
	return "", ""
}

func (m *Manager) deletedIndex(name string) int {
	return slices.IndexFunc(m.deleted, func(v *deletedVault) bool { return strings.EqualFold(text(v.body, "name"), name) })
}

func checkName(c *call) reply {
	name := text(c.body, "name")
	if !strings.EqualFold(text(c.body, "type"), vaultType) {
		return badRequest("The type '%s' is not %s.", text(c.body, "type"), vaultType)
	}
	switch code, message := c.nameState(name); code {
	case "":
		return ok(object{"nameAvailable": true})
	case "VaultNameNotValid":
		return ok(object{"nameAvailable": false, "reason": "AccountNameInvalid", "message": strings.ReplaceAll(message, "%s", name)})
	default:
		return ok(object{"nameAvailable": false, "reason": "AlreadyExists", "message": strings.ReplaceAll(message, "%s", name)})
	}
}

func checkVault(c *call, r, old *resource) *reply {
	p, name := r.properties(), c.values["name"]
	reject := func(rep reply) *reply { return &rep }
	if old == nil && text(p, "createMode") == "recover" {
		return c.recover(r)
	}
	sku, _ := p["sku"].(object)
	_, hasPolicies := p["accessPolicies"].([]any)
	rbac, rbacGiven := p["enableRbacAuthorization"].(bool)
	if !rbacGiven && old == nil {
		// The default of the version that came with 2026-02-01, see
		// https://learn.microsoft.com/azure/key-vault/general/access-control-default.
		rbac = c.version >= "2026-02-01"
	} else if !rbacGiven {
		rbac, _ = old.properties()["enableRbacAuthorization"].(bool)
	}
	switch {
	case !strings.EqualFold(text(p, "tenantId"), c.cfg.TenantID):
		return reject(badRequest("An invalid value was provided for 'tenantId'."))
	case !slices.Contains([]string{"standard", "premium"}, strings.ToLower(text(sku, "name"))):
		return reject(badRequest("An invalid value was provided for 'sku'."))
	case !hasPolicies && !rbac:
		return reject(badRequest("The parameter accessPolicies is not specified."))
	case p["enablePurgeProtection"] == false:
		return reject(badRequest("The property \"enablePurgeProtection\" cannot be set to false. Enabling the purge protection for a vault is an irreversible action."))
	}
	if old == nil {
		switch code, message := c.nameState(name); {
		case code == "VaultNameNotValid":
			return reject(fail(http.StatusBadRequest, code, message, name))
		case c.deletedIndex(name) >= 0:
			return reject(fail(http.StatusConflict, "ConflictError", nameDeleted))
		case code != "":
			return reject(fail(http.StatusConflict, code, message, name))
		}
		vault, err := c.cfg.Vaults.Add(keyvault.Options{Name: name, Cloud: c.cfg.Cloud, TenantID: c.cfg.TenantID, ResourceID: r.id,
			Location: text(r.body, "location"), Access: vaultAccess{c.Manager, strings.ToLower(r.id)}})
		if err != nil {
			return reject(badRequest("%s", err))
		}
		r.do = vault
		c.awaitDNS(r, p)
	} else {
		p["provisioningState"] = old.properties()["provisioningState"]
	}
	if !hasPolicies {
		p["accessPolicies"] = []any{}
	}
	defaults := object{"enableSoftDelete": true, "softDeleteRetentionInDays": float64(90), "enabledForDeployment": false,
		"publicNetworkAccess": "Enabled", "enableRbacAuthorization": rbac, "vaultUri": "https://" + c.cfg.Cloud.VaultHost(name) + "/"}
	for key, value := range defaults {
		if p[key] == nil || key == "vaultUri" {
			p[key] = value
		}
	}
	delete(p, "createMode")
	return nil
}

// awaitDNS hides a vault from the data plane until its name resolves.
func (c *call) awaitDNS(r *resource, p object) {
	vault, m := r.do.(*keyvault.Vault), c.Manager
	p["provisioningState"] = "RegisteringDns"
	m.cfg.Vaults.Remove(vault)
	c.later(Vault, func() {
		p["provisioningState"] = "Succeeded"
		if m.deletedIndex(text(r.body, "name")) < 0 {
			m.cfg.Vaults.Restore(vault)
		}
	})
}

// recover brings back a deleted vault in its old resource group.
func (c *call) recover(r *resource) *reply {
	i := c.deletedIndex(c.values["name"])
	if i < 0 || !strings.EqualFold(c.deleted[i].id, r.id) {
		rep := noDeletedVault(c.values["name"])
		return &rep
	}
	found := c.deleted[i].resource
	c.deleted = slices.Delete(c.deleted, i, i+1)
	r.body, r.do = found.body, found.do
	c.awaitDNS(r, r.properties())
	return nil
}

func softDelete(m *Manager, r *resource) {
	days, _ := r.properties()["softDeleteRetentionInDays"].(float64)
	at := m.cfg.Now()
	m.deleted = append(m.deleted, &deletedVault{r, at, at.AddDate(0, 0, int(days))})
	m.cfg.Vaults.Remove(r.do.(*keyvault.Vault))
}

func (m *Manager) deletedBody(v *deletedVault) object {
	name, p := text(v.body, "name"), v.properties()
	return object{
		"id":   m.subscription() + "/providers/Microsoft.KeyVault/locations/" + text(v.body, "location") + "/deletedVaults/" + name,
		"name": name, "type": "Microsoft.KeyVault/deletedVaults",
		"properties": object{"vaultId": v.id, "location": v.body["location"], "tags": v.body["tags"], "purgeProtectionEnabled": p["enablePurgeProtection"],
			"deletionDate": v.at.UTC().Format(time.RFC3339), "scheduledPurgeDate": v.until.UTC().Format(time.RFC3339)},
	}
}

func listDeleted(c *call) reply {
	var all []any
	for _, v := range c.deleted {
		all = append(all, c.deletedBody(v))
	}
	return list(all)
}

func listNothing(*call) reply { return list(nil) }

func noDeletedVault(name string) reply {
	return fail(http.StatusNotFound, "DeletedVaultNotFound", "The specified deleted vault '%s' does not exist.", name)
}

// deletedVault calls do with the one that the path names.
func (c *call) deletedVault(do func(*deletedVault) reply) reply {
	i := c.deletedIndex(c.values["name"])
	if i < 0 || !strings.EqualFold(text(c.deleted[i].body, "location"), c.values["location"]) {
		return noDeletedVault(c.values["name"])
	}
	return do(c.deleted[i])
}

func (c *call) purge(v *deletedVault) reply {
	if v.properties()["enablePurgeProtection"] == true {
		return fail(http.StatusMethodNotAllowed, "MethodNotAllowed", "Operation 'DeletedVaultPurge' is not allowed.")
	}
	c.deleted = slices.DeleteFunc(c.deleted, func(other *deletedVault) bool { return other == v })
	return reply{status: http.StatusOK}
}

// vaultAccess decides for the vault of a resource ID, in lower case.
type vaultAccess struct {
	m  *Manager
	id string
}

// vault calls do with the properties of the vault, if it is there.
func (a vaultAccess) vault(do func(object)) {
	a.m.mu.Lock()
	defer a.m.mu.Unlock()
	a.m.settle()
	if r := a.m.resources[a.id]; r != nil {
		do(r.properties())
	}
}

// Model takes rules for addresses into account only where they let loopback in.
func (a vaultAccess) Model() (model keyvault.PermissionModel, network keyvault.Network) {
	a.vault(func(p object) {
		if p["enableRbacAuthorization"] != true {
			model = keyvault.AccessPolicy
		}
		acls, _ := p["networkAcls"].(object)
		rules, _ := acls["ipRules"].([]any)
		open := slices.ContainsFunc(rules, func(rule any) bool {
			o, _ := rule.(object)
			return strings.HasPrefix(text(o, "value"), "127.")
		})
		switch {
		case strings.EqualFold(text(p, "publicNetworkAccess"), "Disabled"):
			network = keyvault.Connection
		case strings.EqualFold(text(acls, "defaultAction"), "Deny") && !open:
			network = keyvault.Firewall
		}
	})
	return model, network
}

// Allows asks the roles, or the access policies.
func (a vaultAccess) Allows(objectID, permission, action, resourceID string) (allowed bool) {
	a.vault(func(p object) {
		if p["enableRbacAuthorization"] == true {
			allowed = a.m.allowed(objectID, action, resourceID, true)
			return
		}
		policies, _ := p["accessPolicies"].([]any)
		for _, entry := range policies {
			policy, _ := entry.(object)
			permissions, _ := policy["permissions"].(object)
			secrets, _ := permissions["secrets"].([]any)
			allowed = allowed || strings.EqualFold(text(policy, "objectId"), objectID) && slices.ContainsFunc(secrets, func(s any) bool {
				word, _ := s.(string)
				return strings.EqualFold(word, permission) || strings.EqualFold(word, "all") && permission != "purge"
			})
		}
	})
	return allowed
}
