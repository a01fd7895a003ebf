#!/usr/bin/env bash
# Installs the chart with what provision.sh has written.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

usage() {
  cat <<'EOF'
deploy.sh: install the quick start, or upgrade it, and show what it logs

  scripts/deploy.sh [options] [-- HELM_OPTION...]

It takes the values that scripts/provision.sh has written, waits until the pod has read
the secret, and shows its log line. What follows -- goes to helm, for example
-- --set kind=Deployment. A second run changes nothing.

  --dry-run    change nothing, show each command that would
  --verbose    show every command that runs
  -h, --help   show this
EOF
}

main() {
  local helm_options=()
  while [ $# -gt 0 ]; do
    if [ "$1" = -- ]; then
      shift
      helm_options=("$@")
      break
    fi
    parse_common_option "$1"
    shift
  done
  watch_exit
  load_all_settings
  check_tools kubectl helm
  check_values
  report_problems
  check_cluster
  step "Release $RELEASE in namespace $SERVICE_ACCOUNT_NAMESPACE" install ${helm_options[@]+"${helm_options[@]}"}
  [ -z "$DRY_RUN" ] || return 0
  (wait_until "waiting for the pod to read the secret (scripts/verify.sh shows why it cannot)" 7 pod_ready) || fail_with_reasons "$?"
  say
  show_log_line
}

# fail_with_reasons STATUS ends the script with why the pod is not ready.
fail_with_reasons() {
  show_reasons >&2
  exit "$1"
}

# install compares what would be installed with what is.
install() {
  local chart=$ROOT/charts/quick-start values=(--values "$STATE_DIR/values.yaml" "$@") wanted
  wanted=$(on_cluster helm template "$RELEASE" "$chart" "${values[@]}" --no-hooks)
  if release_deployed && [ "$wanted" = "$(on_cluster helm get manifest "$RELEASE")" ]; then
    return
  fi
  complete_for_cluster helm upgrade "$RELEASE" "$chart" --install --create-namespace "${values[@]}"
  change "installing or upgrading it" "${COMMAND[@]}"
}

# check_values checks that there is something to install.
check_values() {
  [ -f "$STATE_DIR/values.yaml" ] || add_problem "there is no $STATE_DIR/values.yaml: scripts/provision.sh writes it"
}

# show_log_line shows the proof that all of it works.
show_log_line() {
  local lines
  lines=$(on_cluster kubectl logs --selector "$SELECTOR" --tail -1 | grep 'successfully got secret') ||
    die "the pod is ready, but has logged no success: scripts/verify.sh"
  say "${lines##*$'\n'}"
}

main "$@"
