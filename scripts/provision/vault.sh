# shellcheck shell=bash
# The Key Vault and its secret.

# find_vault finds out whether the vault exists, is deleted but recoverable, or can be
# created, since its name must be unique in all of Azure.
find_vault() {
  local available message group
  if [ -z "$KEYVAULT_NAME" ]; then
    KEYVAULT_NAME=azwi-kv-$(od -An -N4 -tx4 /dev/urandom | tr -d ' \n')
  fi
  DELETED_VAULT_LOCATION=''
  read_vault
  [ -z "$VAULT_ID" ] || return 0
  query_lines DELETED_VAULT_LOCATION group -- keyvault list-deleted --resource-type vault \
    --query "[?name=='$KEYVAULT_NAME'] | [0].[properties.location, properties.vaultId]"
  if [ -n "$DELETED_VAULT_LOCATION" ]; then
    case $group in
      */resourceGroups/"$RESOURCE_GROUP"/* | */resourcegroups/"$RESOURCE_GROUP"/*) return 0 ;;
    esac
    die "a vault $KEYVAULT_NAME of another resource group is deleted, but not purged: ${group%/providers/*}"$'\n'"set KEYVAULT_NAME to another name, or: az keyvault purge --name $KEYVAULT_NAME --location $DELETED_VAULT_LOCATION"
  fi
  # Azure CLI has no command for this. Nothing is known while the provider is not
  # registered; then the creation tells.
  query_lines available message -- rest --method post \
    --url "/subscriptions/$SUBSCRIPTION/providers/Microsoft.KeyVault/checkNameAvailability?api-version=2023-07-01" \
    --body "{\"name\": \"$KEYVAULT_NAME\", \"type\": \"Microsoft.KeyVault/vaults\"}" --query '[nameAvailable, message]'
  [ "$available" != false ] || die "the vault's name $KEYVAULT_NAME cannot be had: $message"$'\n'"set KEYVAULT_NAME to another name"
}

# read_vault sets what is known of the vault, all empty if there is none.
read_vault() {
  query_lines VAULT_ID VAULT_URL VAULT_RBAC VAULT_TAG -- keyvault show --name "$KEYVAULT_NAME" --resource-group "$RESOURCE_GROUP" \
    --query "[id, properties.vaultUri, properties.enableRbacAuthorization, tags.\"$TAG_KEY\"]"
}

ensure_vault() {
  local rbac=true
  [ "$VAULT_ACCESS" = rbac ] || rbac=false
  if [ -n "$DELETED_VAULT_LOCATION" ]; then
    change "recovering it, since it is deleted but not purged" az keyvault recover --name "$KEYVAULT_NAME" \
      --resource-group "$RESOURCE_GROUP" --location "$DELETED_VAULT_LOCATION"
  elif [ -z "$VAULT_ID" ]; then
    change "creating it" az keyvault create --name "$KEYVAULT_NAME" --resource-group "$RESOURCE_GROUP" \
      --location "$LOCATION" --enable-rbac-authorization "$rbac" --tags "$TAG"
  fi
  read_vault
  if [ -z "$VAULT_ID" ]; then # a dry run
    VAULT_ID=/subscriptions/$SUBSCRIPTION/resourceGroups/$RESOURCE_GROUP/providers/Microsoft.KeyVault/vaults/$KEYVAULT_NAME
    VAULT_RBAC=$rbac VAULT_TAG=created VAULT_URL=https://$KEYVAULT_NAME.vault.azure.net/ VAULT_EXISTS=''
  else
    VAULT_EXISTS=yes
  fi
  case $VAULT_RBAC in
    true) note "$VAULT_URL, with Azure RBAC" ;;
    *) note "$VAULT_URL, with access policies" ;;
  esac
}

# ensure_secret sets the secret if there is none, or if a value was given and its own
# has another. The value goes to az on its standard input, where no process list
# shows it.
ensure_secret() {
  local secret=(--vault-name "$KEYVAULT_NAME" --name "$KEYVAULT_SECRET_NAME") id='' tag deleted value
  if [ -n "$VAULT_EXISTS" ]; then
    wait_until "waiting for the permission to take effect" 10 secrets_readable
    [ -z "$DRY_RUN" ] || secrets_readable || return 0
    query_lines id tag -- keyvault secret show "${secret[@]}" --query "[id, tags.\"$TAG_KEY\"]"
    deleted=$(query keyvault secret list-deleted --vault-name "$KEYVAULT_NAME" --query "[?name=='$KEYVAULT_SECRET_NAME'].name")
    if [ -z "$id" ] && [ -n "$deleted" ]; then
      change "recovering it, since it is deleted but not purged" az keyvault secret recover "${secret[@]}"
      wait_until "waiting for the secret" 5 secret_recovered
      query_lines id tag -- keyvault secret show "${secret[@]}" --query "[id, tags.\"$TAG_KEY\"]"
    fi
  fi
  if [ -n "$id" ]; then
    [ -n "$SECRET_GIVEN" ] || return 0
    value=$(query keyvault secret show "${secret[@]}" --query value)
    [ "$value" != "$KEYVAULT_SECRET_VALUE" ] || return 0
    [ -n "$tag" ] || die "the secret $KEYVAULT_SECRET_NAME has another value and is not of these scripts: set it yourself, or set KEYVAULT_SECRET_NAME to another name"
  fi
  INPUT=$KEYVAULT_SECRET_VALUE
  change_patiently "$FORBIDDEN" "setting its value" az keyvault secret set "${secret[@]}" --file /dev/stdin --encoding utf-8 --tags "$TAG"
  INPUT=''
}

secrets_readable() {
  try az keyvault secret list --vault-name "$KEYVAULT_NAME" --maxresults 1 --output none && return
  grep -qE "$FORBIDDEN" <<<"$ERROR" && return 1
  say "error: az keyvault secret list: $(explain_failure "$ERROR")" >&2
  return 2
}

secret_recovered() {
  local id
  id=$(query keyvault secret show "${secret[@]}" --query id) || return 2
  [ -n "$id" ]
}
