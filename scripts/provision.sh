#!/usr/bin/env bash
# Creates in Azure what the quick start needs.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
. "$ROOT/scripts/provision/subscription.sh"
. "$ROOT/scripts/provision/cluster.sh"
. "$ROOT/scripts/provision/vault.sh"
. "$ROOT/scripts/provision/permission.sh"
. "$ROOT/scripts/provision/identity.sh"

usage() {
  cat <<'EOF'
provision.sh: from an empty subscription to a cluster whose pods read a Key Vault secret

  scripts/provision.sh [options]

It creates what is missing of: resource group, AKS cluster with OIDC issuer and
workload identity, Key Vault and secret, managed identity with permission to read the
secret, federated identity credential for the service account. What exists stays, and
a second run changes nothing. The names come from the environment, from scripts/env
(see scripts/env.example) or from the last run, in this order.

  --cluster none --issuer URL  use a cluster of your own, whose issuer this is
  --identity app        use an Entra application instead of a managed identity
  --vault-access policy create the vault with access policies instead of Azure RBAC
  --secret-stdin        read the secret's value from standard input; without it the
                        value is KEYVAULT_SECRET_VALUE, or Hello! for a new secret
  --preview             also do the tutorial's preview steps, which are not needed any more
  --dry-run             change nothing, show each command that would
  --verbose             show every command that runs
  -h, --help            show this

Then: scripts/deploy.sh, scripts/verify.sh, scripts/cleanup.sh.
EOF
}

main() {
  parse_options "$@"
  watch_exit
  load_all_settings
  apply_options
  check_everything
  show_plan
  remember
  [ -z "$PREVIEW" ] || step "The tutorial's preview steps" enable_preview
  step "Resource providers" register_providers
  step "Resource group $RESOURCE_GROUP" ensure_group
  [ "$CLUSTER" = none ] || step "AKS cluster $CLUSTER_NAME" ensure_cluster
  step "Key Vault $KEYVAULT_NAME" ensure_vault
  step "Permission for $USER_NAME to set secrets" permit_operator
  step "Secret $KEYVAULT_SECRET_NAME" ensure_secret
  step "Identity $UAID" "ensure_${IDENTITY}_identity"
  step "Permission for $UAID to read secrets" permit_identity
  step "Federated identity credential $FICID" "ensure_${IDENTITY}_credential"
  [ "$CLUSTER" = none ] || step "kubeconfig" ensure_kubeconfig
  remember
  write_values
  show_result
}

parse_options() {
  PREVIEW='' SECRET_STDIN='' VAULT_ACCESS=rbac OPTIONS=()
  while [ $# -gt 0 ]; do
    case $1 in
      --cluster | --issuer | --identity | --vault-access)
        [ $# -gt 1 ] || die "$1 needs a value; see --help"
        OPTIONS+=("$1" "$2")
        shift
        ;;
      --preview) PREVIEW=yes ;;
      --secret-stdin) SECRET_STDIN=yes ;;
      *) parse_common_option "$1" ;;
    esac
    shift
  done
}

# apply_options lets options go before what is remembered.
apply_options() {
  set -- ${OPTIONS[@]+"${OPTIONS[@]}"}
  while [ $# -gt 0 ]; do
    case $1=$2 in
      --issuer=*) ISSUER=$2 ;;
      --cluster=aks | --cluster=none) CLUSTER=$2 ;;
      --identity=managed | --identity=app) IDENTITY=$2 ;;
      --vault-access=rbac | --vault-access=policy) VAULT_ACCESS=$2 ;;
      --cluster=*) add_problem "--cluster $2: only aks and none are known" ;;
      --identity=*) add_problem "--identity $2: only managed and app are known" ;;
      --vault-access=*) add_problem "--vault-access $2: only rbac and policy are known" ;;
    esac
    shift 2
  done
  [ "$CLUSTER" = none ] || ISSUER=''
  # The children of this script need not have it in their environment.
  export -n KEYVAULT_SECRET_VALUE
  SECRET_GIVEN=${KEYVAULT_SECRET_VALUE+yes}
  if [ -n "$SECRET_STDIN" ]; then
    KEYVAULT_SECRET_VALUE=$(cat)
    SECRET_GIVEN=yes
  fi
  : "${KEYVAULT_SECRET_VALUE=Hello!}"
}

# --- checks -----------------------------------------------------------------

check_everything() {
  check_tools az kubectl helm
  check_account
  check_name RESOURCE_GROUP '[[:alnum:]_().-]{0,89}[[:alnum:]_()-]' "1 to 90 letters, digits, _ - . ( ), no dot at the end"
  check_name LOCATION '[a-z0-9]+' "a region as in az account list-locations --query '[].name'"
  check_name KEYVAULT_SECRET_NAME '[[:alnum:]-]{1,127}' "1 to 127 letters, digits and hyphens"
  check_name UAID '[[:alnum:]][[:alnum:]_-]{2,127}' "3 to 128 letters, digits, _ and -, the first a letter or digit"
  check_name FICID '[[:alnum:]][[:alnum:]_-]{2,119}' "3 to 120 letters, digits, _ and -, the first a letter or digit"
  check_name SERVICE_ACCOUNT_NAMESPACE '[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?' "1 to 63 small letters, digits and hyphens"
  check_name SERVICE_ACCOUNT_NAME '[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?' "1 to 253 small letters, digits, hyphens and dots"
  [ -n "$KEYVAULT_SECRET_VALUE" ] || add_problem "the secret's value is empty: set KEYVAULT_SECRET_VALUE, or give it to --secret-stdin"
  if [ "$CLUSTER" = none ]; then
    check_name ISSUER 'https://[^[:space:]?#]+' "the issuer URL of your cluster is needed: --issuer URL, which kubectl get --raw /.well-known/openid-configuration shows"
  else
    check_name CLUSTER_NAME '[[:alnum:]]([[:alnum:]_-]{0,61}[[:alnum:]])?' "1 to 63 letters, digits, _ and -, a letter or digit at both ends"
  fi
  if [ -n "$KEYVAULT_NAME" ]; then
    check_vault_name
  fi
  report_problems
  find_vault
}

check_vault_name() {
  check_name KEYVAULT_NAME '[[:alpha:]][[:alnum:]-]{1,22}[[:alnum:]]' "3 to 24 letters, digits and hyphens, the first a letter, the last no hyphen"
  case $KEYVAULT_NAME in *--*) add_problem "KEYVAULT_NAME=$KEYVAULT_NAME: two hyphens in a row are not allowed" ;; esac
}

show_plan() {
  say "Subscription     $SUBSCRIPTION_NAME ($SUBSCRIPTION), tenant $TENANT_ID"
  say "Resource group   $RESOURCE_GROUP in $LOCATION"
  if [ "$CLUSTER" = none ]; then
    say "Issuer           $ISSUER"
  else
    say "AKS cluster      $CLUSTER_NAME"
  fi
  say "Secret           $KEYVAULT_SECRET_NAME in Key Vault $KEYVAULT_NAME"
  say "Service account  $SERVICE_ACCOUNT_NAME in namespace $SERVICE_ACCOUNT_NAMESPACE"
  say "Identity         $UAID ($IDENTITY), federated identity credential $FICID"
  say
}

# --- result -----------------------------------------------------------------

write_values() {
  [ -z "$DRY_RUN" ] || return 0
  cat >"$STATE_DIR/values.yaml.new" <<EOF
# Written by scripts/provision.sh for charts/quick-start.
azure:
  clientId: $CLIENT_ID
  tenantId: $TENANT_ID
keyvault:
  url: $VAULT_URL
  secretName: $KEYVAULT_SECRET_NAME
serviceAccount:
  name: $SERVICE_ACCOUNT_NAME
EOF
  mv "$STATE_DIR/values.yaml.new" "$STATE_DIR/values.yaml"
}

count_changes() {
  if [ "$CHANGES" -eq 1 ]; then say "1 change"; else say "$CHANGES changes"; fi
}

show_result() {
  local values=$STATE_DIR/values.yaml
  say
  if [ -n "$DRY_RUN" ]; then
    say "A dry run: nothing was changed. Without --dry-run there would be $(count_changes)."
    return
  fi
  if [ "$CHANGES" -eq 0 ]; then
    say "Nothing had to be changed."
  else
    say "Everything is there, after $(count_changes) in $SECONDS s."
    say "Azure takes some minutes until all of it knows; the pod waits for that."
  fi
  say
  say "Next: scripts/deploy.sh, which runs"
  say "  helm install $RELEASE charts/quick-start --namespace $SERVICE_ACCOUNT_NAMESPACE --create-namespace${KUBE_CONTEXT:+ --kube-context $KUBE_CONTEXT} --values ${values#"$PWD/"}"
}

main "$@"
