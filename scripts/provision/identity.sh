# shellcheck shell=bash
# The identity and its federated identity credential.

ensure_managed_identity() {
  read_managed_identity
  if [ -z "$CLIENT_ID" ]; then
    change "creating it" az identity create --name "$UAID" --resource-group "$RESOURCE_GROUP" --location "$LOCATION" --tags "$TAG"
    read_managed_identity
  fi
  set_placeholders
  note "client id $CLIENT_ID"
}

read_managed_identity() {
  query_lines CLIENT_ID PRINCIPAL_ID IDENTITY_ID IDENTITY_TAG CREDENTIAL_TAG -- identity show --name "$UAID" --resource-group "$RESOURCE_GROUP" \
    --query "[clientId, principalId, id, tags.\"$TAG_KEY\", tags.\"$TAG_KEY-credential-$FICID\"]"
}

# ensure_app_identity creates an application and its service principal. Azure CLI
# marks it only in a second command, so that an interrupted run remembers to.
ensure_app_identity() {
  local count
  query_lines count CLIENT_ID IDENTITY_TAG -- ad app list --display-name "$UAID" \
    --query "[?displayName=='$UAID'] | [length(@), [0].appId, [0].tags[?@=='$TAG'] | [0]]"
  [ "$count" -le 1 ] || die "$count applications are named $UAID: set UAID to another name"
  if [ -z "$CLIENT_ID" ]; then
    UNMARKED_APP=$UAID
    remember
    change "creating the application" az ad app create --display-name "$UAID"
    CLIENT_ID=$(query ad app list --display-name "$UAID" --query "[?displayName=='$UAID'].appId | [0]")
    set_placeholders
  fi
  if [ "$UNMARKED_APP" = "$UAID" ]; then
    change "marking it as created here" az ad app update --id "$CLIENT_ID" --set "tags=[\"$TAG\"]"
    UNMARKED_APP='' IDENTITY_TAG=$TAG
    remember
  fi
  PRINCIPAL_ID=$(query ad sp list --filter "appId eq '$CLIENT_ID'" --query '[0].id')
  if [ -z "$PRINCIPAL_ID" ]; then
    change_patiently 'does not reference a valid application|NoBackingApplicationObject|ResourceNotFound' \
      "creating its service principal" az ad sp create --id "$CLIENT_ID"
    PRINCIPAL_ID=$(query ad sp list --filter "appId eq '$CLIENT_ID'" --query '[0].id')
  fi
  set_placeholders
  note "client id $CLIENT_ID"
}

# set_placeholders names what only a real run knows.
set_placeholders() {
  [ -n "$DRY_RUN" ] || return 0
  [ -n "$CLIENT_ID" ] || IDENTITY_TAG=$TAG
  : "${CLIENT_ID:=CLIENT_ID_OF_$UAID}" "${PRINCIPAL_ID:=PRINCIPAL_ID_OF_$UAID}" "${IDENTITY_ID:=ID_OF_$UAID}"
}

# is_placeholder tells whether a dry run stands where something is not created yet.
is_placeholder() {
  case $1 in *_OF_*) true ;; *) false ;; esac
}

# ensure_managed_credential sees that a federated identity credential of the managed
# identity has issuer, subject and audience. Azure allows one for an issuer and
# subject, so that one by another name is used, too.
ensure_managed_credential() {
  local identity=(--identity-name "$UAID" --resource-group "$RESOURCE_GROUP") name audience other verb=create
  query_lines name audience -- identity federated-credential list "${identity[@]}" \
    --query "[?issuer=='$ISSUER' && subject=='$SUBJECT'] | [0].[name, audiences[0]]"
  other=$(query identity federated-credential show "${identity[@]}" --name "$FICID" --query subject)
  choose_credential "$name" "$audience" "$other" "$IDENTITY_TAG$CREDENTIAL_TAG" || return 0
  if [ "$verb" = create ] && [ -z "$IDENTITY_TAG" ]; then
    change "marking the identity's new credential" az tag update --resource-id "$IDENTITY_ID" --operation Merge \
      --tags "$TAG_KEY-credential-$FICID=created"
  fi
  change "$verb: $SUBJECT of $ISSUER" az identity federated-credential "$verb" "${identity[@]}" --name "$name" \
    --issuer "$ISSUER" --subject "$SUBJECT" --audiences "$AUDIENCE"
}

ensure_app_credential() {
  local app=(--id "$CLIENT_ID") name='' audience='' other='' own='' verb=create parameters
  if ! is_placeholder "$CLIENT_ID"; then
    query_lines name audience -- ad app federated-credential list "${app[@]}" \
      --query "[?issuer=='$ISSUER' && subject=='$SUBJECT'] | [0].[name, audiences[0]]"
    query_lines other own -- ad app federated-credential list "${app[@]}" \
      --query "[?name=='$FICID'] | [0].[subject, description]"
  fi
  choose_credential "$name" "$audience" "$other" "$IDENTITY_TAG$own" || return 0
  parameters="{\"name\": \"$name\", \"issuer\": \"$ISSUER\", \"subject\": \"$SUBJECT\", \"audiences\": [\"$AUDIENCE\"], \"description\": \"$DESCRIPTION\"}"
  [ "$verb" = create ] || app+=(--federated-credential-id "$name")
  change_patiently ResourceNotFound "$verb: $SUBJECT of $ISSUER" az ad app federated-credential "$verb" "${app[@]}" --parameters "$parameters"
}

# choose_credential NAME AUDIENCE OTHER OWN sets name and verb for what has to be
# done, from the credential that has issuer and subject, the subject of the one that
# has the name, and whether this may be changed. It fails if nothing is to be done.
choose_credential() {
  name=$1
  if [ -n "$name" ]; then
    [ "$name" = "$FICID" ] || note "$name has issuer and subject already"
    verb=update
    [ "$2" != "$AUDIENCE" ]
  elif [ -n "$3" ]; then
    [ -n "$4" ] || die "$UAID has a federated identity credential $FICID for something else ($3): set FICID to another name"
    name=$FICID verb=update
  else
    name=$FICID
  fi
}
