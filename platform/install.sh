#!/usr/bin/env bash
# Installs what the native platform needs: a Python environment, Debian packages, jars and web assets.
# Everything is pinned and checked by hash, except the Debian packages, which Debian signs.
# `platform/install.sh tests` adds what only tests need.
# Running it again costs nothing when nothing has changed: each step leaves a stamp of what it was made from.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

export LC_ALL=C.UTF-8
# A build machine may set this; without byte code every service would compile itself again at each start.
unset PYTHONDONTWRITEBYTECODE PYTHONPATH PYTHONHOME

readonly purpose=${1:-platform}
readonly stamps=.venv/.stamps

say() { printf '  %s\n' "$*"; }

fail() {
  printf '\n%s\n' "$*" >&2
  exit 1
}

digest_of() { cat -- "$@" | sha256sum | cut -c1-32; }

# Runs the command $3... unless the stamp $1 says that it was done for $2 already.
once() {
  local stamp=$stamps/$1 inputs=$2
  shift 2
  if [[ -f $stamp && $(<"$stamp") == "$inputs" ]]; then return; fi
  "$@"
  mkdir -p "$stamps"
  printf '%s' "$inputs" >"$stamp"
}

install_kustomize() {
  tests/deployment/install-kustomize.sh >/dev/null || fail "kustomize could not be built (tests/deployment/install-kustomize.sh)"
}

install_sample_consumers() {
  samples/consumers/install.sh >/dev/null || fail "the sample consumers could not be prepared (samples/consumers/install.sh)"
}

# shellcheck source=platform/install/debian.sh
source platform/install/debian.sh
# shellcheck source=platform/install/python.sh
source platform/install/python.sh
# shellcheck source=platform/install/java.sh
source platform/install/java.sh
# shellcheck source=platform/install/web.sh
source platform/install/web.sh

# One installation at a time: `make test` may be started beside `make up`.
mkdir -p .run
exec 9>.run/install.lock
flock 9

install_debian_packages
install_python
install_java_bundle kafka
install_java_bundle elasticsearch
install_web_assets
if [[ $purpose == tests ]]; then
  install_kustomize
  install_sample_consumers
fi
