package main

import (
	"os"
	"path/filepath"
	"testing"

	"k8s.io/client-go/tools/clientcmd"
)

const sourceConfig = `{"apiVersion": "v1", "kind": "Config", "current-context": "here",
"clusters": [{"name": "c", "cluster": {"server": "https://127.0.0.1:6443"}}],
"users": [{"name": "u", "user": {"token": "for-a-test"}}],
"contexts": [{"name": "here", "context": {"cluster": "c", "user": "u"}}, {"name": "other", "context": {"cluster": "c", "user": "u"}}]}`

func TestGetCredentials(t *testing.T) {
	a := newAzure(t)
	source, target := filepath.Join(t.TempDir(), "source"), filepath.Join(t.TempDir(), "sub", "config")
	if err := os.WriteFile(source, []byte(sourceConfig), 0o600); err != nil {
		t.Fatal(err)
	}
	a.vars["KUBECONFIG"] = target + ":elsewhere"
	a.play([]step{
		{"aks get-credentials -g rg -n aks", 3, "(ResourceNotFound)"},
		{"aks create -g rg -n aks --generate-ssh-keys -o none", 0, nothing},
		{"aks get-credentials -g rg -n aks", 0, nothing},
		{"aks get-credentials -g rg -n aks", 0, nothing},
		{`fake set defaults.kubeconfig '"` + source + `"'`, 0, nothing},
		{"aks get-credentials -g rg -n aks", 1, "ERROR: A different object named aks already exists in clusters in your kubeconfig file."},
		{"aks get-credentials -g rg -n aks --overwrite-existing", 0, nothing},
		{"aks get-credentials -g rg -n aks --admin", 0, nothing},
		{"aks get-credentials -g rg -n aks --context mine", 0, nothing},
	})
	config, err := clientcmd.LoadFromFile(target)
	if err != nil {
		t.Fatal(err)
	}
	for context, user := range map[string]string{"aks": "clusterUser_rg_aks", "aks-admin": "clusterAdmin_rg_aks", "mine": "clusterUser_rg_aks"} {
		found := config.Contexts[context]
		if found == nil || found.AuthInfo != user || config.Clusters[found.Cluster].Server != "https://127.0.0.1:6443" ||
			config.AuthInfos[user].Token != "for-a-test" {
			t.Errorf("context %s is %+v, want user %s of the cluster at 127.0.0.1:6443", context, found, user)
		}
	}
	if config.CurrentContext != "mine" || len(config.Contexts) != 3 {
		t.Errorf("the current context is %q of %d, want mine of 3", config.CurrentContext, len(config.Contexts))
	}
}

func TestNoLocalAccounts(t *testing.T) {
	a := newAzure(t)
	a.play([]step{
		{"aks create -g rg -n aks --generate-ssh-keys --disable-local-accounts -o none", 0, nothing},
		{"aks get-credentials -g rg -n aks --admin --file " + filepath.Join(t.TempDir(), "c"), 1, "(BadRequest) Getting static credential is not allowed"},
		{"aks get-credentials -g rg -n aks --file - --only-show-errors", 0, anything},
	})
}
