# shellcheck shell=bash
# The subscription and the resource group.

# enable_preview does what the tutorial asked for before workload identity was
# generally available, in Azure CLI 2.47 and AKS of April 2023.
enable_preview() {
  local version feature=(--namespace Microsoft.ContainerService --name EnableWorkloadIdentityPreview)
  version=$(query extension show --name aks-preview --query version)
  if [ -z "$version" ]; then
    change "adding the extension aks-preview" az extension add --name aks-preview
  else
    note "extension aks-preview $version is there"
  fi
  if ! feature_registered; then
    change "registering the feature EnableWorkloadIdentityPreview" az feature register "${feature[@]}"
    wait_until "waiting for the feature to be registered" 15 feature_registered
    change "registering its provider again" az provider register --namespace Microsoft.ContainerService
  fi
}

feature_registered() {
  local state
  state=$(query feature show "${feature[@]}" --query properties.state) || return 2
  [ "$state" = Registered ]
}

register_providers() {
  local provider state providers=(Microsoft.KeyVault Microsoft.ManagedIdentity)
  [ "$CLUSTER" = none ] || providers+=(Microsoft.ContainerService)
  for provider in "${providers[@]}"; do
    provider_registered && continue
    [ "$state" = Registering ] || change "registering $provider" az provider register --namespace "$provider"
    wait_until "waiting for $provider to be registered" 15 provider_registered
  done
}

provider_registered() {
  state=$(query provider show --namespace "$provider" --query registrationState) || return 2
  [ "$state" = Registered ]
}

ensure_group() {
  local state location
  query_lines state location -- group show --name "$RESOURCE_GROUP" --query '[properties.provisioningState, location]'
  if [ "$state" = Deleting ]; then
    wait_until "waiting for the deletion of its predecessor" 30 group_gone
    state=''
  fi
  if [ -z "$state" ]; then
    change "creating it in $LOCATION" az group create --name "$RESOURCE_GROUP" --location "$LOCATION" --tags "$TAG"
  elif [ "$location" != "$LOCATION" ]; then
    note "it is in $location; what is created in it goes to $LOCATION"
  fi
}
