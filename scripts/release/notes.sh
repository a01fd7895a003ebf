#!/usr/bin/env bash
# Prints what CHANGELOG.md says about the version to be released.
set -euo pipefail
cd "$(dirname "$0")/../.."

main() {
  case ${1:-} in
    '' | -h | --help)
      echo "usage: scripts/release/notes.sh VERSION"
      echo
      echo "Prints the section of CHANGELOG.md about VERSION. Fails unless it bears a date"
      echo "and VERSION is what the file VERSION says."
      [ $# -gt 0 ] && return
      return 2
      ;;
  esac
  local version=$1 current
  current=$(cat VERSION)
  if [ "$version" != "$current" ]; then
    echo "release $version: the file VERSION says $current: tag the commit that says $version" >&2
    return 1
  fi
  if ! grep -qE "^## \[${version//./\\.}\] - [0-9]{4}-[0-9]{2}-[0-9]{2}$" CHANGELOG.md; then
    echo "release $version: CHANGELOG.md has no section \"## [$version] - YYYY-MM-DD\": put the date there" >&2
    return 1
  fi
  # From the version's heading to the next, or to the links at the end.
  awk -v heading="## [$version]" '
    index($0, heading) == 1 { found = 1; next }
    found && /^(## |\[)/ { exit }
    found && (lines++ || NF) { print }
  ' CHANGELOG.md
}

main "$@"
