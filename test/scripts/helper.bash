# shellcheck shell=bash
# What all tests of the scripts use.

setup() {
  SCRIPTS=$(cd "$BATS_TEST_DIRNAME/../../scripts" && pwd)
  export PATH="$BATS_SUITE_TMPDIR/bin:$BATS_TEST_DIRNAME/bin:$PATH"
  export FAKE_AZ_DIR=$BATS_TEST_TMPDIR/azure FAKE_HELM_DIR=$BATS_TEST_TMPDIR/helm
  export STATE_DIR=$BATS_TEST_TMPDIR/state KUBECONFIG=$BATS_TEST_TMPDIR/kubeconfig ENV_FILE=/dev/null
  export TMPDIR=$BATS_TEST_TMPDIR/tmp KEYVAULT_NAME=azwi-kv-tutorial
  mkdir -p "$FAKE_AZ_DIR" "$FAKE_HELM_DIR" "$TMPDIR"
  unset SUBSCRIPTION TENANT_ID KEYVAULT_SECRET_VALUE
  az fake init
  slow_azure
}

# teardown keeps what was asked of az for recorded.bats, and sees that no script has
# left a temporary file.
teardown() {
  [ -z "$(ls -A "$TMPDIR")" ] || {
    echo "left behind: $(ls -A "$TMPDIR")"
    return 1
  }
  cat "$FAKE_AZ_DIR/calls.log" >>"$BATS_SUITE_TMPDIR/calls.log" 2>/dev/null || true
}

provision() { "$SCRIPTS/provision.sh" "$@"; }
cleanup() { "$SCRIPTS/cleanup.sh" --yes "$@"; }

# look QUERY prints a part of the stand-in's state.
look() { az fake get "$1"; }

# changes prints what was asked of az that changes something.
changes() {
  local call
  while read -r call; do
    ! is_change "$call" || printf '%s\n' "$call"
  done <"$FAKE_AZ_DIR/calls.log"
}

# forget_calls empties the record, after keeping it for recorded.bats.
forget_calls() {
  cat "$FAKE_AZ_DIR/calls.log" >>"$BATS_SUITE_TMPDIR/calls.log"
  : >"$FAKE_AZ_DIR/calls.log"
  az fake reset-calls
}

# contains TEXT fails, and shows the output, unless the last output has the text.
contains() {
  # shellcheck disable=SC2154 # set by run
  [[ $output == *"$1"* ]] || {
    printf 'missing: %s\noutput:\n%s\n' "$1" "$output"
    return 1
  }
}

lacks() {
  [[ $output != *"$1"* ]] || {
    printf 'unexpected: %s\noutput:\n%s\n' "$1" "$output"
    return 1
  }
}

# succeeds COMMAND... and fails_with STATUS COMMAND... keep the output for contains.
succeeds() { fails_with 0 "$@"; }

fails_with() {
  local want=$1
  shift
  run "$@"
  # shellcheck disable=SC2154
  [ "$status" -eq "$want" ] || {
    printf '%s ended with %s, not %s:\n%s\n' "$*" "$status" "$want" "$output"
    return 1
  }
}

# same_azure compares what Azure has with what was kept before.
same_azure() { diff "$1" <(kept_azure); }

# kept_azure prints what Azure has, without what changes with each call.
kept_azure() { look "$AZURE_QUERY" | sed -E 's/: (\{\}|\[\])(,?)$/: null\2/'; }

# AZURE_QUERY is what the stand-in's Azure has, without counters and secret versions.
AZURE_QUERY='{resources: sort_by(values(resources)[].body, &id), deletedVaults: values(deletedVaults)[].body.name,
  secrets: values(secrets)[].values(@)[].[name, value, tags], roles: roleAssignments[].body.[principalId, roleDefinitionName, scope],
  applications: applications[].[body.displayName, body.tags, credentials[].[name, issuer, subject]], principals: servicePrincipals[].body.appId,
  extensions: extensions}'

# slow_azure makes Azure as late as it is.
slow_azure() {
  az fake set propagation '{"provider": 2, "feature": 2, "clusterCreate": 2, "clusterUpdate": 2, "clusterDelete": 2,
    "groupDelete": 6, "principal": 2, "application": 2, "roleAssignment": 2}'
}

# is_change tells whether a recorded command changes something.
is_change() {
  case "$1 " in
    'az version '* | 'az account show '* | *' show '* | *' list '* | *' exists '* | 'az rest '* | *' list-deleted '*) return 1 ;;
  esac
}

# prepare_foreign_resources rbac|policy makes somebody else's group with a cluster
# whose settings are right, a vault, and an identity.
prepare_foreign_resources() {
  local rbac=true provider
  [ "$1" = rbac ] || rbac=false
  for provider in Microsoft.ContainerService Microsoft.KeyVault Microsoft.ManagedIdentity; do
    az provider register --namespace "$provider" --wait
  done
  az group create --name myResourceGroup --location eastus --output none
  az aks create -g myResourceGroup -n myAKSCluster --enable-oidc-issuer --enable-workload-identity --generate-ssh-keys --output none
  az keyvault create -g myResourceGroup -n azwi-kv-tutorial -l eastus --enable-rbac-authorization "$rbac" --output none
  az role assignment create --role Reader --assignee-object-id "$(az ad signed-in-user show --query id -o tsv)" \
    --assignee-principal-type User --scope "$(az keyvault show -g myResourceGroup -n azwi-kv-tutorial --query id -o tsv)" --output none
  az identity create -g myResourceGroup -n fic-test-ua -l eastus --output none
}
