#!/usr/bin/env bash
# Builds the image of one program for all architectures with buildah, into an
# archive with an OCI image layout.
set -euo pipefail
cd "$(dirname "$0")/../.."

readonly architectures=(amd64 arm64)
# More flags for buildah build.
read -ra flags <<<"${BUILDAH_FLAGS:-}"

main() {
  case ${1:-} in
    -h | --help) print_help && return ;;
  esac
  if [ $# -ne 2 ] || [ -z "${SOURCE_DATE_EPOCH:-}" ]; then
    print_help >&2
    return 2
  fi
  local program=$1 archive=$2 architecture
  version=$(cat VERSION)
  name=localhost/release-$program-$$
  layout=$(mktemp -d)
  made=()
  trap clean_up EXIT
  buildah manifest create "$name" >/dev/null
  for architecture in "${architectures[@]}"; do
    build_image "$program" "$architecture" "$name-$architecture"
    made+=("$name-$architecture")
    buildah manifest add "$name" "containers-storage:$name-$architecture:latest" >/dev/null
  done
  buildah manifest push -q --all --format oci "$name" "oci:$layout:$version"
  tar --sort=name --mtime="@$SOURCE_DATE_EPOCH" --owner=0 --group=0 --numeric-owner --format=ustar \
    --mode=u=rwX,go=rX -C "$layout" -cf "$archive" blobs index.json oci-layout
}

print_help() {
  cat <<'EOF'
usage: SOURCE_DATE_EPOCH=SECONDS scripts/release/image.sh PROGRAM ARCHIVE

Builds the Dockerfile's target PROGRAM for all architectures. BUILDAH_FLAGS are
flags for buildah build. The archive can be pushed as it is:

  skopeo copy --all oci-archive:ARCHIVE docker://REGISTRY/NAME:TAG
EOF
}

# build_image PROGRAM ARCHITECTURE NAME
build_image() {
  local revision
  revision=$(git describe --always --dirty --abbrev=40 --exclude '*' 2>/dev/null) || revision=unknown
  buildah build -q ${flags[@]+"${flags[@]}"} --identity-label=false --timestamp "$SOURCE_DATE_EPOCH" \
    --platform "linux/$2" --build-arg "BUILDPLATFORM=linux/$(go env GOHOSTARCH)" \
    --build-arg "TOOLCHAIN=$(sed -n 's/^toolchain //p' go.mod)" \
    --build-arg "VERSION=$version" --build-arg "REVISION=$revision" \
    --build-arg "CREATED=$(date -u -d "@$SOURCE_DATE_EPOCH" +%Y-%m-%dT%H:%M:%SZ)" \
    --target "$1" --tag "$3" . >/dev/null
}

# clean_up forgets the images: the archive holds them now.
clean_up() {
  rm -rf "$layout"
  buildah manifest rm "$name" >/dev/null || true
  buildah rmi ${made[@]+"${made[@]}"} >/dev/null || true
}

main "$@"
