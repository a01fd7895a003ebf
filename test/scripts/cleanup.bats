#!/usr/bin/env bats
# What cleanup.sh deletes, and what it leaves.

load helper

@test "everything goes, but the vault can be recovered" {
  provision
  succeeds cleanup
  contains "resource group myResourceGroup with everything in it"
  contains "Azure keeps Key Vault azwi-kv-tutorial, recoverable"
  run az group exists --name myResourceGroup
  [ "$output" = false ]
  [ ! -e "$STATE_DIR/values.yaml" ]
  ! grep -q 'server:' "$KUBECONFIG"
  succeeds cleanup
  contains "There is nothing to delete"
  succeeds cleanup --purge
  run az keyvault list-deleted --query '[].name' -o tsv
  [ "$output" = '' ]
  [ ! -e "$STATE_DIR" ]
}

@test "and comes again" {
  provision
  cleanup
  succeeds provision
  contains "recovering it, since it is deleted"
  contains "Everything is there"
}

@test "at once for good" {
  provision
  succeeds cleanup --purge
  contains "for good: Key Vault azwi-kv-tutorial"
  run az keyvault list-deleted --query '[].name' -o tsv
  [ "$output" = '' ]
}

@test "the release goes first" {
  provision
  "$SCRIPTS/deploy.sh"
  succeeds cleanup
  contains "Helm release quick-start in namespace default"
  [ ! -e "$FAKE_HELM_DIR/manifest" ]
}

@test "what somebody else had stays as it was, with roles" {
  prepare_foreign_resources rbac
  kept_azure >"$BATS_TEST_TMPDIR/before"
  provision
  succeeds cleanup
  contains "secret my-secret in Key Vault azwi-kv-tutorial"
  contains "role assignments at Key Vault azwi-kv-tutorial: 2"
  contains "federated identity credential fic-test-fic-name of managed identity fic-test-ua"
  az fake set deletedSecrets '{}'
  same_azure "$BATS_TEST_TMPDIR/before"
}

@test "what somebody else had stays as it was, with access policies" {
  prepare_foreign_resources policy
  kept_azure >"$BATS_TEST_TMPDIR/before"
  provision
  succeeds cleanup
  contains "access policy of Key Vault azwi-kv-tutorial for"
  az fake set deletedSecrets '{}'
  same_azure "$BATS_TEST_TMPDIR/before"
}

@test "an application goes, too" {
  provision --identity app
  succeeds cleanup
  contains "application fic-test-ua with its service principal"
  run az ad app list --display-name fic-test-ua --query 'length(@)' -o tsv
  [ "$output" = 0 ]
}

@test "somebody else's application keeps all but the credential" {
  az ad app create --display-name fic-test-ua
  provision --identity app
  succeeds cleanup
  contains "federated identity credential fic-test-fic-name of application fic-test-ua"
  app=$(az ad app list --display-name fic-test-ua --query '[0].appId' -o tsv)
  run az ad app federated-credential list --id "$app" --query 'length(@)' -o tsv
  [ "$output" = 0 ]
}

@test "what is in the group, but not of these scripts, is named" {
  provision
  az identity create --name theirs -g myResourceGroup -l eastus
  succeeds cleanup --dry-run
  contains "NOT created by these scripts: Microsoft.ManagedIdentity/userAssignedIdentities theirs"
}

@test "a dry run changes nothing and shows each command" {
  provision
  kept_azure >"$BATS_TEST_TMPDIR/before"
  forget_calls
  succeeds cleanup --dry-run --purge
  contains "would run: az group delete --name myResourceGroup --yes --no-wait"
  contains "would run: az keyvault purge"
  [ "$(changes)" = '' ]
  same_azure "$BATS_TEST_TMPDIR/before"
  [ -e "$STATE_DIR/values.yaml" ]
}

@test "nothing happens without a yes" {
  provision
  forget_calls
  fails_with 1 "$SCRIPTS/cleanup.sh" </dev/null
  contains "add --yes"
  [ "$(changes)" = '' ]
}

@test "without the vault's name there is nothing to look for" {
  unset KEYVAULT_NAME
  fails_with 1 cleanup
  contains "Set KEYVAULT_NAME"
}

@test "a cluster that does not answer does not stop it" {
  provision
  FAKE_NO_CLUSTER=yes succeeds cleanup
  contains "The cluster does not answer"
  run az group exists --name myResourceGroup
  [ "$output" = false ]
}
