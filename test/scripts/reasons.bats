#!/usr/bin/env bats
# What verify.sh and deploy.sh print when no pod runs. Columns of the fake events:
# event|series.lastObservedTime|lastTimestamp|eventTime|creationTimestamp|object|text.

load helper

PODS_READY='kube-system/azure-wi-webhook-1 Running ready=True
kube-system/azure-wi-webhook-2 Running ready=True'
INJECTED='quick-start|2026-03-02T00:00:00Z|true|KEYVAULT_URL AZURE_FEDERATED_TOKEN_FILE'

verify() { "$SCRIPTS/verify.sh" "$@"; }

# explain TEXT prints the explanation of a text, with the lines of cause and fix.
explain_text() (
  . "$SCRIPTS/lib.sh"
  SERVICE_ACCOUNT_NAMESPACE=default
  set_defaults
  explain_report "$1"
)

@test "no pod: the events of the release's objects, the newest last, with cause and fix" {
  export FAKE_OBJECTS='ReplicaSet/quick-start-5d ' FAKE_WEBHOOK_PODS=$PODS_READY FAKE_WEBHOOK_SINCE=2026-03-01T00:00:00Z
  export FAKE_EVENTS='event||2026-03-02T10:00:02Z|null|2026-03-01T10:00:00Z|ReplicaSet/quick-start-5d|FailedCreate: Error creating: pods "quick-start-" is forbidden: exceeded quota: compute
event|||2026-03-02T10:00:01.123456Z|2026-03-02T10:00:03Z|ReplicaSet/quick-start-5d|FailedCreate: Error creating: admission webhook "validation.gatekeeper.sh" denied the request:
[azurepolicy] no | root
event||2026-03-02T11:00:00Z||2026-03-01T10:00:00Z|Pod/another|Failed: Failed to pull image "another"
'
  fails_with 1 verify
  contains '2026-03-02T10:00:01Z ReplicaSet/quick-start-5d FailedCreate: Error creating: admission webhook "validation.gatekeeper.sh" denied the request: [azurepolicy] no | root
  2026-03-02T10:00:02Z ReplicaSet/quick-start-5d FailedCreate: Error creating: pods "quick-start-" is forbidden: exceeded quota: compute
  cause: a policy of the cluster forbids the pod'
  contains "cause: a quota of namespace default is used up"
  contains "fix:   scripts/deploy.sh -- --set resources.limits"
  contains "more:  https://github.com/workload-identity-quickstart/msal-go/blob/main/docs/troubleshooting.md#there-is-no-pod-at-all"
  contains "configuration azure-wi-webhook-mutating-webhook-configuration: created 2026-03-01T00:00:00Z"
  contains "2 of 2 pods ready: kube-system/azure-wi-webhook-1 Running ready=True"
  contains "error: release quick-start has no pod in namespace default, see above"
  lacks another
}

@test "no pod and no event" {
  export FAKE_WEBHOOK_PODS=$PODS_READY
  fails_with 1 verify
  contains "fix:   scripts/deploy.sh; if the release is there: helm --namespace default upgrade quick-start charts/quick-start --reuse-values"
}

@test "an explanation is printed once, and from the pod's status when the events are gone" {
  export FAKE_POD='Pending ImagePullBackOff' FAKE_INJECTED=$INJECTED FAKE_WEBHOOK_PODS=$PODS_READY FAKE_OBJECTS='Pod/quick-start '
  export FAKE_STATES='Pod/quick-start: ImagePullBackOff  Back-off pulling image "x"
ReplicaSet/quick-start-5d:
'
  fails_with 1 verify
  contains "the pod is Pending ImagePullBackOff"
  contains 'Pod/quick-start: ImagePullBackOff Back-off pulling image "x"'
  contains "--attach-acr"
  lacks "ReplicaSet/quick-start-5d:"
  export FAKE_EVENTS='event||2026-03-02T10:00:02Z||2026-03-02T10:00:02Z|Pod/quick-start|Failed: Failed to pull image "x"
'
  fails_with 1 verify
  [ "$(grep -c 'the node cannot pull' <<<"$output")" -eq 1 ]
  lacks "lacks the webhook's variables"
}

@test "an image for another processor shows in the log only" {
  export FAKE_POD='Running CrashLoopBackOff' FAKE_INJECTED=$INJECTED FAKE_LOG='exec /quickstart: exec format error'
  fails_with 1 verify
  contains "the image is not for the node's processor"
}

@test "a pod that runs is left to the doctor" {
  export FAKE_POD='Running '
  succeeds verify
  contains "the doctor"
  lacks "What Kubernetes reports"
  export FAKE_POD='Succeeded '
  succeeds verify
  contains "the pod has finished"
}

@test "the webhook does not run, or runs twice" {
  export FAKE_WEBHOOK_PODS='azure-workload-identity-system/w Running ready=False'
  fails_with 1 verify
  contains "0 of 1 pods ready"
  contains "cause: the webhook does not run"
  contains "kubectl --namespace azure-workload-identity-system describe pods"
  FAKE_WEBHOOK_PODS='' fails_with 1 verify
  contains "0 of 0 pods ready"
  contains "kubectl --namespace kube-system describe pods"
  FAKE_WEBHOOK_PODS=$PODS_READY$'\nazure-workload-identity-system/w Running ready=True' fails_with 1 verify
  contains "there are two webhooks"
  contains "helm uninstall workload-identity-webhook"
}

@test "a namespace that AKS keeps from webhooks" {
  export FAKE_WEBHOOK_PODS=$PODS_READY
  FAKE_NAMESPACE_LABELS='{"control-plane":"true"}' fails_with 1 verify
  contains "AKS keeps webhooks away from namespace default"
  FAKE_NAMESPACE_LABELS='{"not-control-plane":"true"}' fails_with 1 verify
  lacks "AKS keeps webhooks away"
  SERVICE_ACCOUNT_NAMESPACE=kube-system fails_with 1 verify
  contains "#the-pod-is-in-kube-system"
}

@test "a pod that lacks what the webhook adds" {
  export FAKE_POD='Pending ' FAKE_WEBHOOK_PODS=$PODS_READY FAKE_WEBHOOK_SINCE=2026-03-02T00:00:00Z
  FAKE_INJECTED='quick-start|2026-03-01T00:00:00Z|true|KEYVAULT_URL' fails_with 1 verify
  contains "it was created 2026-03-01T00:00:00Z, before the webhook"
  contains "kubectl --namespace default delete pod quick-start && helm --namespace default upgrade quick-start"
  FAKE_INJECTED='quick-start|2026-03-03T00:00:00Z||KEYVAULT_URL' fails_with 1 verify
  contains 'it lacks the label azure.workload.identity/use: "true"'
  FAKE_INJECTED='quick-start|2026-03-03T00:00:00Z|true|KEYVAULT_URL' fails_with 1 verify
  contains "the webhook did not act when it was created"
}

@test "deploy.sh prints the reasons when the pod does not become ready" {
  provision
  export FAKE_OBJECTS='Pod/quick-start ' FAKE_WEBHOOK_PODS=$PODS_READY FAKE_EVENTS='event|||2026-03-02T10:00:01.1Z||Pod/quick-start|FailedScheduling: 0/1 nodes are available: 1 Insufficient cpu.
'
  FAKE_POD='Pending ' fails_with 1 "$SCRIPTS/deploy.sh"
  contains "error: waited 7 minutes"
  contains "no node takes the pod"
}

@test "what helm and the API server reject is explained" {
  provision
  for text in 'ServiceAccount "w" exists: invalid ownership metadata|serviceAccount.create=false' \
    'cannot re-use a name that is still in use|helm --namespace default --kube-context myAKSCluster uninstall quick-start' \
    'spec: Forbidden: pod updates may not change fields|delete pod --selector app.kubernetes.io/instance=quick-start' \
    'json: cannot unmarshal bool into Go struct field|--set-string' \
    'pods "q" is forbidden: exceeded quota: compute|resources.limits' \
    'pods "q" is forbidden: violates PodSecurity "restricted:latest"|helm --namespace default --kube-context myAKSCluster get values'; do
    FAKE_HELM_ERROR=${text%|*} fails_with 1 "$SCRIPTS/deploy.sh"
    contains "${text##*|}"
    contains "docs/troubleshooting.md#"
    lacks "LOCATION"
  done
}

# The failures that people reported: internal/diagnose/testdata/corpus.
@test "each reported failure that verify.sh covers has the right cause and fix" {
  local corpus=$BATS_TEST_DIRNAME/../../internal/diagnose/testdata/corpus file text pattern count=0
  for file in $(grep -lx 'Covered-by: verify.sh' "$corpus"/*.txt); do
    output=$(explain_text "$(sed '1,/^$/d' "$file")")
    while IFS= read -r pattern; do
      grep -qiE -- "$pattern" <<<"$(grep cause: <<<"$output")" || fail_with_text "$file: the cause lacks $pattern"
    done < <(sed -n 's/^Cause-names: //p' "$file")
    pattern=$(sed -n 's/^Fix-contains: //p' "$file")
    grep -qiE -- "$pattern" <<<"$(grep fix: <<<"$output")" || fail_with_text "$file: the fix lacks $pattern"
    pattern=$(sed -n 's/^Fix-excludes: //p' "$file")
    [ -z "$pattern" ] || ! grep -qiE -- "$pattern" <<<"$(grep fix: <<<"$output")" || fail_with_text "$file: the fix has $pattern"
    count=$((count + 1))
  done
  [ "$count" -ge 5 ]
}

@test "each link leads to a section of the page" {
  local page=$BATS_TEST_DIRNAME/../../docs/troubleshooting.md anchor count=0
  for anchor in $(grep -ohE 'explain [a-z-]+ |PAGE#[a-z-]+' "$SCRIPTS"/lib/*.sh | sed -E 's/explain |PAGE#//; s/ //'); do
    sed -nE 's/^#+ //p' "$page" | tr '[:upper:] ' '[:lower:]-' | tr -cd 'a-z\n-' | grep -qx -- "$anchor" ||
      fail_with_text "there is no section $anchor"
    count=$((count + 1))
  done
  [ "$count" -ge 15 ]
}

fail_with_text() {
  printf '%s\noutput:\n%s\n' "$1" "$output"
  return 1
}
