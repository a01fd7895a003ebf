package state

// Fresh is a subscription without resources, whose owner is logged in. It has
// no rights to secrets, and no resource provider is registered.
func Fresh() *State {
	const name = "user@example.com"
	return &State{
		Account: Account{
			LoggedIn: true,
			TenantID: "99998888-7777-6666-5555-444433332222",
			User:     User{Name: name, Type: "user", ObjectID: GUID("user", name)},
			Subscriptions: []Subscription{
				{ID: "11112222-3333-4444-5555-666677778888", Name: "Quick Start", State: "Enabled", IsDefault: true},
			},
			MayAssignRoles: true,
		},
		Cloud:    "AzureCloud",
		Defaults: Defaults{CLIVersion: "2.67.0"},
		Rules:    Rules{RBACByDefault: true, TakenVaults: []string{}},
		Providers: map[string]*Phase{
			"Microsoft.Authorization":    {State: "Registered"},
			"Microsoft.ContainerService": {State: "NotRegistered"},
			"Microsoft.KeyVault":         {State: "NotRegistered"},
			"Microsoft.ManagedIdentity":  {State: "NotRegistered"},
			"Microsoft.Resources":        {State: "Registered"},
		},
		Features:       map[string]*Phase{},
		Extensions:     map[string]string{},
		Resources:      map[string]*Resource{},
		DeletedVaults:  map[string]*Resource{},
		Secrets:        map[string]map[string]Object{},
		DeletedSecrets: map[string]map[string]Object{},
		Made:           map[string]int{},
	}
}
