# shellcheck shell=sh
# Gives a script that builds Go programs a Go, and a module cache that nobody else writes. It is sourced.

# Debian's Go may be too old: then the one of requirements/go.lock serves, and is thrown away afterwards.
has_go() {
  command -v go >/dev/null || return 1
  oldest=$(printf '%s\n' "$1" "$(go env GOVERSION | sed 's/^go//')" | sort -V | head -n 1)
  [ "$oldest" = "$1" ]
}

# use_go NEEDED WORK: `go` is at least NEEDED afterwards, and whatever it keeps lies in the folder WORK. $checkout names
# the checkout.
use_go() {
  if ! has_go "$1"; then
    "$checkout/.venv/bin/uv" pip install --quiet --no-config --target "$2/toolchain" --require-hashes \
      --requirement "$checkout/requirements/go.lock" >&2
    PATH=$2/toolchain/go/bin:$PATH
  fi
  # A module cache of its own: what lies in the user's is not trusted. Hashes are those of a go.sum, so no checksum
  # database is asked.
  export GOPATH="$2/go" GOFLAGS=-modcacherw GOTOOLCHAIN=local GOSUMDB=off
}
