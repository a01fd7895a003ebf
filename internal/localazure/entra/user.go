package entra

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/workload-identity-quickstart/msal-go/internal/localazure/cloud"
	"github.com/workload-identity-quickstart/msal-go/internal/localazure/guid"
)

// azureCLI is the client ID of the Azure CLI, the only application that users sign
// in to, see https://learn.microsoft.com/troubleshoot/entra/entra-id/governance/verify-first-party-apps-sign-in.
const azureCLI = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"

// User is a person in a tenant. Every sign-in with a device code is approved by
// itself, as the first user.
type User struct {
	ObjectID, TenantID string // GUIDs
	// Name is the user principal name, such as user@example.com.
	Name, DisplayName string
}

// AddUser adds u to its tenant, which must exist.
func (d *Directory) AddUser(u User) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if _, ok := d.tenants[strings.ToLower(u.TenantID)]; !ok || !guid.Valid(u.ObjectID) || !strings.Contains(u.Name, "@") {
		return fmt.Errorf("user %q: want a name with a domain, an object ID and a tenant that exists", u.Name)
	}
	d.users = append(d.users, u)
	return nil
}

// Users lists the users of all tenants.
func (d *Directory) Users() []User {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.users)
}

// deviceCode starts the device authorization grant, RFC 8628 section 3.1.
func (d *Directory) deviceCode(r *http.Request, c cloud.Cloud) (any, *refusal) {
	form, refused := readForm(r)
	if refused != nil {
		return nil, refused
	}
	user, refused := d.signIn(r, form, c)
	if refused != nil {
		return nil, refused
	}
	code, userCode := d.grant(user), strings.ToUpper(opaque(6)[:8])
	return map[string]any{
		"user_code": userCode, "device_code": code, "verification_uri": "https://microsoft.com/devicelogin",
		"expires_in": 900, "interval": 1,
		"message": "To sign in, use a web browser to open the page https://microsoft.com/devicelogin and enter the code " +
			userCode + " to authenticate.",
	}, nil
}

// signIn finds the user that signs in to a client in the tenant of the path.
func (d *Directory) signIn(r *http.Request, form url.Values, c cloud.Cloud) (User, *refusal) {
	tenant := r.PathValue("tenant")
	if !slices.Contains([]string{"common", "organizations"}, tenant) {
		t, refused := d.requestTenant(r, c)
		if refused != nil {
			return User{}, refused
		}
		tenant = t.ID
	}
	if form.Get("client_id") != azureCLI {
		return User{}, notImplemented("users that sign in to other applications than the Azure CLI")
	}
	for _, u := range d.Users() {
		if t, ok := d.tenant(u.TenantID, c); ok && (t.ID == tenant || !guid.Valid(tenant)) {
			return u, nil
		}
	}
	return User{}, notImplemented("users of the tenant %s; there are none", tenant)
}

// grant returns a device code or refresh token for u.
func (d *Directory) grant(u User) string {
	code := "1." + opaque(40)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.grants[code] = u
	return code
}

// userToken is the token endpoint for device codes and refresh tokens, see
// https://learn.microsoft.com/entra/identity-platform/v2-oauth2-device-code.
func (d *Directory) userToken(r *http.Request, c cloud.Cloud, form url.Values) (any, *refusal) {
	if _, refused := d.signIn(r, form, c); refused != nil {
		return nil, refused
	}
	parameter := "refresh_token"
	if form.Get("grant_type") != parameter {
		parameter = "device_code"
	}
	d.mu.Lock()
	user, ok := d.grants[form.Get(parameter)]
	d.mu.Unlock()
	if !ok {
		return nil, refuse(http.StatusBadRequest, "invalid_grant", 9002313, "Invalid request. Request is malformed or invalid.")
	}
	tenant, _ := d.tenant(user.TenantID, c)
	scope := form.Get("scope")
	if scope == "" || !strings.Contains(scope, "://") {
		scope = "https://graph.microsoft.com/.default " + scope
	}
	capabilities, refused := clientCapabilities(form.Get("claims"))
	if refused != nil {
		return nil, refused
	}
	to, refused := d.requestResource(scope, tenant, Application{})
	if refused != nil {
		return nil, refused
	}
	now := d.now()
	from, expiry := now.Add(-backdate).Unix(), now.Add(DefaultTokenLifetime)
	access, err := jwt.Signed(d.key.signer).Claims(tokenClaims{
		Audience: to.audience, Issuer: c.IssuerV1(tenant.ID), IssuedAt: from, NotBefore: from, Expiry: expiry.Unix(),
		Opaque: opaque(36), ClientID: azureCLI, ClientAuth: "0", IDType: "user", ObjectID: user.ObjectID, History: "1." + opaque(48),
		Subject: user.ObjectID, TenantID: tenant.ID, UniqueID: opaque(16), Version: "1.0", Capabilities: capabilities,
		UserName: user.Name, Name: user.DisplayName, Scopes: "user_impersonation",
	}).Serialize()
	id, idErr := jwt.Signed(d.key.signer).Claims(map[string]any{
		"aud": azureCLI, "iss": c.IssuerV2(tenant.ID), "iat": from, "nbf": from, "exp": expiry.Unix(), "name": user.DisplayName,
		"oid": user.ObjectID, "preferred_username": user.Name, "sub": user.ObjectID, "tid": tenant.ID, "ver": "2.0",
	}).Serialize()
	if errors.Join(err, idErr) != nil {
		return nil, serverError()
	}
	info, _ := json.Marshal(map[string]string{"uid": user.ObjectID, "utid": tenant.ID}) // cannot fail
	seconds := int64(DefaultTokenLifetime / time.Second)
	return map[string]any{
		"token_type": "Bearer", "scope": to.audience + "/user_impersonation " + to.audience + "/.default", "expires_in": seconds,
		"ext_expires_in": seconds, "access_token": access, "refresh_token": d.grant(user), "id_token": id, "foci": "1",
		"client_info": base64.RawURLEncoding.EncodeToString(info),
	}, nil
}
