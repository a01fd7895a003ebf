// Package e2e runs the workload on the cluster that KUBECONFIG names, with the
// azure-workload-identity webhook installed and the local Azure in the cluster.
//
// The images must be known to its nodes. Their names can be changed with
// QUICKSTART_IMAGE, by default the name in the tutorial, LOCALAZURE_IMAGE and
// WEBSERVICE_IMAGE.
package e2e

import (
	"context"
	"fmt"
	"os"
	"testing"

	"sigs.k8s.io/e2e-framework/klient/conf"
	"sigs.k8s.io/e2e-framework/pkg/env"
	"sigs.k8s.io/e2e-framework/pkg/envconf"
)

var testenv env.Environment

func TestMain(m *testing.M) {
	path := conf.ResolveKubeConfigFile()
	if path == "" {
		fmt.Fprintln(os.Stderr, "the end-to-end tests need a cluster: set KUBECONFIG")
		os.Exit(1)
	}
	testenv = env.NewWithKubeConfig(path)
	azure := newAzure()
	testenv.Setup(azure.install)
	testenv.Finish(azure.uninstall)
	testenv.BeforeEachTest(func(ctx context.Context, _ *envconf.Config, _ *testing.T) (context.Context, error) {
		return context.WithValue(ctx, azureKey{}, azure), nil
	})
	os.Exit(testenv.Run(m))
}
