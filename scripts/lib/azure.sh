# shellcheck shell=bash
# Azure CLI: its options, its answers, its errors.

# How Key Vault refuses until a permission has taken effect.
# shellcheck disable=SC2034 # used by the scripts
FORBIDDEN='ForbiddenByRbac|not authorized to perform action|AccessDenied|does not have secrets'

# check_account checks the Azure CLI and finds out the subscription, its tenant and
# who is logged in.
check_account() {
  local version state tenant
  command -v az >/dev/null || return 0
  version=$(az version --query '"azure-cli"' --output tsv 2>/dev/null) || version=0
  if ! at_least "$version" 2.47; then
    add_problem "az is $version, and workload identity needs 2.47.0: az upgrade"
  fi
  set -- --query '[id, tenantId, state, name, user.type, user.name]'
  [ -z "$SUBSCRIPTION" ] || set -- --subscription "$SUBSCRIPTION" "$@"
  if ! try az account show --output none; then
    add_problem "az is not logged in: az login${TENANT_ID:+ --tenant $TENANT_ID}"
    return 0
  fi
  if ! try az account show --output none "$@"; then
    add_problem "there is no subscription $SUBSCRIPTION for this login: az account list --output table, then set SUBSCRIPTION"
    return 0
  fi
  query_lines SUBSCRIPTION tenant state SUBSCRIPTION_NAME USER_TYPE USER_NAME -- account show "$@"
  [ "$state" = Enabled ] || add_problem "subscription $SUBSCRIPTION is $state, not Enabled: set SUBSCRIPTION to another"
  if [ -n "$TENANT_ID" ] && [ "$TENANT_ID" != "$tenant" ]; then
    add_problem "subscription $SUBSCRIPTION is in tenant $tenant, not in TENANT_ID $TENANT_ID: az login --tenant $TENANT_ID, or set SUBSCRIPTION"
  fi
  TENANT_ID=$tenant
}

# at_least VERSION MINIMUM compares two numbers.
at_least() {
  local major=${1%%.*} minor=${1#*.}
  minor=${minor%%.*}
  case $major$minor in *[!0-9]* | '') return 1 ;; esac
  [ "$major" -gt "${2%%.*}" ] || { [ "$major" -eq "${2%%.*}" ] && [ "$minor" -ge "${2#*.}" ]; }
}

# complete COMMAND... gives az the options that each of its commands should have.
complete() {
  COMMAND=("$@")
  [ "$1" = az ] || return 0
  case $2 in
    account | ad | cloud | extension | version) ;;
    *) COMMAND+=(--subscription "$SUBSCRIPTION") ;;
  esac
  COMMAND+=(--only-show-errors)
}

# query OPTION... prints what az answers as lines, or nothing for what does not
# exist. Any other failure is an error.
query() {
  local status=0
  complete az "$@" --output tsv
  trace
  "${COMMAND[@]}" </dev/null 2>"$SCRATCH/error" || status=$?
  [ "$status" -ne 0 ] || return 0
  if [ "$status" -eq 3 ] || grep -qE '\((Resource|ResourceGroup|ParentResource|Request_Resource)NotFound\)|\(NotFound\)|SecretNotFound|MissingSubscriptionRegistration|is not installed' "$SCRATCH/error"; then
    return 0
  fi
  die "az $1 $2: $(explain_failure "$(cat "$SCRATCH/error")")"
}

# query_lines NAME... -- OPTION... sets variables to the lines of az's answer. Its own
# variables begin with _, so that they hide none of the caller's.
query_lines() {
  local _names=() _name _value _answer
  while [ "$1" != -- ]; do
    _names+=("$1")
    shift
  done
  shift
  _answer=$(query "$@") || exit 1 # even where a condition switches set -e off
  for _name in "${_names[@]}"; do
    _value=${_answer%%$'\n'*}
    case $_answer in *$'\n'*) _answer=${_answer#*$'\n'} ;; *) _answer='' ;; esac
    [ "$_value" != None ] || _value='' # so az writes null
    printf -v "$_name" '%s' "$_value"
  done
}

# explain_failure prints an error of az, and what to do about those that are no
# surprise.
explain_failure() {
  local advice
  advice=$(explain_report "$1")
  [ -n "$advice" ] || case $1 in
    *'invalid ownership metadata'*) advice="kubectl created what is named, and Helm does not take it over: delete it with kubectl, or keep the service account: scripts/deploy.sh -- --set serviceAccount.create=false ($PAGE#helm-invalid-ownership-metadata)" ;;
    *'cannot re-use a name'*) advice="a release of this name exists:$(print_command helm uninstall "$RELEASE"), or set RELEASE to another name ($PAGE#helm-cannot-re-use-a-name-that-is-still-in-use)" ;;
    *'pod updates may not change fields'*) advice="delete the pod, then run scripts/deploy.sh again:$(print_command kubectl delete pod --selector "$SELECTOR") ($PAGE#pod-updates-may-not-change-fields)" ;;
    *'cannot unmarshal bool'*) advice="labels are strings: scripts/deploy.sh -- --set-string podLabels.NAME=true ($PAGE#the-label-is-not-a-string)" ;;
    *'az login'* | *AADSTS*) advice="log in: az login" ;;
    *AuthorizationFailed*roleAssignments*) advice="granting a role takes the role Owner, User Access Administrator or Role Based Access Control Administrator: ask for it" ;;
    *AuthorizationFailed* | *Authorization_RequestDenied*) advice="this account may not do that: ask for the permission that is named, or use another account" ;;
    *ForbiddenByFirewall* | *ForbiddenByConnection*) advice="the vault's firewall refuses this machine: az keyvault network-rule add --name $KEYVAULT_NAME --ip-address ADDRESS" ;;
    *QuotaExceeded* | *'quota'*) advice="choose another LOCATION, or ask for more quota in the Azure portal" ;;
    *RequestDisallowedByPolicy*) advice="a policy of the subscription forbids it: ask who administers it" ;;
  esac
  printf '%s' "${1#ERROR: }"
  [ -z "$advice" ] || printf '\n%s' "$advice"
}

group_gone() {
  local exists
  exists=$(query group exists --name "$RESOURCE_GROUP") || return 2
  [ "$exists" = false ]
}
