#!/usr/bin/env bash
# Prepares the sample consumers, each with its pinned libraries, in the user's cache, and prints the directory:
# python/ (the packages), java/ (the jars), go/reservation-table (the program).
set -euo pipefail
checkout=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cd "$checkout"
readonly samples=samples/consumers

say() { printf '  %s\n' "$*" >&2; }

fail() {
  printf '\n%s\n' "$*" >&2
  exit 1
}

# shellcheck source=platform/install/java.sh
source platform/install/java.sh
# shellcheck source=platform/install/go-toolchain.sh
source platform/install/go-toolchain.sh

# Named by what it is made from. Python's version counts: packages may hold compiled parts.
digest=$({ .venv/bin/python -VV && cat $samples/python/requirements.txt $samples/java/{pom.xml,jars.sha256} $samples/go/*; } |
  sha256sum | cut -c1-12)
target=${XDG_CACHE_HOME:-$HOME/.cache}/parking-platform/sample-consumers-$digest
if [[ ! -d $target ]]; then
  say "sample consumers, with their libraries"
  mkdir -p "$(dirname "$target")"
  work=$(mktemp -d "$target.XXXXXX")
  trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
  .venv/bin/uv pip install --quiet --no-config --python .venv/bin/python --target "$work/out/python" --require-hashes \
    --requirement $samples/python/requirements.txt
  fetch_jars $samples/java "$work/out/java"
  use_go "$(sed -n 's/^go //p' $samples/go/go.mod)" "$work"
  (cd $samples/go && go build -mod=readonly -o "$work/out/go/reservation-table" .) >&2
  # Renamed in one step, so that a test which comes at the same time never sees half of it.
  mv -T "$work/out" "$target" 2>/dev/null || [[ -d $target ]]
fi
echo "$target"
