package fleet

import (
	"github.com/Azure/azure-sdk-for-go/sdk/azcore"

	"github.com/workload-identity-quickstart/msal-go/pkg/tokencredential"
)

// pod is what a program finds around it.
type pod struct {
	options   azcore.ClientOptions
	tokenFile string
	random    *random
	got       func() // to be called when the secret was read
}

func (p *pod) credential() (*tokencredential.Credential, error) {
	return tokencredential.New(&tokencredential.Options{ClientOptions: p.options, Getenv: p.getenv})
}
