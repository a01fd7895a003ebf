#!/usr/bin/env bash
# Shows whether the quick start works, and if not, why.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

usage() {
  cat <<'EOF'
verify.sh: show the pod, let the doctor in it check each link, and show its log

  scripts/verify.sh [options]

If no pod runs, it prints what Kubernetes reports about that, with cause and fix, and
the state of the workload identity webhook. It exits with 0 if the chain works from the
token file to the secret, else with 1.

  --verbose    show every command that runs
  -h, --help   show this
EOF
}

main() {
  local option status=0
  for option in "$@"; do
    parse_common_option "$option"
  done
  watch_exit
  load_all_settings
  check_tools kubectl
  report_problems
  check_cluster
  POD=$(on_cluster kubectl get pod --selector "$SELECTOR" --sort-by .metadata.creationTimestamp --output name | tail -n 1)
  if [ -z "$POD" ]; then
    show_reasons
    die "release $RELEASE has no pod in namespace $SERVICE_ACCOUNT_NAMESPACE, see above"
  fi
  say "What the webhook has injected, and what happened to the pod"
  on_cluster kubectl describe "$POD"
  say
  say "What the pod has logged"
  on_cluster kubectl logs "$POD" --tail 10 || status=1
  say
  say "Each link of the chain"
  examine || status=1
  return "$status"
}

# examine runs the doctor in the pod, or prints why it cannot.
examine() {
  local state
  state=$(on_cluster kubectl get "$POD" --output 'jsonpath={.status.phase} {.status.containerStatuses[*].state.waiting.reason}')
  case $state in
    'Running ') on_cluster kubectl exec "$POD" -- /quickstart doctor ;;
    'Succeeded '*) note "the pod has finished, and its log tells the rest" ;;
    *)
      note "the pod is ${state% }: its container does not run"
      say
      show_reasons
      return 1
      ;;
  esac
}

main "$@"
