package main

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/workload-identity-quickstart/msal-go/test/scripts/fakeaz/internal/state"
)

// appCredential finds the application and which of its credentials the option
// --federated-credential-id names, or -1.
func (c *call) appCredential() (*state.Entry, int, error) {
	entry, err := c.application()
	if err != nil {
		return nil, -1, err
	}
	wanted := c.String("--federated-credential-id")
	i := slices.IndexFunc(entry.Credentials, func(o object) bool { return o["id"] == wanted || o["name"] == wanted })
	if i < 0 && c.Has("--federated-credential-id") {
		return nil, -1, c.notInGraph(wanted)
	}
	return entry, i, nil
}

// parameters reads --parameters: JSON, or @ and the name of a file of it.
func (c *call) parameters() (object, error) {
	text := c.String("--parameters")
	path, isFile := strings.CutPrefix(text, "@")
	data, err := c.readFile(path)
	if isFile && err != nil {
		return nil, err
	}
	if isFile {
		text = data
	}
	var parsed object
	if err := json.Unmarshal([]byte(text), &parsed); err != nil {
		return nil, usage("argument --parameters: invalid validate_file_or_dict value: '%s'", c.String("--parameters"))
	}
	return parsed, nil
}

func createAppCredential(c *call) (any, error) {
	given, err := c.parameters()
	if err != nil {
		return nil, err
	}
	entry, _, err := c.appCredential()
	if err != nil {
		return nil, err
	}
	if err := checkAppCredential(entry, given, -1); err != nil {
		return nil, err
	}
	name := given["name"].(string)
	body := object{
		"audiences": given["audiences"], "description": given["description"], "id": state.GUID("credential", entry.Body["id"].(string), name),
		"issuer": given["issuer"], "name": name, "subject": given["subject"],
	}
	entry.Credentials = append(entry.Credentials, body)
	return body, nil
}

// checkAppCredential refuses a new credential, or the changed one of index i.
func checkAppCredential(entry *state.Entry, body object, i int) error {
	for _, key := range []string{"name", "issuer", "subject"} {
		if text, _ := body[key].(string); text == "" {
			return userError("One or more properties on the resource are not valid: %s", key)
		}
	}
	if audiences, _ := body["audiences"].([]any); len(audiences) != 1 {
		return userError("Invalid value specified for property 'audiences' of resource 'FederatedIdentityCredential'.")
	}
	if !credentialName.MatchString(body["name"].(string)) {
		return userError("Invalid value specified for property 'name' of resource 'FederatedIdentityCredential'.")
	}
	for j, other := range entry.Credentials {
		if j == i {
			continue
		}
		if other["name"] == body["name"] {
			return userError("FederatedIdentityCredential with name %s already exists.", body["name"])
		}
		if other["issuer"] == body["issuer"] && other["subject"] == body["subject"] {
			return userError("The combination of issuer and subject must be unique for the application. Issuer %s and Subject: %s "+
				"already exist.", body["issuer"], body["subject"])
		}
	}
	if i < 0 && len(entry.Credentials) >= maxCredentials {
		return userError("The maximum number of federated identity credentials for an application, %d, has been reached.", maxCredentials)
	}
	return nil
}

func updateAppCredential(c *call) (any, error) {
	given, err := c.parameters()
	if err != nil {
		return nil, err
	}
	entry, i, err := c.appCredential()
	if err != nil {
		return nil, err
	}
	changed := clone(entry.Credentials[i])
	for key, value := range given {
		changed[key] = value
	}
	if changed["name"] != entry.Credentials[i]["name"] {
		return nil, userError("Property 'name' is read-only and cannot be set.")
	}
	if err := checkAppCredential(entry, changed, i); err != nil {
		return nil, err
	}
	entry.Credentials[i] = changed
	return nil, nil
}

func listAppCredentials(c *call) (any, error) {
	entry, _, err := c.appCredential()
	if err != nil {
		return nil, err
	}
	return append([]object{}, entry.Credentials...), nil
}

func showAppCredential(c *call) (any, error) {
	entry, i, err := c.appCredential()
	if err != nil {
		return nil, err
	}
	return entry.Credentials[i], nil
}

func deleteAppCredential(c *call) (any, error) {
	entry, i, err := c.appCredential()
	if err != nil {
		return nil, err
	}
	entry.Credentials = slices.Delete(entry.Credentials, i, i+1)
	return nil, nil
}

// jsonOrText reads the value of --set, which may be JSON.
func jsonOrText(value string) any {
	var parsed any
	if json.Unmarshal([]byte(value), &parsed) != nil {
		return value
	}
	return parsed
}
