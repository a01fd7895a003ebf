# shellcheck shell=bash
# Why no pod runs: what Kubernetes reports, what it means, and the webhook's state.

PAGE=https://github.com/workload-identity-quickstart/msal-go/blob/main/docs/troubleshooting.md
WEBHOOK=azure-wi-webhook-mutating-webhook-configuration
# The label of the webhook's pods: deploy/azure-wi-webhook.yaml of
# https://github.com/Azure/azure-workload-identity, and in kube-system of AKS:
# https://learn.microsoft.com/azure/aks/identity-bindings.
WEBHOOK_PODS=azure-workload-identity.io/system=true

# show_reasons prints why no pod of the release runs.
show_reasons() {
  local since=''
  say "What Kubernetes reports about release $RELEASE"
  show_reports
  say
  say "The workload identity webhook"
  show_webhook
  show_injection
}

# show_reports prints the reports, and each explanation once.
show_reports() {
  local reports report explanation shown=''
  reports=$(list_events && list_states)
  if [ -z "$reports" ]; then
    note "nothing"
    [ -n "${POD:-}" ] || explain there-is-no-pod-at-all "the release is not installed, its pod was deleted, or it is older than the events" \
      "scripts/deploy.sh; if the release is there:$(print_command helm upgrade "$RELEASE" charts/quick-start --reuse-values)"
    return
  fi
  sed 's/^/  /' <<<"$reports"
  while IFS= read -r report; do
    explanation=$(explain_report "$report")
    [[ $shown == *"$explanation"* ]] || say "$explanation"
    shown=$shown$explanation
  done <<<"$reports"
}

# list_events prints the last events of the release's objects, the newest last. An
# event has its time in one of four fields, and its message may have several lines.
list_events() {
  local names
  names=$(ask kubectl get pod,replicaset,job --selector "$SELECTOR" --output 'jsonpath={range .items[*]}{.kind}/{.metadata.name} {end}')
  ask kubectl get events --output 'jsonpath={range .items[*]}event|{.series.lastObservedTime}|{.lastTimestamp}|{.eventTime}|{.metadata.creationTimestamp}|{.involvedObject.kind}/{.involvedObject.name}|{.reason}: {.message}{"\n"}{end}' |
    awk -F '|' -v names=" $names" '
      $1 != "event" { line = line " " $0; next }
      { add(); line = $7; for (i = 8; i <= NF; i++) line = line "|" $i
        for (i = 2; i < 5 && $i !~ /^[0-9]/; i++); time = substr($i, 1, 19) "Z"; object = $6 }
      function add() { if (index(names, " " object " ")) print time, object, line }
      END { add() }' | sort | tail -n 10
}

# list_states prints what events no longer say after an hour.
list_states() {
  ask kubectl get pod,replicaset --selector "$SELECTOR" --output 'jsonpath={range .items[*]}{.kind}/{.metadata.name}: {.status.containerStatuses[*].state.waiting.reason} {.status.containerStatuses[*].state.waiting.message} {.status.conditions[?(@.type=="PodScheduled")].message} {.status.conditions[?(@.type=="ReplicaFailure")].message}{"\n"}{end}' |
    grep -E ': *[^ ]' | tr -s ' ' || true
  ask kubectl logs --selector "$SELECTOR" --tail 3 | grep 'exec format error' || true
}

# explain_report REPORT prints the explanation of what Kubernetes reports, or nothing.
explain_report() {
  local set="scripts/deploy.sh -- --set"
  case $1 in
    *'exec format error'* | *'no match for platform'*) explain the-image-is-not-pulled "the image is not for the node's processor" "$set image.repository=REPOSITORY with an image for linux/amd64 and linux/arm64, or on a mixed cluster $set-string nodeSelector.'kubernetes\.io/arch'=amd64" ;;
    *ErrImagePull* | *ImagePullBackOff* | *InvalidImageName* | *'Failed to pull image'* | *'Back-off pulling image'* | *'unauthorized: authentication required'*) explain the-image-is-not-pulled "the node cannot pull the image: its name or tag is wrong, or the registry rejects the node's identity (the pod's does not count)" "$set image.tag=TAG (az acr repository show-tags lists them), or for a registry in Azure: az aks update --name $CLUSTER_NAME --resource-group $RESOURCE_GROUP --attach-acr REGISTRY_NAME" ;;
    *'violates PodSecurity'*) explain pod-security-violates-podsecurity-restricted "the namespace enforces a Pod Security level that the pod's securityContext does not meet, though the chart's defaults meet restricted" "remove what changes podSecurityContext or securityContext:$(print_command helm get values "$RELEASE")" ;;
    *'failed calling webhook "mutation.azure-workload-identity.io"'*) explain failed-calling-webhook "the API server does not reach the workload identity webhook: its pods are down, or a firewall or network policy closes TCP port 9443 from the control plane to the nodes" "if its pods are ready, open port 9443:$(print_command kubectl get pods --all-namespaces --selector "$WEBHOOK_PODS")" ;;
    *'failed calling webhook'*) explain failed-calling-webhook "the API server does not reach the webhook that is named" "look at its pods:$(print_command kubectl get mutatingwebhookconfiguration,validatingwebhookconfiguration)" ;;
    *'error looking up service account'*) explain there-is-no-pod-at-all "the service account does not exist in namespace $SERVICE_ACCOUNT_NAMESPACE" "$set serviceAccount.create=true" ;;
    *'exceeded quota:'* | *'failed quota:'*) explain there-is-no-pod-at-all "a quota of namespace $SERVICE_ACCOUNT_NAMESPACE is used up, or counts limits that a container does not state" "$set resources.limits.cpu=100m (or what it names), or more quota:$(print_command kubectl describe resourcequota)" ;;
    *'admission webhook '*' denied the request'* | *ValidatingAdmissionPolicy*) explain there-is-no-pod-at-all "a policy of the cluster forbids the pod" "change what it names with $set NAME=VALUE, or ask the cluster's administrator for an exemption" ;;
    *'nodes are available'* | *'no nodes available'*) explain the-pod-is-pending "no node takes the pod: too little cpu or memory is free, or a taint or selector excludes it" "set tolerations, nodeSelector or resources.requests in the chart's values, or add a node: az aks scale --name $CLUSTER_NAME --resource-group $RESOURCE_GROUP --node-count 2" ;;
    *CreateContainerConfigError* | *': Error: secret "'* | *': Error: configmap "'* | *'container has runAsNonRoot'*) explain the-container-is-not-created "the values name a Secret, ConfigMap or user that the container cannot have" "create what is named, or remove it:$(print_command helm get values "$RELEASE")" ;;
  esac
}

# show_webhook prints whether the webhook is there and ready, and sees the namespace.
show_webhook() {
  local pods total ready labels namespace
  since=$(ask kubectl get mutatingwebhookconfiguration "$WEBHOOK" --output 'jsonpath={.metadata.creationTimestamp}')
  pods=$(ask kubectl get pods --all-namespaces --selector "$WEBHOOK_PODS" --output 'jsonpath={range .items[*]}{.metadata.namespace}/{.metadata.name} {.status.phase} ready={.status.conditions[?(@.type=="Ready")].status}{"\n"}{end}')
  namespace=${pods:+${pods%%/*}}
  : "${namespace:=kube-system}" # AKS
  total=$(grep -c . <<<"$pods") || true
  ready=$(grep -c 'ready=True' <<<"$pods") || true
  note "configuration $WEBHOOK: ${since:+created }${since:-not found}"
  note "$ready of $total pods ready${pods:+: $(tr '\n' ' ' <<<"$pods")}"
  if [ "$ready" -eq 0 ]; then
    explain failed-calling-webhook "the webhook does not run" "$(SERVICE_ACCOUNT_NAMESPACE=$namespace print_command kubectl describe pods --selector "$WEBHOOK_PODS")"
  elif [ "$(cut -d / -f 1 <<<"$pods" | sort -u | wc -l)" -gt 1 ]; then
    explain the-webhook-is-sick-or-there-are-two "there are two webhooks, which fight for one configuration" "on AKS: helm uninstall workload-identity-webhook --namespace azure-workload-identity-system"
  fi
  # The admissions enforcer: https://learn.microsoft.com/azure/aks/faq.
  labels=$(ask kubectl get namespace "$SERVICE_ACCOUNT_NAMESPACE" --output 'jsonpath={.metadata.labels}')
  if [ "$SERVICE_ACCOUNT_NAMESPACE" = kube-system ] || [[ $labels == *'"control-plane":'* ]]; then
    explain the-pod-is-in-kube-system "AKS keeps webhooks away from namespace $SERVICE_ACCOUNT_NAMESPACE: it is kube-system or has the label control-plane" "SERVICE_ACCOUNT_NAMESPACE=quick-start scripts/provision.sh, then likewise scripts/deploy.sh"
  fi
}

# show_injection prints why the newest pod lacks what the webhook adds.
show_injection() {
  local name created label variables cause="the webhook did not act when it was created"
  IFS='|' read -r name created label variables < <(ask kubectl get pod --selector "$SELECTOR" --sort-by .metadata.creationTimestamp --output 'jsonpath={range .items[*]}{.metadata.name}|{.metadata.creationTimestamp}|{.metadata.labels.azure\.workload\.identity/use}|{.spec.containers[*].env[*].name}{"\n"}{end}' | tail -n 1) || true
  [[ -n $name && " $variables " != *' AZURE_FEDERATED_TOKEN_FILE '* ]] || return 0
  if [ "$label" != true ]; then
    cause='it lacks the label azure.workload.identity/use: "true"'
  elif [[ -n $since && $created < $since ]]; then
    cause="it was created $created, before the webhook"
  fi
  explain webhook-not-applied "pod $name lacks the webhook's variables: $cause" "$(print_command kubectl delete pod "$name") &&$(print_command helm upgrade "$RELEASE" charts/quick-start --reuse-values)"
}

explain() { printf '  cause: %s\n  fix:   %s\n  more:  %s\n' "$2" "${3# }" "$PAGE#$1"; }

# print_command COMMAND... prints a command for the release's namespace and context.
print_command() {
  complete_for_cluster "$@"
  quote "${COMMAND[@]}"
}

# ask COMMAND... runs kubectl, and prints nothing where that fails.
ask() { on_cluster "$@" 2>/dev/null || true; }
