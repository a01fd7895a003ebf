# shellcheck shell=bash
# Run by bats before all tests: builds the stand-in for the Azure CLI.

setup_suite() {
  cd "$BATS_TEST_DIRNAME" || return
  mkdir -p "$BATS_SUITE_TMPDIR/bin"
  go build -o "$BATS_SUITE_TMPDIR/bin/az" ./fakeaz
}
