#!/usr/bin/env bash
# Builds what a release consists of, the same bytes wherever it is built.
set -euo pipefail
cd "$(dirname "$0")/../.."

readonly programs=(quickstart localazure)
readonly platforms=(linux/amd64 linux/arm64 windows/amd64)
readonly cyclonedx=github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod@v1.10.0

main() {
  local images=true program platform
  case ${1:-} in
    '') ;;
    --without-images) images=false ;;
    -h | --help) print_help && return ;;
    *) print_help >&2 && return 2 ;;
  esac
  if "$images" && ! command -v buildah >/dev/null; then
    echo "buildah makes the images: install it, or see --help" >&2
    return 1
  fi
  fix_environment
  version=$(cat VERSION)
  scripts/release/stamp.sh --check
  rm -rf dist
  mkdir dist
  for program in "${programs[@]}"; do
    for platform in "${platforms[@]}"; do
      build_binary "$program" "${platform%/*}" "${platform#*/}"
    done
    describe_binary "$program"
    if "$images"; then
      scripts/release/image.sh "$program" "dist/$program-$version.oci.tar"
    fi
  done
  scripts/release/helm.sh package charts/quick-start --destination dist >/dev/null
  write_checksums
}

print_help() {
  cat <<'EOF'
usage: scripts/release/artifacts.sh [--without-images]

Builds into dist/, named after the version in the file VERSION:
  PROGRAM-VERSION-OS-ARCH       the programs, for Linux and Windows
  PROGRAM-VERSION.cdx.json      their SBOMs, in CycloneDX
  PROGRAM-VERSION.oci.tar       their images for all architectures, as an OCI image
                                layout; made with buildah, see scripts/release/image.sh
  quick-start-VERSION.tgz       the Helm chart
  SHA256SUMS                    the checksums of all of these

SOURCE_DATE_EPOCH is the time that files and images bear, in seconds since 1970; the
default is the time of the last commit.
EOF
}

# fix_environment takes away what would make two builds differ.
fix_environment() {
  if [ -z "${SOURCE_DATE_EPOCH:-}" ] && ! SOURCE_DATE_EPOCH=$(git log -1 --format=%ct); then
    echo "outside of a clone, set SOURCE_DATE_EPOCH to the time that files should bear" >&2
    return 1
  fi
  umask 022
  GOTOOLCHAIN=$(sed -n 's/^toolchain //p' go.mod)
  export SOURCE_DATE_EPOCH GOTOOLCHAIN GOFLAGS=-mod=readonly GOAMD64=v1 GOARM64=v8.0
}

# build_binary PROGRAM OS ARCH
build_binary() {
  local suffix=''
  [ "$2" != windows ] || suffix=.exe
  # No VCS stamp: a clone, an archive of the source and the image's build must agree.
  CGO_ENABLED=0 GOOS=$2 GOARCH=$3 go build -trimpath -buildvcs=false -ldflags "-s -w -X main.version=$version" \
    -o "dist/$1-$version-$2-$3$suffix" "./cmd/$1"
}

# describe_binary PROGRAM writes the SBOM of a program, whose modules are the same
# on every platform. A serial number and the time would be different each time, and
# so would the tool's own hash, which is part of it, if the tool were built otherwise.
describe_binary() {
  CGO_ENABLED=0 go run -trimpath "$cyclonedx" bin -json -std -short-purls -noserial -notimestamp -version "v$version" \
    -output "dist/$1-$version.cdx.json" "dist/$1-$version-linux-amd64"
}

write_checksums() {
  local sum=(sha256sum)
  command -v sha256sum >/dev/null || sum=(shasum -a 256)
  (cd dist && "${sum[@]}" -- * >SHA256SUMS.new && mv SHA256SUMS.new SHA256SUMS)
  (cd dist && ls -l)
}

main "$@"
