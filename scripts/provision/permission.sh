# shellcheck shell=bash
# Who may do what with the secrets of the vault.

# permit_operator lets the person who runs this set the secret, which owning the
# subscription does not include.
permit_operator() {
  local id type=User
  if [ "$USER_TYPE" = user ]; then
    id=$(query ad signed-in-user show --query id)
  else
    type=ServicePrincipal
    id=$(query ad sp show --id "$USER_NAME" --query id)
  fi
  if [ -z "$id" ]; then
    note "cannot find $USER_NAME in Entra ID; if it cannot set secrets, assign it the role Key Vault Secrets Officer at $VAULT_ID"
    return
  fi
  if [ "$VAULT_RBAC" = true ]; then
    grant_role "$id" "$type" 'Key Vault Secrets Officer' 'Key Vault Administrator'
  else
    grant_policy "$id" get list set delete
  fi
}

permit_identity() {
  if [ "$VAULT_RBAC" = true ]; then
    grant_role "$PRINCIPAL_ID" ServicePrincipal 'Key Vault Secrets User' 'Key Vault Secrets Officer' 'Key Vault Administrator'
  else
    grant_policy "$PRINCIPAL_ID" get
  fi
}

# grant_role PRINCIPAL TYPE ROLE OTHER... assigns a role at the vault, unless the
# principal or one of its groups has it or one that includes it.
grant_role() {
  local principal=$1 type=$2 role=$3 name condition='' assigned=''
  shift 2
  for name in "$@"; do
    condition="$condition${condition:+ || }roleDefinitionName=='$name'"
  done
  if [ -n "$VAULT_EXISTS" ] && ! is_placeholder "$principal"; then
    assigned=$(query role assignment list --assignee "$principal" --scope "$VAULT_ID" --include-inherited --include-groups \
      --query "[?$condition] | [0].roleDefinitionName")
  fi
  if [ -n "$assigned" ]; then
    note "has the role $assigned"
    return
  fi
  change_patiently PrincipalNotFound "assigning the role $role" az role assignment create --role "$role" \
    --assignee-object-id "$principal" --assignee-principal-type "$type" --scope "$VAULT_ID" --description "$DESCRIPTION"
}

# grant_policy PRINCIPAL PERMISSION... adds permissions to those that the principal
# has, which set-policy would replace.
grant_policy() {
  local principal=$1 permission granted='' missing=''
  shift
  if [ -n "$VAULT_EXISTS" ]; then
    granted=$(query keyvault show --name "$KEYVAULT_NAME" --resource-group "$RESOURCE_GROUP" \
      --query "properties.accessPolicies[?objectId=='$principal'].permissions.secrets[] | join(' ', @)")
    granted=$(tr '[:upper:]' '[:lower:]' <<<"$granted")
  fi
  for permission in "$@"; do
    case " $granted " in *" $permission "* | *' all '*) ;; *) missing="$missing $permission" ;; esac
  done
  if [ -z "$missing" ]; then
    note "has an access policy"
    return
  fi
  if [ -z "$granted$VAULT_TAG" ]; then # so that cleanup.sh knows
    change "marking the vault's new policy" az tag update --resource-id "$VAULT_ID" --operation Merge \
      --tags "$TAG_KEY-policy-$principal=created"
  fi
  # shellcheck disable=SC2086 # one word for each permission
  change "adding to the access policy:$missing" az keyvault set-policy --name "$KEYVAULT_NAME" --resource-group "$RESOURCE_GROUP" \
    --object-id "$principal" --secret-permissions $granted $missing
}
