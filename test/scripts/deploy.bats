#!/usr/bin/env bats
# What deploy.sh asks of helm. The end-to-end tests run it on a real cluster.

load helper

@test "it installs once, and again when something differs" {
  provision
  succeeds "$SCRIPTS/deploy.sh"
  contains '"successfully got secret" secret="Hello!"'
  contains "installing or upgrading it"
  grep -q -- '--kube-context myAKSCluster upgrade quick-start .*--install --create-namespace' "$FAKE_HELM_DIR/calls.log"
  succeeds "$SCRIPTS/deploy.sh"
  contains unchanged
  succeeds "$SCRIPTS/deploy.sh" -- --set pollInterval=7s
  lacks unchanged
  contains "installing or upgrading it"
}

@test "a dry run shows the command" {
  provision
  succeeds "$SCRIPTS/deploy.sh" --dry-run
  contains "would run: helm --namespace default --kube-context myAKSCluster upgrade quick-start"
  [ ! -e "$FAKE_HELM_DIR/manifest" ]
}

@test "it says what is missing" {
  fails_with 1 "$SCRIPTS/deploy.sh"
  contains "scripts/provision.sh writes it"
  provision
  FAKE_NO_WEBHOOK=yes fails_with 1 "$SCRIPTS/deploy.sh"
  contains "no workload identity webhook"
  FAKE_NO_CLUSTER=yes fails_with 1 "$SCRIPTS/deploy.sh"
  contains "does not answer"
  FAKE_POD='Running False' fails_with 1 "$SCRIPTS/deploy.sh"
  contains "scripts/verify.sh"
}
