#!/usr/bin/env bash
# Runs Helm, whether it is installed or not, in the version that makes releases.
set -euo pipefail
exec go run helm.sh/helm/v4/cmd/helm@v4.3.1 "$@"
