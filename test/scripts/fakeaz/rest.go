package main

import (
	"encoding/json"
	"errors"
	"strings"
)

// rest sends a request to Azure Resource Manager. The one that the stand-in
// answers is what the CLI has no command for, see
// https://learn.microsoft.com/rest/api/keyvault/keyvault/vaults/check-name-availability.
func rest(c *call) (any, error) {
	path, version, _ := strings.Cut(c.String("--url"), "?")
	want := "/subscriptions/" + c.subscription.ID + "/providers/Microsoft.KeyVault/checkNameAvailability"
	if !strings.EqualFold(path, want) || c.String("--method") != "post" {
		return nil, unmodelled("az rest for %s %s", c.String("--method"), path)
	}
	if !strings.HasPrefix(version, "api-version=") {
		return nil, azureError(400, "MissingApiVersionParameter",
			"The api-version query parameter (?api-version=) is required for all requests.")
	}
	if err := c.requireProvider("Microsoft.KeyVault"); err != nil {
		return nil, err
	}
	var asked struct{ Name, Type string }
	if err := json.Unmarshal([]byte(c.String("--body")), &asked); err != nil || asked.Type != vaultKind {
		return nil, azureError(400, "BadRequest", "The request body is invalid.")
	}
	var refused failure
	if !errors.As(c.vaultNameIsFree(asked.Name), &refused) {
		return object{"nameAvailable": true}, nil
	}
	reason := "AlreadyExists"
	if refused.code == "VaultNameNotValid" {
		reason = "AccountNameInvalid"
	}
	return object{"message": refused.message, "nameAvailable": false, "reason": reason}, nil
}
