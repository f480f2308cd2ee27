#!/bin/sh
# Renders the templates from the environment into GATEWAY_RUN_DIR/conf, for images: needs envsubst, which the official
# image has. Only names in capitals are replaced, and one that is not set is an error.
set -eu

folder=$(dirname "$0")/templates
conf=$GATEWAY_RUN_DIR/conf
mkdir -p "$conf"
names=$(grep -hoE '\$\{[A-Z0-9_]+\}' "$folder"/*.template | sort -u)
for name in $names; do
  bare=${name#??}
  eval ": \"\${${bare%?}:?}\""
done
for template in "$folder"/*.template; do
  envsubst "$names" <"$template" >"$conf/$(basename "$template" .template)"
done
