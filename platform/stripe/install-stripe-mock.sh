#!/bin/sh
# Installs stripe-mock, the stateless mock that carries Stripe's own OpenAPI description, into the user's cache, and
# prints the directory: bin/stripe-mock and openapi/{spec3,fixtures3}.json.
set -eu
exec sh "$(dirname "$0")/../install/go-program.sh" github.com/stripe/stripe-mock v0.203.0 \
  h1:EzW7nb/fphqcAkgVRHAaC88OaAZo6SBWSl54cflDTio= 1.22 embedded/openapi
