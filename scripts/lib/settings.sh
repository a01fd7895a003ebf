# shellcheck shell=bash
# Settings: from the environment, scripts/env, what provision.sh remembers, defaults.

# May be in an env file; the rest is in what provision.sh remembers.
SETTINGS='SUBSCRIPTION TENANT_ID RESOURCE_GROUP LOCATION CLUSTER_NAME KEYVAULT_NAME KEYVAULT_SECRET_NAME
  SERVICE_ACCOUNT_NAMESPACE SERVICE_ACCOUNT_NAME UAID FICID AUDIENCE ISSUER RELEASE'
REMEMBERED='IDENTITY CLUSTER KUBE_CONTEXT UNMARKED_APP'
# Those are no settings, whatever the environment calls by such a name.
unset IDENTITY CLUSTER KUBE_CONTEXT UNMARKED_APP

# load_settings FILE takes NAME=value lines for what is not set yet, so that the
# environment goes before files.
load_settings() {
  local file=$1 line name value known number=0
  [ -f "$file" ] || return 0
  while IFS= read -r line || [ -n "$line" ]; do
    number=$((number + 1))
    line=${line#export }
    case $line in '' | '#'*) continue ;; esac
    name=${line%%=*} value=${line#*=}
    case $value in
      \"*\") value=${value#\"} value=${value%\"} ;;
      \'*\') value=${value#\'} value=${value%\'} ;;
    esac
    for known in $SETTINGS $REMEMBERED; do
      [ "$name" = "$known" ] || continue
      [ -n "${!name:-}" ] || printf -v "$name" '%s' "$value"
      continue 2
    done
    add_problem "$file:$number: $name is not a setting that a file may have; see scripts/env.example"
  done <"$file"
}

# load_all_settings reads the env file, and what is remembered unless that was for
# another subscription or resource group.
load_all_settings() {
  local remembered=$STATE_DIR/settings name
  load_settings "${ENV_FILE:-$ROOT/scripts/env}"
  if [ -f "$remembered" ]; then
    for name in SUBSCRIPTION RESOURCE_GROUP; do
      [ -z "${!name:-}" ] || grep -qxF "$name=${!name}" "$remembered" || remembered=''
    done
    [ -z "$remembered" ] || load_settings "$remembered"
  fi
  set_defaults
}

# set_defaults gives every setting a value that the tutorial uses, too.
set_defaults() {
  : "${SUBSCRIPTION:=}" "${TENANT_ID:=}" "${ISSUER:=}" "${KEYVAULT_NAME:=}" "${KUBE_CONTEXT:=}" "${UNMARKED_APP:=}"
  : "${RESOURCE_GROUP:=myResourceGroup}" "${LOCATION:=eastus}" "${CLUSTER_NAME:=myAKSCluster}"
  : "${KEYVAULT_SECRET_NAME:=my-secret}"
  : "${SERVICE_ACCOUNT_NAMESPACE:=default}" "${SERVICE_ACCOUNT_NAME:=workload-identity-sa}"
  : "${UAID:=fic-test-ua}" "${FICID:=fic-test-fic-name}" "${AUDIENCE:=api://AzureADTokenExchange}"
  : "${RELEASE:=quick-start}" "${IDENTITY:=managed}" "${CLUSTER:=aks}"
  # shellcheck disable=SC2034 # used by the scripts
  SELECTOR=app.kubernetes.io/instance=$RELEASE
  # shellcheck disable=SC2034
  SUBJECT=system:serviceaccount:$SERVICE_ACCOUNT_NAMESPACE:$SERVICE_ACCOUNT_NAME
}

# remember keeps the settings for the next run and for the other scripts.
remember() {
  local name
  [ -z "$DRY_RUN" ] || return 0
  mkdir -p "$STATE_DIR"
  {
    say "# Written by scripts/provision.sh for the next run and for the other scripts."
    for name in $SETTINGS $REMEMBERED; do
      say "$name=${!name}"
    done
  } >"$STATE_DIR/settings.new"
  mv "$STATE_DIR/settings.new" "$STATE_DIR/settings"
}

# parse_common_option OPTION takes the options that all scripts have.
parse_common_option() {
  case $1 in
    --dry-run) DRY_RUN=yes ;;
    --verbose) VERBOSE=yes ;;
    --yes) ASSUME_YES=yes ;;
    -h | --help)
      usage
      exit 0
      ;;
    *)
      usage >&2
      die "unknown option $1"
      ;;
  esac
}
