#!/usr/bin/env bats
# The command lines that the other tests have recorded are those in
# testdata/commands.txt, each of which the real Azure CLI's parser accepts. The last
# file in the alphabet, since it needs the records of the others. RECORD=yes writes
# the list anew.

setup_file() {
  sed -E "s#$BATS_SUITE_TMPDIR[^ ']*/kubeconfig#KUBECONFIG#g; s/azwi-kv-[0-9a-f]{8}/azwi-kv-01234567/g" \
    "$BATS_SUITE_TMPDIR/calls.log" | LC_ALL=C sort -u >"$BATS_FILE_TMPDIR/recorded"
  [ -z "${RECORD:-}" ] || cp "$BATS_FILE_TMPDIR/recorded" "$BATS_TEST_DIRNAME/testdata/commands.txt"
}

@test "the scripts use the commands in the list" {
  diff "$BATS_TEST_DIRNAME/testdata/commands.txt" "$BATS_FILE_TMPDIR/recorded"
}

@test "the real parser accepts the commands in the list" {
  [ -n "${AZ_PARSE:-}" ] || skip "AZ_PARSE names no parser"
  "$AZ_PARSE" --file "$BATS_TEST_DIRNAME/testdata/commands.txt"
}
