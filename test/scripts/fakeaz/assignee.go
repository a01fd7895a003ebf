package main

import (
	"strings"
)

// assignee returns the principal's object id and type. Without a type Azure asks
// the directory, which may not know a new principal yet.
func (c *call) assignee() (id, kind string, err error) {
	name, id, kind := c.String("--assignee"), c.String("--assignee-object-id"), c.String("--assignee-principal-type")
	if (name == "") == (id == "") {
		return "", "", userError("usage error: --assignee STRING | --assignee-object-id GUID")
	}
	if kind != "" && id == "" {
		return "", "", userError("usage error: --assignee-object-id GUID --assignee-principal-type TYPE")
	}
	if kind != "" {
		return id, kind, nil
	}
	if id != "" {
		c.warn("RBAC service might reject creating role assignment without --assignee-principal-type in the future. " +
			"Better to specify --assignee-principal-type manually.")
		if found, kind := c.directoryObject(id, true); found == id {
			return id, kind, nil
		}
		return "", "", azureError(400, "PrincipalNotFound", "Principal %s does not exist in the directory %s. Check that you have "+
			"the correct principal ID. If you are creating this principal and then immediately assigning a role, this error might "+
			"be related to a replication delay. In this case, set the role assignment principalType property to a value, such as "+
			"ServicePrincipal, User, or Group.  See https://aka.ms/docs-principaltype",
			strings.ReplaceAll(id, "-", ""), c.state.Account.TenantID)
	}
	if found, kind := c.directoryObject(name, true); found != "" {
		return found, kind, nil
	}
	return "", "", notInDirectory(name)
}

func notInDirectory(name string) error {
	return userError("Cannot find user or service principal in graph database for '%s'. If the assignee is an appId, make sure "+
		"the corresponding service principal is created with 'az ad sp create --id %s'.", name, name)
}
