# shellcheck shell=bash
# What the scripts share. It is sourced, not run.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# What provision.sh leaves for the other scripts, and for itself when it runs again.
STATE_DIR=${STATE_DIR:-$ROOT/.quick-start}

# The mark of everything that these scripts create, so that cleanup.sh deletes
# nothing else. What Azure cannot tag has the words in its description.
# shellcheck disable=SC2034 # used by the scripts
TAG_KEY=quick-start TAG=quick-start=created DESCRIPTION='created by the msal-go quick start'

DRY_RUN=${DRY_RUN:-} VERBOSE=${VERBOSE:-} ASSUME_YES=${ASSUME_YES:-}

. "$ROOT/scripts/lib/messages.sh"
. "$ROOT/scripts/lib/settings.sh"
. "$ROOT/scripts/lib/steps.sh"
. "$ROOT/scripts/lib/azure.sh"
. "$ROOT/scripts/lib/cluster.sh"
. "$ROOT/scripts/lib/reasons.sh"

# check_tools NAME... checks that commands are installed.
check_tools() {
  local tool
  for tool in "$@"; do
    command -v "$tool" >/dev/null && continue
    case $tool in
      az) add_problem "az is not installed: https://learn.microsoft.com/cli/azure/install-azure-cli" ;;
      kubectl) add_problem "kubectl is not installed: az aks install-cli, or https://kubernetes.io/docs/tasks/tools" ;;
      helm) add_problem "helm is not installed: https://helm.sh/docs/intro/install" ;;
    esac
  done
}

# check_name SETTING PATTERN RULE checks a name by Azure's or Kubernetes' rules.
check_name() {
  [[ ${!1} =~ ^($2)$ ]] || add_problem "$1=${!1}: $3"
}
