#!/usr/bin/env bash
# Writes the lock files from the pyproject files: one for development, one for each image, one for Go.
# No lock names a registry's host, and each holds the hashes of all its packages (`make lock`).
set -euo pipefail
cd "$(dirname "$0")/.."
UV=${UV:-.venv/bin/uv}

members=(parking-events parking-kernel parking-messaging parking-chassis parking-platform)
for service in services/*/; do members+=("parking-$(basename "$service")-service"); done
ours=()
for member in "${members[@]}"; do ours+=(--no-emit-package "$member"); done
compile=("$UV" pip compile --quiet --universal --generate-hashes --no-header --no-annotate --python-version 3.12)

"${compile[@]}" "${ours[@]}" "$@" \
  --group pyproject.toml:build --group pyproject.toml:test --group pyproject.toml:lint \
  libs/*/pyproject.toml services/*/pyproject.toml platform/pyproject.toml \
  --output-file requirements/development.lock

for service in services/*/; do
  name=$(basename "$service")
  "${compile[@]}" "${ours[@]}" --constraint requirements/development.lock \
    --group pyproject.toml:build "$service/pyproject.toml" \
    --output-file "requirements/$name.lock"
done

# Its image runs the sources as they lie, so nothing is built.
"${compile[@]}" "${ours[@]}" --constraint requirements/development.lock \
  platform/pyproject.toml --output-file requirements/platform.lock

# What the sample consumer in Python needs, in the versions that are tried here anyway.
"${compile[@]}" --constraint requirements/development.lock samples/consumers/python/requirements.in \
  --output-file samples/consumers/python/requirements.txt

# For a while on machines without Go, so it is no part of the environment (platform/stripe).
"${compile[@]}" --group pyproject.toml:go --output-file requirements/go.lock
