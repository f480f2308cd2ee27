#!/usr/bin/env bash
# Prints `docker` when a Docker engine answers and `docker compose` is there, else `native`.
# The command alone proves nothing, and neither does /.dockerenv.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
if [[ -f docker-compose.yml ]] && timeout 10 docker info >/dev/null 2>&1 && docker compose version >/dev/null 2>&1; then echo docker; else echo native; fi
