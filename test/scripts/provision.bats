#!/usr/bin/env bats
# What provision.sh makes of an Azure, from empty to complete.

load helper

@test "an empty subscription gets everything" {
  succeeds provision
  contains "Everything is there"
  contains "helm install quick-start charts/quick-start --namespace default --create-namespace --kube-context myAKSCluster --values"
  run az aks show -g myResourceGroup -n myAKSCluster --query '[oidcIssuerProfile.enabled, securityProfile.workloadIdentity.enabled]' -o tsv
  [ "$output" = $'true\ntrue' ]
  run az keyvault secret show --vault-name azwi-kv-tutorial --name my-secret --query value -o tsv
  [ "$output" = 'Hello!' ]
  issuer=$(az aks show -g myResourceGroup -n myAKSCluster --query oidcIssuerProfile.issuerUrl -o tsv)
  run az identity federated-credential show --name fic-test-fic-name --identity-name fic-test-ua -g myResourceGroup \
    --query '[issuer, subject, audiences[0]]' -o tsv
  [ "$output" = "$issuer"$'\nsystem:serviceaccount:default:workload-identity-sa\napi://AzureADTokenExchange' ]
  principal=$(az identity show -g myResourceGroup -n fic-test-ua --query principalId -o tsv)
  run az role assignment list --all --query "[?principalId=='$principal'].[roleDefinitionName, principalType]" -o tsv
  [ "$output" = $'Key Vault Secrets User\tServicePrincipal' ]
  grep -q "current-context: myAKSCluster" "$KUBECONFIG"
}

@test "the values are those of the chart" {
  succeeds provision
  client=$(az identity show -g myResourceGroup -n fic-test-ua --query clientId -o tsv)
  tenant=$(az account show --query tenantId -o tsv)
  run cat "$STATE_DIR/values.yaml"
  [ "$output" = "# Written by scripts/provision.sh for charts/quick-start.
azure:
  clientId: $client
  tenantId: $tenant
keyvault:
  url: https://azwi-kv-tutorial.vault.azure.net/
  secretName: my-secret
serviceAccount:
  name: workload-identity-sa" ]
}

@test "a second run changes nothing and says so" {
  provision
  forget_calls
  succeeds provision
  contains "Nothing had to be changed."
  [ "$(changes)" = '' ]
  [ "$(grep -c unchanged <<<"$output")" -eq 10 ]
}

@test "a dry run changes nothing and shows each command" {
  kept_azure >"$BATS_TEST_TMPDIR/before"
  succeeds provision --dry-run
  same_azure "$BATS_TEST_TMPDIR/before"
  [ "$(changes)" = '' ]
  [ ! -e "$STATE_DIR" ]
  dry=$(sed -nE 's/^  would run: (az [a-z -]+) --.*/\1/p' <<<"$output")
  provision
  [ "$dry" = "$(changes | sed -E 's/^(az [a-z -]+) --.*/\1/')" ]
}

@test "a dry run with an application changes nothing and shows each command" {
  kept_azure >"$BATS_TEST_TMPDIR/before"
  succeeds provision --identity app --dry-run
  same_azure "$BATS_TEST_TMPDIR/before"
  dry=$(sed -nE 's/^  would run: (az [a-z -]+) --.*/\1/p' <<<"$output" | uniq)
  provision --identity app
  diff <(echo "$dry") <(changes | sed -E 's/^(az [a-z -]+) --.*/\1/' | uniq)
}

@test "a dry run of a complete Azure has nothing to show" {
  provision
  succeeds provision --dry-run
  contains "there would be 0 changes"
}

@test "the secret's value is in no argument, output or file" {
  export KEYVAULT_SECRET_VALUE='5ecret of mine'
  succeeds provision --verbose
  lacks '5ecret'
  run az keyvault secret show --vault-name azwi-kv-tutorial --name my-secret --query value -o tsv
  [ "$output" = '5ecret of mine' ]
  KEYVAULT_SECRET_VALUE='another 5ecret' succeeds provision --verbose
  lacks '5ecret'
  contains "setting its value"
  ! grep -r 5ecret "$STATE_DIR" "$FAKE_AZ_DIR/calls.log"
}

@test "the secret's value may come from standard input, with several lines" {
  succeeds provision --secret-stdin <<<$'first 5ecret\nsecond 5ecret'
  lacks '5ecret'
  run az keyvault secret show --vault-name azwi-kv-tutorial --name my-secret --query value -o tsv
  [ "$output" = $'first 5ecret\nsecond 5ecret' ]
  forget_calls
  succeeds provision --secret-stdin <<<$'first 5ecret\nsecond 5ecret'
  [ "$(changes)" = '' ]
}

@test "a secret that somebody else has set is not replaced" {
  provision
  az keyvault secret set --vault-name azwi-kv-tutorial --name theirs --value precious
  export KEYVAULT_SECRET_NAME=theirs
  succeeds provision
  KEYVAULT_SECRET_VALUE=mine fails_with 1 provision
  contains "set KEYVAULT_SECRET_NAME to another name"
  run az keyvault secret show --vault-name azwi-kv-tutorial --name theirs --query value -o tsv
  [ "$output" = precious ]
}

@test "a deleted secret is recovered" {
  provision
  az keyvault secret delete --vault-name azwi-kv-tutorial --name my-secret
  succeeds provision
  contains "recovering it"
  az keyvault secret show --vault-name azwi-kv-tutorial --name my-secret
}

@test "an existing cluster gets what is off" {
  az provider register --namespace Microsoft.ContainerService
  until [ "$(az provider show --namespace Microsoft.ContainerService --query registrationState -o tsv)" = Registered ]; do :; done
  az group create --name myResourceGroup --location eastus
  az aks create -g myResourceGroup -n myAKSCluster --enable-oidc-issuer --generate-ssh-keys
  forget_calls
  succeeds provision
  contains "enabling OIDC issuer and workload identity"
  lacks "creating it with one node"
  run changes
  contains "az aks update --resource-group myResourceGroup --name myAKSCluster --enable-oidc-issuer --enable-workload-identity --no-wait"
}

@test "a vault with access policies keeps those that it has" {
  provision --vault-access policy
  principal=$(az identity show -g myResourceGroup -n fic-test-ua --query principalId -o tsv)
  az keyvault set-policy --name azwi-kv-tutorial --object-id "$principal" --secret-permissions list
  succeeds provision
  contains "adding to the access policy: get"
  run az keyvault show -g myResourceGroup -n azwi-kv-tutorial --query "properties.accessPolicies[?objectId=='$principal'].permissions.secrets[]" -o tsv
  [ "$(sort <<<"$output" | xargs)" = "get list" ]
  forget_calls
  provision
  [ "$(changes)" = '' ]
}

@test "a role takes effect late" {
  az fake set propagation.roleAssignment 7
  succeeds provision
  contains "waiting for the permission to take effect"
  contains "Everything is there"
}

@test "a role that never takes effect is not waited for without end" {
  az fake set propagation.roleAssignment 1000
  fails_with 1 provision
  contains "waited 10 minutes"
  contains "run $SCRIPTS/provision.sh again"
}

@test "a deleted vault is recovered" {
  provision
  az keyvault delete --name azwi-kv-tutorial
  forget_calls
  succeeds provision
  contains "recovering it"
  contains "Everything is there"
}

@test "a deleted vault of another group is reported before anything is created" {
  RESOURCE_GROUP=another provision
  az keyvault delete --name azwi-kv-tutorial
  forget_calls
  fails_with 1 env STATE_DIR="$BATS_TEST_TMPDIR/other" "$SCRIPTS/provision.sh"
  contains "az keyvault purge --name azwi-kv-tutorial --location eastus"
  [ "$(changes)" = '' ]
}

@test "a vault's name that is taken is reported before anything is created" {
  RESOURCE_GROUP=another provision
  forget_calls
  fails_with 1 env STATE_DIR="$BATS_TEST_TMPDIR/other" "$SCRIPTS/provision.sh"
  contains "set KEYVAULT_NAME to another name"
  [ "$(changes)" = '' ]
}

@test "a generated vault name is remembered, for its resource group only" {
  unset KEYVAULT_NAME
  FAKE_AZ_FAIL_ON='keyvault create' fails_with 1 provision
  name=$(sed -n 's/^KEYVAULT_NAME=//p' "$STATE_DIR/settings")
  [[ $name =~ ^azwi-kv-[0-9a-f]{8}$ ]]
  succeeds provision
  contains "Key Vault $name"
  RESOURCE_GROUP=another CLUSTER_NAME=another succeeds provision --dry-run
  lacks "$name"
}

@test "the account may be a service principal" {
  az fake set account.user.type '"servicePrincipal"'
  succeeds provision
  run changes
  contains "--assignee-principal-type ServicePrincipal"
  lacks "--assignee-principal-type User"
}

@test "a group that is being deleted is waited for" {
  provision
  az group delete --name myResourceGroup --yes --no-wait
  succeeds provision
  contains "waiting for the deletion of its predecessor"
  contains "creating it in eastus"
}

@test "an answer that is an error is not taken for something missing" {
  provision
  forget_calls
  for command in 'group show' 'aks show' 'keyvault show' 'identity show'; do
    FAKE_AZ_FAIL_ON=$command fails_with 1 provision
    contains "az $command: "
  done
  [ "$(changes)" = '' ]
}

@test "who may not assign roles is told whom to ask" {
  az fake set account.mayAssignRoles false
  fails_with 1 provision
  contains "User Access Administrator"
}

@test "an application in place of a managed identity" {
  succeeds provision --identity app
  app=$(az ad app list --display-name fic-test-ua --query '[0].appId' -o tsv)
  run az ad app federated-credential list --id "$app" --query '[0].[name, subject, audiences[0]]' -o tsv
  [ "$output" = $'fic-test-fic-name\nsystem:serviceaccount:default:workload-identity-sa\napi://AzureADTokenExchange' ]
  grep -q "clientId: $app" "$STATE_DIR/values.yaml"
  forget_calls
  succeeds provision # remembers the kind of identity
  [ "$(changes)" = '' ]
}

@test "a cluster of one's own" {
  fails_with 1 provision --cluster none
  contains "--issuer URL"
  succeeds provision --cluster none --issuer https://oidc.example.com/cluster/
  run az identity federated-credential show --name fic-test-fic-name --identity-name fic-test-ua -g myResourceGroup --query issuer -o tsv
  [ "$output" = https://oidc.example.com/cluster/ ]
  ! grep -q '^az aks' "$FAKE_AZ_DIR/calls.log"
  [ ! -e "$KUBECONFIG" ]
}

@test "the tutorial's preview steps" {
  succeeds provision --preview
  contains "registering the feature EnableWorkloadIdentityPreview"
  run look 'extensions."aks-preview"'
  [ "$output" != null ]
  forget_calls
  provision --preview
  [ "$(changes)" = '' ]
}

@test "another federated credential with the same issuer and subject is used" {
  provision
  FICID=another succeeds provision
  contains "fic-test-fic-name has issuer and subject already"
}

@test "a federated credential for something else is not changed" {
  export UAID=theirs
  az group create --name myResourceGroup --location eastus
  az provider register --namespace Microsoft.ManagedIdentity --wait
  az identity create --name theirs -g myResourceGroup -l eastus
  az identity federated-credential create --name fic-test-fic-name --identity-name theirs -g myResourceGroup \
    --issuer https://theirs.example.com --subject theirs
  fails_with 1 provision
  contains "set FICID to another name"
}

@test "one's own federated credential follows the issuer" {
  provision --cluster none --issuer https://oidc.example.com/old
  succeeds provision --issuer https://oidc.example.com/new
  contains "update: system:serviceaccount:default:workload-identity-sa of https://oidc.example.com/new"
}

@test "all that is missing is told at once, before anything is created" {
  az fake set defaults.cliVersion '"2.46.0"'
  export RESOURCE_GROUP='no spaces' KEYVAULT_NAME=-kv- KEYVAULT_SECRET_NAME=my_secret SERVICE_ACCOUNT_NAME=Upper UAID=x FICID=y CLUSTER_NAME=_ \
    SERVICE_ACCOUNT_NAMESPACE=- LOCATION='East US'
  fails_with 1 provision
  for name in RESOURCE_GROUP KEYVAULT_NAME KEYVAULT_SECRET_NAME SERVICE_ACCOUNT_NAME SERVICE_ACCOUNT_NAMESPACE UAID FICID CLUSTER_NAME LOCATION; do
    contains "$name="
  done
  contains "az is 2.46.0"
  [ "$(changes)" = '' ]
}

@test "missing programs are told at once" {
  mkdir "$BATS_TEST_TMPDIR/bin"
  for tool in bash cat dirname env grep mktemp rm sed; do
    ln -s "$(command -v "$tool")" "$BATS_TEST_TMPDIR/bin/"
  done
  PATH=$BATS_TEST_TMPDIR/bin fails_with 1 provision
  for tool in az kubectl helm; do
    contains "$tool is not installed"
  done
}

@test "az is not logged in" {
  az fake set account.loggedIn false
  fails_with 1 provision
  contains "az is not logged in: az login"
}

@test "a subscription that is missing, disabled or in another tenant" {
  SUBSCRIPTION=nowhere fails_with 1 provision
  contains "there is no subscription nowhere"
  TENANT_ID=99999999-9999-9999-9999-999999999999 fails_with 1 provision
  contains "az login --tenant 99999999-9999-9999-9999-999999999999"
  az fake set account.subscriptions.0.state '"Disabled"'
  fails_with 1 provision
  contains "Disabled, not Enabled"
  [ "$(changes)" = '' ]
}

@test "the environment goes before the env file, and that before the last run" {
  printf '# a comment\nexport RESOURCE_GROUP="fromFile"\nUAID=from-file\n' >"$BATS_TEST_TMPDIR/env"
  export ENV_FILE=$BATS_TEST_TMPDIR/env
  UAID=from-environment succeeds provision --dry-run
  contains "fromFile"
  contains "from-environment"
  provision
  ENV_FILE=/dev/null succeeds provision --dry-run
  contains "fromFile"
  echo 'KEYVAULT_SECRET_VALUE=5ecret' >"$ENV_FILE"
  fails_with 1 provision
  contains "KEYVAULT_SECRET_VALUE is not a setting that a file may have"
  lacks 5ecret
}

@test "what others call by the same names has no effect" {
  CLUSTER=none IDENTITY=password succeeds provision --dry-run
  contains "AKS cluster      myAKSCluster"
  contains "fic-test-ua (managed)"
}

@test "env.example is an env file, with the values of the defaults" {
  succeeds provision --dry-run
  plain=$output
  ENV_FILE=$SCRIPTS/env.example succeeds provision --dry-run
  [ "$output" = "$plain" ]
}

@test "another cluster of the same name in the kubeconfig is left alone" {
  provision
  sed -i.old 's,server: .*,server: https://another.example.com:443,' "$KUBECONFIG"
  fails_with 1 provision
  contains "https://another.example.com:443"
}

@test "options that are not known" {
  fails_with 1 provision --identity password
  contains "only managed and app are known"
  fails_with 1 provision --cluster
  contains "--cluster needs a value"
  fails_with 1 provision --frobnicate
  contains "unknown option --frobnicate"
  succeeds provision --help
  contains "--dry-run"
}

@test "Ctrl-C while it waits" {
  SLEEP_INTERRUPTS=yes fails_with 130 provision
  contains 'stopped at "Resource providers"'
  succeeds provision
}
