package main

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"
)

// getCredentials merges the cluster into a kubeconfig: that of --file, else the
// first one of KUBECONFIG, else ~/.kube/config.
func getCredentials(c *call) (any, error) {
	cluster, err := c.find(c.String("--resource-group"), aksKind, c.String("--name"))
	if err != nil {
		return nil, err
	}
	if c.Has("--admin") && cluster.Body["disableLocalAccounts"] == true {
		return nil, azureError(400, "BadRequest",
			"Getting static credential is not allowed because this cluster is set to disable local accounts.")
	}
	addition, err := c.credentials(cluster.Body)
	if err != nil {
		return nil, err
	}
	path := c.kubeconfigPath()
	if path == "-" {
		text, err := clientcmd.Write(*addition)
		if err == nil {
			_, err = c.stdout.Write(text)
		}
		return nil, err
	}
	existing, err := clientcmd.LoadFromFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		existing, err = api.NewConfig(), nil
	}
	if err != nil {
		return nil, fmt.Errorf("load %s: %w", path, err)
	}
	if err := merge(existing, addition, c.Has("--overwrite-existing")); err != nil {
		return nil, err
	}
	if err := clientcmd.WriteToFile(*existing, path); err != nil {
		return nil, fmt.Errorf("write %s: %w", path, err)
	}
	c.warn("Merged \"%s\" as current context in %s", existing.CurrentContext, path)
	return nil, nil
}

func (c *call) kubeconfigPath() string {
	if path := c.String("--file"); path != "" {
		return path
	}
	if first, _, _ := strings.Cut(c.env("KUBECONFIG"), ":"); first != "" {
		return first
	}
	return filepath.Join(c.env("HOME"), ".kube", "config")
}

// credentials returns the cluster's kubeconfig: the current context of
// defaults.kubeconfig, or one that leads nowhere, under the names that Azure gives.
func (c *call) credentials(cluster object) (*api.Config, error) {
	name, group := cluster["name"].(string), cluster["resourceGroup"].(string)
	where, who := &api.Cluster{Server: "https://" + cluster["fqdn"].(string) + ":443"}, &api.AuthInfo{}
	if source := c.state.Defaults.Kubeconfig; source != "" {
		config, err := clientcmd.LoadFromFile(source)
		if err != nil {
			return nil, unmodelled("load defaults.kubeconfig: %v", err)
		}
		if err := errors.Join(api.MinifyConfig(config), api.FlattenConfig(config)); err != nil {
			return nil, unmodelled("read the current context of %s: %v", source, err)
		}
		current := config.Contexts[config.CurrentContext]
		where, who = config.Clusters[current.Cluster], config.AuthInfos[current.AuthInfo]
	}
	user, context := "clusterUser_"+group+"_"+name, name
	if c.Has("--context") {
		name, context = c.String("--context"), c.String("--context")
	}
	if c.Has("--admin") {
		user, context = strings.Replace(user, "clusterUser", "clusterAdmin", 1), context+"-admin"
	}
	return &api.Config{
		Clusters:       map[string]*api.Cluster{name: where},
		AuthInfos:      map[string]*api.AuthInfo{user: who},
		Contexts:       map[string]*api.Context{context: {Cluster: name, AuthInfo: user}},
		CurrentContext: context,
	}, nil
}

// merge adds what is new and refuses what is different, unless it may overwrite.
func merge(existing, addition *api.Config, overwrite bool) error {
	if err := add(existing.Clusters, addition.Clusters, "clusters", overwrite, func(c *api.Cluster) { c.LocationOfOrigin = "" }); err != nil {
		return err
	}
	if err := add(existing.AuthInfos, addition.AuthInfos, "users", overwrite, func(a *api.AuthInfo) { a.LocationOfOrigin = "" }); err != nil {
		return err
	}
	if err := add(existing.Contexts, addition.Contexts, "contexts", overwrite, func(c *api.Context) { c.LocationOfOrigin = "" }); err != nil {
		return err
	}
	existing.CurrentContext = addition.CurrentContext
	return nil
}

func add[T any](existing, addition map[string]*T, key string, overwrite bool, forget func(*T)) error {
	for name, value := range addition {
		forget(value)
		if was := existing[name]; was != nil {
			forget(was)
			if !overwrite && !equality.Semantic.DeepEqual(was, value) {
				return userError("A different object named %s already exists in %s in your kubeconfig file.", name, key)
			}
		}
		existing[name] = value
	}
	return nil
}
