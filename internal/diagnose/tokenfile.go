package diagnose

import (
	"errors"
	"io/fs"
	"strings"

	"github.com/workload-identity-quickstart/msal-go/pkg/tokencredential"
)

// tokenFileEntries are about the projected service account token, see
// https://kubernetes.io/docs/concepts/storage/projected-volumes/#serviceaccounttoken.
func tokenFileEntries() catalog {
	// The webhook's volume, its mounts, and the audience and lifetime it asks for.
	const volume = "kubectl get pod {pod-name} --namespace {namespace} --output yaml | grep -C 8 azure-identity-token"
	// The chart runs the program as this user and group.
	const readable = "helm upgrade quick-start charts/quick-start --namespace {namespace} --reuse-values --set podSecurityContext.fsGroup=65532"
	return catalog{
		"token-file-missing": {
			link: LinkTokenFile,
			cause: "there is no file {token-file}: the volume azure-identity-token is not mounted into this container, " +
				"or the program does not run in a pod",
			fix: volume,
		},
		"token-file-unreadable": {
			link: LinkTokenFile,
			cause: "the user of this container may not read {token-file}: the kubelet gives it to the pod's fsGroup, " +
				"or to runAsUser if that is the same for all containers",
			fix: readable,
		},
		"token-file-empty": {
			link:  LinkTokenFile,
			cause: "the file {token-file} is empty: something other than the kubelet wrote it, or its disk was full",
			fix:   volume,
		},
		"token-file-not-jwt": {
			link:  LinkTokenFile,
			cause: "the file {token-file} holds something other than a service account token, which is a JWT",
			fix:   volume,
		},
		"token-file-wrong-path": {
			link:  LinkTokenFile,
			cause: "{token-file} cannot be a service account token: {reason}",
			fix:   environmentOf,
		},
		"token-file-failed": {
			link:  LinkTokenFile,
			cause: "the file {token-file} could not be read: {reason}",
			fix:   "kubectl describe pod {pod-name} --namespace {namespace}",
		},
		"token-legacy": {
			link: LinkTokenFile,
			cause: "{token-file} holds a token of a service account's secret (issuer {issuer}), which no federated identity credential " +
				"can match: it takes a projected token, which has an issuer's URL and an audience",
			fix: volume,
		},
		"token-malformed": {
			link:  LinkTokenFile,
			cause: "Entra ID cannot use the token in {token-file} as an assertion: {message}",
			fix:   volume,
		},
		"token-audience": {
			link: LinkTokenFile,
			cause: "the token in {token-file} is for the audience {audience} rather than api://AzureADTokenExchange: " +
				"another volume's token is used",
			fix: volume,
		},
		"token-expired": {
			link: LinkTokenFile,
			cause: "the token in {token-file} expired at {expires}, and Entra ID's clock says {now}: " +
				"the kubelet does not renew the file, or the API server's clock is behind",
			fix: "kubectl get events --namespace {namespace} --field-selector involvedObject.name={pod-name}",
		},
		"token-not-yet-valid": {
			link: LinkTokenFile,
			cause: "the token in {token-file} was issued at {issued}, and Entra ID's clock says {now}: " +
				"the API server's clock is ahead",
			fix: "curl --silent --head {issuer} | grep -i ^date: && date -u",
		},
	}
}

func explainTokenFile(e *tokencredential.TokenFileError, v values) string {
	v["token-file"] = e.Path
	v["reason"] = message(e.Err)
	for _, known := range []struct {
		err error
		id  string
	}{
		{fs.ErrNotExist, "token-file-missing"},
		{fs.ErrPermission, "token-file-unreadable"},
		{tokencredential.ErrTokenFileEmpty, "token-file-empty"},
		{tokencredential.ErrNotToken, "token-file-wrong-path"},
	} {
		if errors.Is(e.Err, known.err) {
			if strings.Contains(e.Err.Error(), "JWT") {
				return "token-file-not-jwt"
			}
			return known.id
		}
	}
	return "token-file-failed"
}
