# shellcheck shell=bash
# The cluster: kubectl and helm, and the kubeconfig.

# check_cluster checks that the cluster answers and has the webhook.
check_cluster() {
  try_on_cluster kubectl get --raw /version ||
    die "the cluster${KUBE_CONTEXT:+ of context $KUBE_CONTEXT} does not answer: $ERROR"$'\n'"see kubectl config get-contexts, and run scripts/provision.sh again for an AKS cluster"
  if ! try_on_cluster kubectl get mutatingwebhookconfiguration "$WEBHOOK" && [[ $ERROR == *NotFound* ]]; then
    die "the cluster has no workload identity webhook: az aks update --enable-workload-identity, or for your own cluster https://azure.github.io/azure-workload-identity/docs/installation.html"
  fi
}

# complete_for_cluster COMMAND... adds the namespace and the context to a command of
# kubectl or helm, in front, since words may follow that go to a program in a pod.
complete_for_cluster() {
  COMMAND=("$1" --namespace "$SERVICE_ACCOUNT_NAMESPACE")
  if [ -n "$KUBE_CONTEXT" ]; then
    case $1 in
      helm) COMMAND+=(--kube-context "$KUBE_CONTEXT") ;;
      *) COMMAND+=(--context "$KUBE_CONTEXT") ;;
    esac
  fi
  shift
  COMMAND+=("$@")
}

# on_cluster COMMAND... runs kubectl or helm.
on_cluster() {
  complete_for_cluster "$@"
  trace
  "${COMMAND[@]}" </dev/null
}

# try_on_cluster COMMAND... runs kubectl or helm and keeps its messages in ERROR.
try_on_cluster() {
  complete_for_cluster "$@"
  try "${COMMAND[@]}"
}

release_deployed() {
  on_cluster helm status "$RELEASE" --output json 2>/dev/null | grep -q '"status":"deployed"'
}

# pod_ready is true when a pod of the release is ready, or a Job's is finished.
pod_ready() {
  local states
  states=$(on_cluster kubectl get pod --selector "$SELECTOR" --output \
    'jsonpath={range .items[*]}{.status.phase} {.status.conditions[?(@.type=="Ready")].status}{"\n"}{end}') || return 2
  grep -qE '^(Running True|Succeeded)' <<<"$states"
}

# kubeconfig_server prints the address of the cluster of that name.
kubeconfig_server() {
  local clusters
  clusters=$(kubectl config view --output 'jsonpath={range .clusters[*]}{.name} {.cluster.server}{"\n"}{end}')
  sed -n "s/^$CLUSTER_NAME //p" <<<"$clusters"
}

# is_server_of_cluster tells whether an address is that of the AKS cluster.
is_server_of_cluster() {
  case $1 in
    *"//${CLUSTER_FQDN:-none}:"* | *"//${CLUSTER_PRIVATE_FQDN:-none}:"*) true ;;
    *) false ;;
  esac
}
