#!/bin/sh
# Installs stripe-mock, the stateless mock that carries Stripe's own OpenAPI description, into the user's cache, and
# prints the directory: bin/stripe-mock and openapi/{spec3,fixtures3}.json.
#
# The version is pinned, and the module's content by its hash (the h1: of go.sum), which is compared with what the Go
# module proxy delivered. That content includes stripe-mock's own go.sum, by which Go checks the dependencies: so no
# checksum database is asked.
set -eu

version=v0.203.0
module=github.com/stripe/stripe-mock
hash=h1:EzW7nb/fphqcAkgVRHAaC88OaAZo6SBWSl54cflDTio=
needed=1.22
checkout=$(cd "$(dirname "$0")/../.." && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/parking-platform
target=$cache/stripe-mock-$version

if [ -x "$target/bin/stripe-mock" ] && [ -f "$target/openapi/spec3.json" ]; then
  echo "$target"
  exit 0
fi
mkdir -p "$cache"
work=$(mktemp -d "$cache/stripe-mock.XXXXXX")
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT

# Debian's Go may be too old: then the one of requirements/go.lock serves, and is thrown away afterwards.
has_go() {
  command -v go >/dev/null || return 1
  oldest=$(printf '%s\n' "$needed" "$(go env GOVERSION | sed 's/^go//')" | sort -V | head -n 1)
  [ "$oldest" = "$needed" ]
}
if ! has_go; then
  "$checkout/.venv/bin/uv" pip install --quiet --no-config --target "$work/toolchain" --require-hashes \
    --requirement "$checkout/requirements/go.lock" >&2
  PATH=$work/toolchain/go/bin:$PATH
fi

# A module cache of its own: what lies in the user's is not trusted, and it is thrown away afterwards.
export GOPATH="$work/go" GOFLAGS=-modcacherw GOTOOLCHAIN=local GOSUMDB=off
delivered=$(cd "$work" && go mod download -json "$module@$version")
sum=$(printf '%s\n' "$delivered" | sed -n 's/^[[:space:]]*"Sum": "\(.*\)",\{0,1\}$/\1/p')
source=$(printf '%s\n' "$delivered" | sed -n 's/^[[:space:]]*"Dir": "\(.*\)",\{0,1\}$/\1/p')
if [ "$sum" != "$hash" ]; then
  echo "install-stripe-mock: $module@$version has the hash $sum instead of $hash" >&2
  exit 1
fi

mkdir -p "$work/out/bin" "$work/out/openapi"
(cd "$source" && go build -mod=readonly -o "$work/out/bin/stripe-mock" .) >&2
cp "$source/embedded/openapi/spec3.json" "$source/embedded/openapi/fixtures3.json" "$work/out/openapi/"
# Renamed in one step, so that tests which install it at the same time never see half of it.
mv -T "$work/out" "$target" 2>/dev/null || [ -x "$target/bin/stripe-mock" ]
echo "$target"
