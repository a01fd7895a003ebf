package main

// cloud is what differs between the Azures of the world.
type cloud struct {
	authority, graph, manager, vaultSuffix string
}

func clouds() map[string]cloud {
	return map[string]cloud{
		"AzureCloud": {
			"https://login.microsoftonline.com", "https://graph.microsoft.com/", "https://management.azure.com/",
			".vault.azure.net",
		},
		"AzureUSGovernment": {
			"https://login.microsoftonline.us", "https://graph.microsoft.us/", "https://management.usgovcloudapi.net/",
			".vault.usgovcloudapi.net",
		},
		"AzureChinaCloud": {
			"https://login.chinacloudapi.cn", "https://microsoftgraph.chinacloudapi.cn",
			"https://management.chinacloudapi.cn", ".vault.azure.cn",
		},
	}
}

func showCloud(c *call) (any, error) {
	name := c.state.Cloud
	if c.Has("--name") {
		name = c.String("--name")
	}
	found, known := clouds()[name]
	if !known {
		return nil, userError("The cloud '%s' is not registered.", name)
	}
	return object{
		"endpoints": object{
			"activeDirectory":          found.authority,
			"microsoftGraphResourceId": found.graph,
			"resourceManager":          found.manager,
		},
		"isActive": name == c.state.Cloud,
		"name":     name,
		"profile":  "latest",
		"suffixes": object{"keyvaultDns": found.vaultSuffix},
	}, nil
}
