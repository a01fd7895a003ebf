#!/usr/bin/env bash
# Writes the version in the file VERSION wherever else it has to stand.
set -euo pipefail
cd "$(dirname "$0")/../.."

readonly semver='[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z]+(\.[0-9A-Za-z]+)*)?'
readonly images='ghcr\.io/workload-identity-quickstart/[a-z/-]+'

main() {
  local check=false
  case ${1:-} in
    '') ;;
    --check) check=true ;;
    -h | --help) print_help && return ;;
    *) print_help >&2 && return 2 ;;
  esac
  version=$(cat VERSION)
  if ! [[ $version =~ ^$semver$ ]]; then
    echo "VERSION: \"$version\" is not a version such as 1.2.3 or 1.2.3-rc.1" >&2
    return 1
  fi
  scratch=$(mktemp)
  trap 'rm -f "$scratch"' EXIT
  stale=0
  stamp_files "$check"
  stamp_example "$check"
  if ! grep -qF "## [$version]" CHANGELOG.md; then
    echo "CHANGELOG.md: no section \"## [$version]\": write what is new in it" >&2
    stale=1
  fi
  return "$stale"
}

print_help() {
  cat <<'EOF'
usage: scripts/release/stamp.sh [--check]

Writes the version in the file VERSION into the charts, the library, the
documentation and the tests, and fails unless CHANGELOG.md has a section for it.
With --check it changes nothing, and fails if something would change.
EOF
}

# stamp_files CHECK goes through every place that names the version.
stamp_files() {
  local check=$1 file
  stamp charts/quick-start/Chart.yaml "s/^(version|appVersion): .*/\1: $version/" "$check"
  stamp charts/quick-start/README.md "s/(Version )$semver/\1$version/" "$check"
  for file in pkg/tokencredential/*.go; do
    stamp "$file" "s/^([[:space:]]version *= \"v)$semver\"/\1$version\"/" "$check"
  done
  stamp README.md "s/(main\.version=)$semver/\1$version/" "$check" # what make prints
  while read -r file; do
    stamp "${file#./}" "s#($images(:| --version ))$semver#\1$version#g" "$check"
  done < <(grep -rlE --exclude-dir=.git --exclude-dir=bin --exclude-dir=dist --exclude=CHANGELOG.md "$images(:| --version )" .)
}

# stamp_example CHECK goes through the example of a chart on top of the chart.
stamp_example() {
  local check=$1 chart=examples/webservice/chart
  stamp "$chart/Chart.yaml" "s/^( *version|appVersion): .*/\1: $version/" "$check"
  stamp "$chart/values.yaml" "s/^( *tag: )$semver/\1$version/" "$check"
  grep -q "^  version: $version$" "$chart/Chart.lock" && return
  if "$check"; then
    report_stale "$chart/Chart.lock"
    return
  fi
  scripts/release/helm.sh dependency update "$chart" >/dev/null
  echo "$chart/Chart.lock: version $version"
}

# stamp FILE EXPRESSION CHECK edits a file with sed, or says that it is stale.
stamp() {
  local file=$1 expression=$2 check=$3
  sed -E "$expression" "$file" >"$scratch"
  cmp -s "$file" "$scratch" && return
  if "$check"; then
    report_stale "$file"
    return
  fi
  cat "$scratch" >"$file"
  echo "$file: version $version"
}

report_stale() {
  echo "$1: does not name version $version: run make version" >&2
  stale=1
}

main "$@"
