package main

import "github.com/workload-identity-quickstart/msal-go/test/scripts/fakeaz/internal/state"

func accountCommands() map[string]handler {
	return map[string]handler{
		"account show": showAccount,
		"account list": listAccounts,
		"account set":  setAccount,
		"cloud show":   showCloud,
		"version":      showVersion,
	}
}

func showAccount(c *call) (any, error) {
	wanted := c.String("--subscription")
	if !c.state.Account.LoggedIn {
		return nil, userError("Please run 'az login' to setup account.")
	}
	subscription := c.findSubscription(wanted)
	if subscription == nil {
		return nil, userError("Subscription '%s' not found. Check the spelling and casing and try again.", wanted)
	}
	return c.accountBody(*subscription), nil
}

func listAccounts(c *call) (any, error) {
	c.ignore("--refresh")
	all := c.Has("--all")
	accounts := []any{}
	if !c.state.Account.LoggedIn {
		c.warn(`Please run "az login" to access your accounts.`)
		return accounts, nil
	}
	for _, subscription := range c.state.Account.Subscriptions {
		if all || subscription.State == "Enabled" {
			accounts = append(accounts, c.accountBody(subscription))
		}
	}
	return accounts, nil
}

func setAccount(c *call) (any, error) {
	wanted := c.String("--subscription")
	chosen := c.findSubscription(wanted)
	if !c.state.Account.LoggedIn || chosen == nil {
		return nil, userError("The subscription of '%s' doesn't exist in cloud '%s'.", wanted, c.state.Cloud)
	}
	for i := range c.state.Account.Subscriptions {
		c.state.Account.Subscriptions[i].IsDefault = false
	}
	chosen.IsDefault = true
	return nil, nil
}

func (c *call) accountBody(subscription state.Subscription) object {
	account := c.state.Account
	return object{
		"environmentName":  c.state.Cloud,
		"homeTenantId":     account.TenantID,
		"id":               subscription.ID,
		"isDefault":        subscription.IsDefault,
		"managedByTenants": []any{},
		"name":             subscription.Name,
		"state":            subscription.State,
		"tenantId":         account.TenantID,
		"user":             object{"name": account.User.Name, "type": account.User.Type},
	}
}

func showVersion(c *call) (any, error) {
	c.ignore("--subscription")
	extensions := object{}
	for name, version := range c.state.Extensions {
		extensions[name] = version
	}
	version := c.state.Defaults.CLIVersion
	return object{
		"azure-cli": version, "azure-cli-core": version, "azure-cli-telemetry": "1.1.0", "extensions": extensions,
	}, nil
}
