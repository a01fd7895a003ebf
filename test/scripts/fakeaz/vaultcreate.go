package main

func createVault(c *call) (any, error) {
	group, name := c.String("--resource-group"), c.String("--name")
	c.ignore("--no-wait", "--enabled-for-deployment", "--enabled-for-template-deployment", "--enabled-for-disk-encryption")
	if name == "" {
		return nil, userError("Please specify --name/-n or --hsm-name")
	}
	if c.state.Find(c.resourceID(group, vaultKind, name)) != nil {
		return nil, userError("The specified vault: %s already exists", name)
	}
	if err := c.prepare(group, "Microsoft.KeyVault"); err != nil {
		return nil, err
	}
	if err := c.vaultNameIsFree(name); err != nil {
		return nil, err
	}
	rbac := c.Switch("--enable-rbac-authorization", c.state.Rules.RBACByDefault)
	policies := []any{}
	if noSelf := c.Switch("--no-self-perms", false); !rbac && !noSelf {
		policies = append(policies, policyOf(c.state.Account.TenantID, c.state.Account.User.ObjectID, object{
			"certificates": []any{"all"}, "keys": []any{"all"}, "secrets": []any{"all"}, "storage": []any{"all"},
		}))
	}
	return bodyOf(c.create(c.resourceID(group, vaultKind, name), object{
		"location": c.location(),
		"properties": object{
			"accessPolicies":            policies,
			"enablePurgeProtection":     trueOrNull(c.Switch("--enable-purge-protection", false)),
			"enableRbacAuthorization":   rbac,
			"enableSoftDelete":          true,
			"provisioningState":         "Succeeded",
			"publicNetworkAccess":       c.choice("--public-network-access", "Enabled"),
			"sku":                       object{"family": "A", "name": c.choice("--sku", "standard")},
			"softDeleteRetentionInDays": c.Int("--retention-days", 90),
			"tenantId":                  c.state.Account.TenantID,
			"vaultUri":                  c.vaultURI(name),
		},
		"tags": orEmpty(c.Tags("--tags")),
	}))
}

func updateVault(c *call) (any, error) {
	vault, err := c.vault()
	if err != nil {
		return nil, err
	}
	c.ignore("--no-wait")
	properties := vault.Body["properties"].(object)
	rbac, protected := properties["enableRbacAuthorization"] == true, properties["enablePurgeProtection"] == true
	wanted := c.Switch("--enable-purge-protection", protected)
	if protected && !wanted {
		return nil, azureError(400, "BadRequest", `The property "enablePurgeProtection" cannot be set to false. `+
			"Enabling the purge protection for a vault is an irreversible action.")
	}
	properties["enableRbacAuthorization"] = c.Switch("--enable-rbac-authorization", rbac)
	properties["enablePurgeProtection"] = trueOrNull(wanted)
	properties["publicNetworkAccess"] = c.choice("--public-network-access", properties["publicNetworkAccess"].(string))
	return vault.Body, nil
}
