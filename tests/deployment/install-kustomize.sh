#!/bin/sh
# Installs kustomize, which renders deploy/k8s for the tests, into the user's cache, and prints the directory: bin/kustomize.
set -eu
exec sh "$(dirname "$0")/../../platform/install/go-program.sh" sigs.k8s.io/kustomize/kustomize/v5 v5.8.1 \
  h1:Pgsg5psubpVEy7Nf6S89PARg5VmmWUC1l9dC6Dl4PG0= 1.24
