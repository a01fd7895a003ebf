package localazure

import (
	"fmt"
	"maps"
	"net/http"
	"time"

	"github.com/workload-identity-quickstart/msal-go/internal/localazure/arm"
	"github.com/workload-identity-quickstart/msal-go/internal/localazure/entra"
	"github.com/workload-identity-quickstart/msal-go/internal/localazure/graph"
	"github.com/workload-identity-quickstart/msal-go/internal/localazure/keyvault"
)

// The user that signs in with a device code.
const (
	UserID   = "44444444-4444-4444-4444-444444444444"
	UserName = "user@localazure.onmicrosoft.com"
)

// ControlPlane is Azure Resource Manager and Microsoft Graph, which the public cloud
// has here.
type ControlPlane struct {
	// Role of the application in the subscription, and of the user: Owner or another
	// built-in role, or none.
	Role, UserRole string
	// GraphRights lets the application use Microsoft Graph.
	GraphRights bool
	Delays      map[arm.Delay]time.Duration
	Cluster     arm.Cluster
	// Clock is when API versions are looked at, which are retired some day; zero means
	// now.
	Clock time.Time
}

// Hosts are the control plane's services for a world that was built, and others.
func (w World) Hosts(directory *entra.Directory, vaults *keyvault.Service, others map[string]http.Handler) (map[string]http.Handler, error) {
	w.setDefaults()
	hosts := map[string]http.Handler{}
	if w.Cloud.Name == "public" {
		roles, cp := map[string]string{}, w.ControlPlane
		for id, role := range map[string]string{w.ObjectID: cp.Role, UserID: cp.UserRole} {
			if role != "" && role != "none" {
				roles[id] = role
			}
		}
		var ahead time.Duration
		if !cp.Clock.IsZero() {
			ahead = time.Until(cp.Clock)
		}
		manager, err := arm.New(arm.Config{Cloud: w.Cloud, TenantID: w.TenantID, SubscriptionID: SubscriptionID, Directory: directory,
			Vaults: vaults, Roles: roles, Delays: cp.Delays, Cluster: cp.Cluster, Ahead: ahead})
		if err != nil {
			return nil, fmt.Errorf("control plane: %w", err)
		}
		var rights []string
		if cp.GraphRights {
			rights = []string{w.ObjectID}
		}
		hosts["management.azure.com"] = manager
		hosts["graph.microsoft.com"] = graph.New(graph.Config{TenantID: w.TenantID, Directory: directory, Rights: rights,
			Lag: cp.Delays[arm.Graph], CredentialAvailableAt: func() time.Time { return time.Now().Add(cp.Delays[arm.Credential]) }})
	}
	maps.Copy(hosts, others)
	return hosts, nil
}
