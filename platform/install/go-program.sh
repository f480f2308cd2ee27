#!/bin/sh
# Builds a Go program from its module's source, at a pinned version and hash.
#
#   go-program.sh MODULE VERSION HASH NEEDED [FOLDER…]
#
# puts it into the user's cache, with the named folders of its source, and prints the directory: bin/<program>, <folder>.
# NEEDED is the oldest Go that builds it. The hash (the h1: of go.sum) is compared with what the Go module proxy
# delivered. That content includes the module's own go.sum, by which Go checks the dependencies: so no checksum database
# is asked.
set -eu

module=$1 version=$2 hash=$3 needed=$4
shift 4
# The last part of the path that is no major version: `example.org/kustomize/v5` is kustomize.
program=$(basename "$(echo "$module" | sed 's|/v[0-9]*$||')")
checkout=$(cd "$(dirname "$0")/../.." && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/parking-platform
target=$cache/$program-$version

if [ -x "$target/bin/$program" ]; then
  echo "$target"
  exit 0
fi
echo "  $program $version, from its source" >&2
mkdir -p "$cache"
work=$(mktemp -d "$target.XXXXXX")
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM  # a signal alone does not reach the other trap in every shell

# shellcheck source=platform/install/go-toolchain.sh
. "$checkout/platform/install/go-toolchain.sh"
use_go "$needed" "$work"

delivered=$(cd "$work" && go mod download -json "$module@$version")
sum=$(printf '%s\n' "$delivered" | sed -n 's/^[[:space:]]*"Sum": "\(.*\)",\{0,1\}$/\1/p')
source=$(printf '%s\n' "$delivered" | sed -n 's/^[[:space:]]*"Dir": "\(.*\)",\{0,1\}$/\1/p')
if [ "$sum" != "$hash" ]; then
  echo "$program: $module@$version has the hash $sum instead of $hash" >&2
  exit 1
fi

mkdir -p "$work/out/bin"
(cd "$source" && go build -mod=readonly -o "$work/out/bin/$program" .) >"$work/log" 2>&1 || {
  cat "$work/log" >&2
  exit 1
}
for folder; do cp -R "$source/$folder" "$work/out/"; done
# Renamed in one step, so that tests which install it at the same time never see half of it.
mv -T "$work/out" "$target" 2>/dev/null || [ -x "$target/bin/$program" ]
echo "$target"
