# shellcheck shell=bash
# The AKS cluster and its place in the kubeconfig.

ensure_cluster() {
  local cluster=(--resource-group "$RESOURCE_GROUP" --name "$CLUSTER_NAME") enable=(--enable-oidc-issuer --enable-workload-identity)
  read_cluster
  if [ -z "$CLUSTER_STATE" ]; then
    change "creating it with one node, which takes some minutes" az aks create "${cluster[@]}" --location "$LOCATION" \
      --node-count 1 "${enable[@]}" --generate-ssh-keys --tags "$TAG" --no-wait
  fi
  wait_until "waiting for the cluster" 30 cluster_settled
  if [ -n "$CLUSTER_STATE" ] && [ "$CLUSTER_POWER" != Running ]; then
    change "starting it, which takes some minutes" az aks start "${cluster[@]}" --no-wait
    wait_until "waiting for the cluster" 30 cluster_running
  fi
  if [ -n "$CLUSTER_STATE" ] && [ "$OIDC_ENABLED $WORKLOAD_IDENTITY_ENABLED" != "true true" ]; then
    change "enabling OIDC issuer and workload identity" az aks update "${cluster[@]}" "${enable[@]}" --no-wait
    wait_until "waiting for the cluster" 30 cluster_enabled
  fi
  [ -n "$ISSUER" ] || ISSUER='ISSUER_OF_THE_CLUSTER' # a dry run
  note "issuer $ISSUER"
}

read_cluster() {
  query_lines CLUSTER_STATE CLUSTER_POWER OIDC_ENABLED WORKLOAD_IDENTITY_ENABLED ISSUER CLUSTER_FQDN CLUSTER_PRIVATE_FQDN -- \
    aks show --resource-group "$RESOURCE_GROUP" --name "$CLUSTER_NAME" --query "[provisioningState, powerState.code, \
oidcIssuerProfile.enabled, securityProfile.workloadIdentity.enabled, oidcIssuerProfile.issuerUrl, fqdn, privateFqdn]"
}

# cluster_settled is true when no operation on the cluster is under way.
cluster_settled() {
  read_cluster
  case $CLUSTER_STATE in
    Succeeded) ;;
    Failed | Canceled)
      say "error: the last operation on the cluster ended as $CLUSTER_STATE: see az aks show, then az aks update to try again, or az aks delete" >&2
      return 2
      ;;
    *) return 1 ;;
  esac
}

cluster_running() {
  cluster_settled || return
  [ "$CLUSTER_POWER" = Running ]
}

cluster_enabled() {
  cluster_settled || return
  [ "$OIDC_ENABLED $WORKLOAD_IDENTITY_ENABLED" = "true true" ] && [ -n "$ISSUER" ]
}

# ensure_kubeconfig adds the cluster to the kubeconfig, without replacing another
# cluster of the same name.
ensure_kubeconfig() {
  local server
  KUBE_CONTEXT=$CLUSTER_NAME
  server=$(kubeconfig_server)
  if is_server_of_cluster "$server"; then
    note "context $KUBE_CONTEXT is there"
    return
  fi
  [ -z "$server" ] ||
    die "the kubeconfig has another cluster $CLUSTER_NAME at $server: kubectl config delete-cluster $CLUSTER_NAME, or set KUBECONFIG to another file"
  change "adding the context $KUBE_CONTEXT" az aks get-credentials --resource-group "$RESOURCE_GROUP" --name "$CLUSTER_NAME"
}
