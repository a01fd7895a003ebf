#!/usr/bin/env bash
# Deletes what provision.sh and deploy.sh have created.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

usage() {
  cat <<'EOF'
cleanup.sh: delete what these scripts have created, and nothing else

  scripts/cleanup.sh [options]

It finds what to delete by the tag quick-start=created, lists it, and asks. A resource
group that the scripts created is deleted with all that is in it.

  --purge      also purge the vault, so that its name can be used again at once;
               else Azure keeps it, recoverable, for 90 days
  --yes        do not ask
  --dry-run    change nothing, show each command that would
  --verbose    show every command that runs
  -h, --help   show this
EOF
}

main() {
  PURGE=''
  while [ $# -gt 0 ]; do
    case $1 in
      --purge) PURGE=yes ;;
      *) parse_common_option "$1" ;;
    esac
    shift
  done
  watch_exit
  load_all_settings
  check_tools az kubectl helm
  check_account
  report_problems
  [ -n "$KEYVAULT_NAME" ] || die "which vault was it? Set KEYVAULT_NAME, since nothing is remembered in $STATE_DIR"
  survey
  if [ -z "$FOUND" ]; then
    say "There is nothing to delete of subscription $SUBSCRIPTION, resource group $RESOURCE_GROUP."
    forget
    return
  fi
  say "To be deleted in subscription $SUBSCRIPTION_NAME ($SUBSCRIPTION):"
  printf '%s' "$FOUND"
  confirm "Delete all this?"
  delete_all
  forget
  [ -n "$DRY_RUN" ] || say "All of it is deleted, in $SECONDS s."
}

found() { FOUND="$FOUND  - $*"$'\n'; }

# --- what there is ----------------------------------------------------------

# survey finds what the scripts created, by its marks.
survey() {
  local tag
  FOUND='' RELEASE_FOUND='' GROUP_OWN='' CLUSTER_OWN='' VAULT_OWN='' VAULT_DELETED='' SECRET_OWN='' POLICIES='' ROLES=''
  IDENTITY_OWN='' CREDENTIAL_OWN='' APP_ID='' CONTEXT_OWN=''
  survey_release
  tag=$(query group show --name "$RESOURCE_GROUP" --query "tags.\"$TAG_KEY\"")
  if [ -n "$tag" ]; then
    GROUP_OWN=yes
    found "resource group $RESOURCE_GROUP with everything in it"
    survey_strangers
  fi
  survey_cluster
  survey_vault
  if [ "$IDENTITY" = app ]; then
    survey_app
  else
    survey_identity
  fi
}

# survey_strangers names what somebody else has put into the group.
survey_strangers() {
  local resource
  query resource list --resource-group "$RESOURCE_GROUP" --query "[?!(tags.\"$TAG_KEY\")].[type, name]" >"$SCRATCH/strangers"
  while read -r resource; do
    found "  and in it, NOT created by these scripts: ${resource/$'\t'/ }"
  done <"$SCRATCH/strangers"
}

survey_release() {
  if try_on_cluster helm status "$RELEASE"; then
    RELEASE_FOUND=yes
    found "Helm release $RELEASE in namespace $SERVICE_ACCOUNT_NAMESPACE"
  elif [[ $ERROR != *'not found'* ]]; then
    say "The cluster does not answer, so that release $RELEASE is left where it is: ${ERROR##*$'\n'}" >&2
  fi
}

survey_cluster() {
  local tag server
  query_lines tag CLUSTER_FQDN CLUSTER_PRIVATE_FQDN -- aks show --resource-group "$RESOURCE_GROUP" --name "$CLUSTER_NAME" \
    --query "[tags.\"$TAG_KEY\", fqdn, privateFqdn]"
  [ -n "$tag" ] || return 0
  CLUSTER_OWN=yes
  [ -n "$GROUP_OWN" ] || found "AKS cluster $CLUSTER_NAME"
  server=$(kubeconfig_server)
  if is_server_of_cluster "$server"; then
    CONTEXT_OWN=yes
    found "context $CLUSTER_NAME in the kubeconfig"
  fi
}

survey_vault() {
  local id tag
  query_lines id tag -- keyvault show --name "$KEYVAULT_NAME" --resource-group "$RESOURCE_GROUP" --query "[id, tags.\"$TAG_KEY\"]"
  VAULT_ID=$id
  if [ -n "$tag" ]; then
    VAULT_OWN=yes
    [ -n "$GROUP_OWN" ] || found "Key Vault $KEYVAULT_NAME with its secrets"
  elif [ -n "$id" ] && [ -z "$GROUP_OWN" ]; then
    survey_foreign_vault
  fi
  find_deleted_vault
  [ -z "$PURGE" ] || [ -z "$VAULT_DELETED$VAULT_OWN" ] || found "for good: Key Vault $KEYVAULT_NAME and its secrets"
}

# survey_foreign_vault finds what was added to a vault that was there before.
survey_foreign_vault() {
  local tag='' name
  if try az keyvault secret list --vault-name "$KEYVAULT_NAME" --maxresults 1; then
    tag=$(query keyvault secret show --vault-name "$KEYVAULT_NAME" --name "$KEYVAULT_SECRET_NAME" --query "tags.\"$TAG_KEY\"")
  elif ! grep -qE "$FORBIDDEN" <<<"$ERROR"; then
    die "az keyvault secret list: $(explain_failure "$ERROR")"
  fi
  if [ -n "$tag" ]; then
    SECRET_OWN=yes
    found "secret $KEYVAULT_SECRET_NAME in Key Vault $KEYVAULT_NAME"
  fi
  ROLES=$(query role assignment list --scope "$VAULT_ID" --query "[?description=='$DESCRIPTION'].id")
  [ -z "$ROLES" ] || found "role assignments at Key Vault $KEYVAULT_NAME: $(wc -l <<<"$ROLES" | tr -d ' ')"
  POLICIES=$(query keyvault show --name "$KEYVAULT_NAME" --resource-group "$RESOURCE_GROUP" \
    --query "tags && sort(keys(tags))[?starts_with(@, '$TAG_KEY-policy-')]")
  for name in $POLICIES; do
    found "access policy of Key Vault $KEYVAULT_NAME for ${name#"$TAG_KEY-policy-"}"
  done
}

# find_deleted_vault finds the vault of these scripts among those that are deleted
# but not purged.
find_deleted_vault() {
  query_lines VAULT_DELETED VAULT_PURGE_DATE -- keyvault list-deleted --resource-type vault \
    --query "[?name=='$KEYVAULT_NAME' && properties.tags.\"$TAG_KEY\"] | [0].[properties.location, properties.scheduledPurgeDate]"
}

survey_identity() {
  local tag credential
  [ -z "$GROUP_OWN" ] || return 0
  query_lines tag credential IDENTITY_ID -- identity show --name "$UAID" --resource-group "$RESOURCE_GROUP" \
    --query "[tags.\"$TAG_KEY\", tags.\"$TAG_KEY-credential-$FICID\", id]"
  if [ -n "$tag" ]; then
    IDENTITY_OWN=yes
    found "managed identity $UAID with its federated identity credentials"
  elif [ -n "$credential" ]; then
    CREDENTIAL_OWN=yes
    found "federated identity credential $FICID of managed identity $UAID"
  fi
}

survey_app() {
  local tag credential
  query_lines APP_ID tag -- ad app list --display-name "$UAID" --query "[?displayName=='$UAID'] | [0].[appId, tags[?@=='$TAG'] | [0]]"
  [ -n "$APP_ID" ] || return 0
  if [ -n "$tag" ]; then
    IDENTITY_OWN=app
    found "application $UAID with its service principal and federated identity credentials"
    return
  fi
  credential=$(query ad app federated-credential list --id "$APP_ID" --query "[?name=='$FICID' && description=='$DESCRIPTION'].name")
  [ -z "$credential" ] || {
    CREDENTIAL_OWN=app
    found "federated identity credential $FICID of application $UAID"
  }
}

# --- deleting it ------------------------------------------------------------

delete_all() {
  [ -z "$RELEASE_FOUND" ] || step "Helm release $RELEASE" delete_release
  [ -z "$CONTEXT_OWN" ] || step "kubeconfig" delete_context
  [ -z "$SECRET_OWN" ] || step "Secret $KEYVAULT_SECRET_NAME" change "deleting it" \
    az keyvault secret delete --vault-name "$KEYVAULT_NAME" --name "$KEYVAULT_SECRET_NAME"
  [ -z "$ROLES" ] || step "Role assignments" delete_roles
  [ -z "$POLICIES" ] || step "Access policies" delete_policies
  case $IDENTITY_OWN$CREDENTIAL_OWN in
    *app) step "Application $UAID" delete_app ;;
    yes) step "Identity $UAID" delete_identity ;;
  esac
  if [ -n "$GROUP_OWN" ]; then
    step "Resource group $RESOURCE_GROUP" delete_group
  else
    [ -z "$VAULT_OWN" ] || step "Key Vault $KEYVAULT_NAME" change "deleting it" \
      az keyvault delete --name "$KEYVAULT_NAME" --resource-group "$RESOURCE_GROUP"
    [ -z "$CLUSTER_OWN" ] || step "AKS cluster $CLUSTER_NAME" delete_cluster
  fi
  [ -z "$PURGE" ] || [ -z "$VAULT_DELETED$VAULT_OWN" ] || step "Key Vault $KEYVAULT_NAME, for good" purge_vault
}

delete_release() {
  complete_for_cluster helm uninstall "$RELEASE" --wait
  change "uninstalling it" "${COMMAND[@]}"
}

delete_context() {
  local kind
  for kind in context cluster; do
    change "deleting the $kind $CLUSTER_NAME" kubectl config "delete-$kind" "$CLUSTER_NAME"
  done
  change "deleting the user" kubectl config unset "users.clusterUser_${RESOURCE_GROUP}_$CLUSTER_NAME"
}

delete_roles() {
  local id
  for id in $ROLES; do
    change "deleting ${id##*/}" az role assignment delete --ids "$id"
  done
}

delete_policies() {
  local name principal policy
  for name in $POLICIES; do
    principal=${name#"$TAG_KEY-policy-"}
    policy=$(query keyvault show --name "$KEYVAULT_NAME" --resource-group "$RESOURCE_GROUP" \
      --query "properties.accessPolicies[?objectId=='$principal'].objectId | [0]")
    [ -z "$policy" ] || change "deleting that of $principal" az keyvault delete-policy --name "$KEYVAULT_NAME" \
      --resource-group "$RESOURCE_GROUP" --object-id "$principal"
    change "removing its mark" az tag update --resource-id "$VAULT_ID" --operation Delete --tags "$name=created"
  done
}

delete_app() {
  if [ -n "$IDENTITY_OWN" ]; then
    change "deleting it" az ad app delete --id "$APP_ID"
  else
    change "deleting its federated identity credential $FICID" az ad app federated-credential delete --id "$APP_ID" \
      --federated-credential-id "$FICID"
  fi
}

delete_identity() {
  if [ -n "$IDENTITY_OWN" ]; then
    change "deleting it" az identity delete --name "$UAID" --resource-group "$RESOURCE_GROUP"
  else
    change "deleting its federated identity credential $FICID" az identity federated-credential delete --name "$FICID" \
      --identity-name "$UAID" --resource-group "$RESOURCE_GROUP" --yes
    change "removing its mark" az tag update --resource-id "$IDENTITY_ID" --operation Delete --tags "$TAG_KEY-credential-$FICID=created"
  fi
}

delete_group() {
  local state
  state=$(query group show --name "$RESOURCE_GROUP" --query properties.provisioningState)
  [ -z "$state" ] || [ "$state" = Deleting ] || change "deleting it and everything in it, which takes some minutes" az group delete --name "$RESOURCE_GROUP" --yes --no-wait
  wait_until "waiting for its deletion" 30 group_gone
}

delete_cluster() {
  local state
  state=$(query aks show --resource-group "$RESOURCE_GROUP" --name "$CLUSTER_NAME" --query provisioningState)
  [ -z "$state" ] || [ "$state" = Deleting ] || change "deleting it, which takes some minutes" az aks delete --resource-group "$RESOURCE_GROUP" --name "$CLUSTER_NAME" --yes --no-wait
  wait_until "waiting for its deletion" 30 cluster_gone
}

cluster_gone() {
  local state
  state=$(query aks show --resource-group "$RESOURCE_GROUP" --name "$CLUSTER_NAME" --query provisioningState) || return 2
  [ -z "$state" ]
}

purge_vault() {
  wait_until "waiting for the vault's deletion" 5 vault_deleted
  change "purging it" az keyvault purge --name "$KEYVAULT_NAME" --location "${VAULT_DELETED:-$LOCATION}"
}

vault_deleted() {
  find_deleted_vault
  [ -n "$VAULT_DELETED" ]
}

# forget removes what provision.sh has written, but not the name of a vault that can
# still be recovered or purged.
forget() {
  [ -z "$DRY_RUN" ] || return 0
  rm -f "$STATE_DIR/values.yaml"
  find_deleted_vault
  if [ -n "$VAULT_DELETED" ] && [ -z "$PURGE" ]; then
    say "Azure keeps Key Vault $KEYVAULT_NAME, recoverable, until $VAULT_PURGE_DATE. To purge it: scripts/cleanup.sh --purge"
    return
  fi
  rm -f "$STATE_DIR/settings"
  rmdir "$STATE_DIR" 2>/dev/null || true
}

main "$@"
