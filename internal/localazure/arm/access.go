package arm

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/workload-identity-quickstart/msal-go/internal/localazure/guid"
)

// role is a built-in role, from
// https://learn.microsoft.com/azure/role-based-access-control/built-in-roles.
type role struct {
	ID, Name                         string
	Actions, NotActions, DataActions []string
}

func (r role) allows(action string, data bool) bool {
	covers := func(pattern string) bool { return matches(strings.ToLower(pattern), strings.ToLower(action)) }
	if data {
		return slices.ContainsFunc(r.DataActions, covers)
	}
	return slices.ContainsFunc(r.Actions, covers) && !slices.ContainsFunc(r.NotActions, covers)
}

// matches compares s with a pattern in which * stands for any characters.
func matches(pattern, s string) bool {
	head, tail, wild := strings.Cut(pattern, "*")
	if !wild {
		return pattern == s
	}
	rest, ok := strings.CutPrefix(s, head)
	for i := 0; ok && i <= len(rest); i++ {
		if matches(tail, rest[i:]) {
			return true
		}
	}
	return false
}

// role finds a role by its name, or its GUID at the end of an ID.
func (m *Manager) role(name string) (role, bool) {
	i := slices.IndexFunc(m.data.Roles, func(r role) bool {
		return strings.EqualFold(r.Name, name) || strings.EqualFold(r.ID, name[strings.LastIndex(name, "/")+1:])
	})
	if i < 0 {
		return role{}, false
	}
	return m.data.Roles[i], true
}

func (m *Manager) roleID(id string) string {
	return m.subscription() + "/providers/Microsoft.Authorization/roleDefinitions/" + id
}

// assignment gives a principal a role at a scope and below it.
type assignment struct {
	id, principal, principalType, role, scope, description string
	created                                                time.Time
	latent, gone                                           bool // not yet in effect; deleted but still in effect
}

func (m *Manager) assignmentBody(a *assignment) object {
	at := a.created.UTC().Format(time.RFC3339Nano)
	return object{
		"id": a.scope + "/providers/Microsoft.Authorization/roleAssignments/" + a.id, "name": a.id,
		"type": "Microsoft.Authorization/roleAssignments",
		"properties": object{
			"roleDefinitionId": m.roleID(a.role), "principalId": a.principal, "principalType": cmp.Or(a.principalType, m.principalType(a.principal)),
			"scope": a.scope, "condition": nil, "conditionVersion": nil, "createdOn": at, "updatedOn": at, "createdBy": "", "updatedBy": "",
			"delegatedManagedIdentityResourceId": nil, "description": orNil(a.description),
		},
	}
}

func orNil(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// within reports whether id is scope or below it.
func within(id, scope string) bool {
	id, scope = strings.ToLower(id), strings.ToLower(strings.TrimSuffix(scope, "/"))
	return id == scope || strings.HasPrefix(id, scope+"/")
}

// allowed reports whether a principal's roles allow an action, or a data action, at
// scope. The caller holds m.mu.
func (m *Manager) allowed(principal, action, scope string, data bool) bool {
	return slices.ContainsFunc(m.assignments, func(a *assignment) bool {
		r, _ := m.role(a.role)
		return strings.EqualFold(a.principal, principal) && !a.latent && within(scope, a.scope) && r.allows(action, data)
	})
}

// principalType finds a principal that the directory knows by now.
func (m *Manager) principalType(objectID string) string {
	for _, u := range m.cfg.Directory.Users() {
		if strings.EqualFold(u.ObjectID, objectID) {
			return "User"
		}
	}
	for _, a := range m.cfg.Directory.Applications() {
		if strings.EqualFold(a.ObjectID, objectID) && !a.NoServicePrincipal && !m.cfg.Now().Before(a.KnownAt) {
			return "ServicePrincipal"
		}
	}
	return ""
}

func listRoles(c *call) reply {
	wanted := ""
	if filter := c.r.URL.Query().Get("$filter"); filter != "" {
		name, value, _ := strings.Cut(filter, " eq ")
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "rolename":
			wanted = strings.ReplaceAll(strings.Trim(strings.TrimSpace(value), "'"), "''", "'")
		case "type":
			if strings.Contains(value, "CustomRole") {
				return list(nil)
			}
		default:
			return notImplemented("role definitions with the filter %s", filter)
		}
	}
	var found []any
	for _, r := range c.data.Roles {
		if wanted == "" || strings.EqualFold(r.Name, wanted) {
			found = append(found, c.roleBody(r))
		}
	}
	return list(found)
}

func (m *Manager) roleBody(r role) object {
	orEmpty := func(s []string) []string { return append([]string{}, s...) }
	return object{"id": m.roleID(r.ID), "name": r.ID, "type": "Microsoft.Authorization/roleDefinitions", "properties": object{
		"roleName": r.Name, "type": "BuiltInRole", "description": r.Name, "assignableScopes": []string{"/"},
		"permissions": []any{object{"actions": orEmpty(r.Actions), "notActions": orEmpty(r.NotActions),
			"dataActions": orEmpty(r.DataActions), "notDataActions": []string{}}},
	}}
}

func getRole(c *call) reply {
	if r, found := c.role("/" + c.values["name"]); found {
		return ok(c.roleBody(r))
	}
	return noRole(c.values["name"])
}

// noRole has the text of azure-cli's issue 20768.
func noRole(id string) reply {
	return fail(http.StatusNotFound, "RoleDefinitionDoesNotExist", "The specified role definition with ID '%s' does not exist.", strings.ReplaceAll(id, "-", ""))
}

func (c *call) assignment() *assignment {
	i := slices.IndexFunc(c.assignments, func(a *assignment) bool {
		return !a.gone && strings.EqualFold(a.id, c.values["name"]) && strings.EqualFold(a.scope, c.values["scope"])
	})
	if i < 0 {
		return nil
	}
	return c.assignments[i]
}

// putAssignment has texts of issues: PrincipalNotFound of Azure/avdaccelerator#76,
// UnmatchedPrincipalType of the Azure Developer CLI's, RoleAssignmentExists of
// deployments of Container Apps in 2026. No record was found of the others.
func putAssignment(c *call) reply {
	p := part(c.body, "properties")
	principal, roleID := text(p, "principalId"), text(p, "roleDefinitionId")
	if !guid.Valid(c.values["name"]) {
		return fail(http.StatusBadRequest, "InvalidRoleAssignmentId", "The role assignment ID '%s' is not valid. The role assignment ID must be a GUID.", c.values["name"])
	}
	if !guid.Valid(principal) {
		return fail(http.StatusBadRequest, "InvalidPrincipalId", "A valid principal ID must be provided for role assignment.")
	}
	r, found := c.role("/" + roleID[strings.LastIndex(roleID, "/")+1:])
	if !found {
		return noRole(roleID[strings.LastIndex(roleID, "/")+1:])
	}
	kind := text(p, "principalType")
	known := c.principalType(principal)
	switch {
	case kind == "" && known == "":
		return fail(http.StatusBadRequest, "PrincipalNotFound", "Principal %s does not exist in the directory %s. Check that you have the correct "+
			"principal ID. If you are creating this principal and then immediately assigning a role, this error might be related to a "+
			"replication delay. In this case, set the role assignment principalType property to a value, such as ServicePrincipal, "+
			"User, or Group.  See https://aka.ms/docs-principaltype", strings.ReplaceAll(principal, "-", ""), c.cfg.TenantID)
	case kind != "" && known != "" && kind != known:
		return fail(http.StatusBadRequest, "UnmatchedPrincipalType", "The PrincipalId '%s' has type '%s' , which is different from specified PrinciaplType '%s'.",
			strings.ReplaceAll(principal, "-", ""), known, kind)
	}
	scope := c.values["scope"]
	if rejected := c.scopeMissing(scope); rejected != nil {
		return *rejected
	}
	if old := c.assignment(); old != nil && (!strings.EqualFold(old.principal, principal) || old.role != r.ID) {
		return fail(http.StatusConflict, "RoleAssignmentUpdateNotPermitted", "Tenant ID, application ID, principal ID, and scope are not allowed to be updated.")
	}
	for _, a := range c.assignments {
		if !a.gone && strings.EqualFold(a.principal, principal) && a.role == r.ID && strings.EqualFold(a.scope, scope) {
			return fail(http.StatusConflict, "RoleAssignmentExists", "The role assignment already exists. The ID of the existing role assignment is %s.",
				strings.ReplaceAll(a.id, "-", ""))
		}
	}
	a := &assignment{id: c.values["name"], principal: principal, principalType: cmp.Or(kind, known), role: r.ID, scope: scope,
		description: text(p, "description"), created: c.cfg.Now(), latent: true}
	c.assignments = append(c.assignments, a)
	c.later(RoleAssignment, func() { a.latent = false })
	return reply{status: http.StatusCreated, body: c.assignmentBody(a)}
}

// scopeMissing rejects a scope whose group or resource does not exist. What is below a
// resource, such as a secret, is not looked at.
func (c *call) scopeMissing(scope string) *reply {
	segments := strings.Split(scope, "/")
	if len(segments) < 5 {
		return nil
	}
	c.values["group"] = segments[4]
	if _, rejected := c.group(false); rejected != nil {
		return rejected
	}
	if len(segments) >= 9 && c.resources[strings.ToLower(strings.Join(segments[:9], "/"))] == nil {
		c.values["name"] = segments[8]
		rep := c.notFound(&kind{typ: segments[6] + "/" + segments[7]})
		return &rep
	}
	return nil
}

func getAssignment(c *call) reply {
	a := c.assignment()
	if a == nil {
		return fail(http.StatusNotFound, "RoleAssignmentNotFound", "The role assignment '%s' is not found.", strings.ReplaceAll(c.values["name"], "-", ""))
	}
	return ok(c.assignmentBody(a))
}

func deleteAssignment(c *call) reply {
	a := c.assignment()
	if a == nil {
		return reply{status: http.StatusNoContent}
	}
	c.unassign(a)
	return ok(c.assignmentBody(a))
}

// unassign ends an assignment, which stays in effect for as long as one takes to come
// into effect.
func (m *Manager) unassign(a *assignment) {
	a.gone = true
	m.later(RoleAssignment, func() {
		m.assignments = slices.DeleteFunc(m.assignments, func(other *assignment) bool { return other == a })
	})
}

// listAssignments knows the filters of the Azure CLI: atScope(), which leaves out
// what is below the scope, and a principal's. Both include what is inherited.
func listAssignments(c *call) reply {
	filter, scope := c.r.URL.Query().Get("$filter"), c.values["scope"]
	principal, atScope := "", false
	for term := range strings.SplitSeq(filter, " and ") {
		_, value, _ := strings.Cut(strings.TrimRight(term, " )"), "'")
		value = strings.Trim(value, "'")
		switch lower := strings.ToLower(strings.TrimSpace(term)); {
		case lower == "":
		case lower == "atscope()":
			atScope = true
		case strings.HasPrefix(lower, "principalid eq "), strings.HasPrefix(lower, "assignedto("):
			principal = value
		default:
			return notImplemented("role assignments with the filter %s", filter)
		}
	}
	var found []any
	for _, a := range c.assignments {
		at := within(scope, a.scope) || !atScope && within(a.scope, scope)
		if !a.gone && at && (principal == "" || strings.EqualFold(principal, a.principal)) {
			found = append(found, c.assignmentBody(a))
		}
	}
	return list(found)
}
