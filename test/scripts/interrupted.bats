#!/usr/bin/env bats
# A run that breaks at one of its changes is repeated, and ends with the same Azure as
# one that does not break.

load helper

# break_at_each_change FAULT SCRIPT OPTION... breaks a script at each change that it
# makes, before (FAIL) or after (DROP) Azure has done it, and runs it again. The
# function prepare, if a test has it, comes before the script.
break_at_each_change() {
  local fault=$1 complete=$BATS_TEST_TMPDIR/complete call number=0 broken=0
  shift
  prepare_start
  start_over
  "$@" >/dev/null
  kept_azure >"$complete"
  cp "$FAKE_AZ_DIR/calls.log" "$BATS_TEST_TMPDIR/calls"
  while read -r call; do
    number=$((number + 1))
    is_change "$call" || continue
    start_over
    if env "FAKE_AZ_${fault}_AT=$number" "$@" >"$BATS_TEST_TMPDIR/out" 2>&1; then
      continue # it was refused the first time in any case, and tried again
    fi
    grep -q 'to go on' "$BATS_TEST_TMPDIR/out"
    az fake reset-calls
    "$@" >"$BATS_TEST_TMPDIR/out" 2>&1 || {
      echo "after $fault at $number, $call, the second run fails:"
      cat "$BATS_TEST_TMPDIR/out"
      return 1
    }
    same_azure "$complete" || {
      echo "after $fault at $number: $call"
      return 1
    }
    broken=$((broken + 1))
  done <"$BATS_TEST_TMPDIR/calls"
  echo "broken at $broken changes" >&3
  [ "$broken" -ge 2 ]
}

# prepare_start makes what start_over starts with.
prepare_start() {
  if declare -F prepare >/dev/null; then
    prepare >/dev/null
    forget_calls
  fi
  mkdir "$BATS_TEST_TMPDIR/start"
  cp -r "$FAKE_AZ_DIR" "$BATS_TEST_TMPDIR/start/azure"
  [ ! -e "$STATE_DIR" ] || cp -r "$STATE_DIR" "$BATS_TEST_TMPDIR/start/state"
  [ ! -e "$KUBECONFIG" ] || cp "$KUBECONFIG" "$BATS_TEST_TMPDIR/start/kubeconfig"
}

start_over() {
  cat "$FAKE_AZ_DIR/calls.log" >>"$BATS_SUITE_TMPDIR/calls.log" 2>/dev/null || true
  rm -rf "$STATE_DIR" "$KUBECONFIG" "$FAKE_AZ_DIR"
  cp -r "$BATS_TEST_TMPDIR/start/." "$BATS_TEST_TMPDIR"
}

@test "provision.sh, refused at each change" {
  break_at_each_change FAIL "$SCRIPTS/provision.sh"
}

@test "provision.sh, cut off from the answer to each change" {
  break_at_each_change DROP "$SCRIPTS/provision.sh"
}

@test "provision.sh --identity app --vault-access policy, refused at each change" {
  break_at_each_change FAIL "$SCRIPTS/provision.sh" --identity app --vault-access policy --cluster none --issuer https://oidc.example.com/
}

@test "provision.sh --identity app --vault-access policy, cut off from the answer to each change" {
  break_at_each_change DROP "$SCRIPTS/provision.sh" --identity app --vault-access policy --cluster none --issuer https://oidc.example.com/
}

@test "provision.sh into what somebody else has, cut off from the answer to each change" {
  prepare() { prepare_foreign_resources policy; }
  break_at_each_change DROP "$SCRIPTS/provision.sh"
}

@test "cleanup.sh --purge, cut off from the answer to each change" {
  prepare() { provision; }
  break_at_each_change DROP "$SCRIPTS/cleanup.sh" --yes --purge
}

@test "cleanup.sh of what somebody else has, refused at each change" {
  prepare() { prepare_foreign_resources policy && provision; }
  break_at_each_change FAIL "$SCRIPTS/cleanup.sh" --yes
}

@test "cleanup.sh of what somebody else has, cut off from the answer to each change" {
  prepare() { prepare_foreign_resources rbac && provision; }
  break_at_each_change DROP "$SCRIPTS/cleanup.sh" --yes
}
