#!/usr/bin/env bats
# The command lines that the other tests have recorded are those in
# testdata/commands.txt, each of which the real Azure CLI's parser accepts. The last
# file in the alphabet, since it needs the records of the others. Of the lines with the
# same options the first is in the list. RECORD=yes writes it anew.

setup_file() {
  sed -E "s#$BATS_SUITE_TMPDIR[^ ']*/kubeconfig#KUBECONFIG#g; s/azwi-kv-[0-9a-f]{8}/azwi-kv-01234567/g" \
    "$BATS_SUITE_TMPDIR/calls.log" | LC_ALL=C sort -u | list_each_form >"$BATS_FILE_TMPDIR/recorded"
  [ -z "${RECORD:-}" ] || cp "$BATS_FILE_TMPDIR/recorded" "$BATS_TEST_DIRNAME/testdata/commands.txt"
}

# list_each_form keeps the first of the lines that have the same words and options.
list_each_form() {
  awk '{
    form = ""; options = 0
    for (i = 1; i <= NF; i++)
      if ($i ~ /^--?[a-z]/) { form = form " " $i; options = 1 } else if (!options) form = form " " $i
    if (!seen[form]++) print
  }'
}

@test "the scripts use the commands in the list" {
  diff "$BATS_TEST_DIRNAME/testdata/commands.txt" "$BATS_FILE_TMPDIR/recorded"
}

@test "the real parser accepts the commands in the list" {
  [ -n "${AZ_PARSE:-}" ] || skip "AZ_PARSE names no parser"
  "$AZ_PARSE" --file "$BATS_TEST_DIRNAME/testdata/commands.txt"
}
