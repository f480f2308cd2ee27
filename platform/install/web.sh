# shellcheck shell=bash
# Fetches what the gateway serves besides our own: the reader of the API documentation.

install_web_assets() {
  [[ -f gateway/package-lock.json ]] || return 0
  [[ -d gateway/node_modules ]] || rm -f "$stamps/gateway"
  once gateway "$(digest_of gateway/package.json gateway/package-lock.json)" fetch_gateway_assets
}

fetch_gateway_assets() {
  say "web assets of the gateway"
  # No scripts: a package that we only serve has no business to run anything here.
  npm ci --prefix gateway --ignore-scripts --no-audit --no-fund --silent >&2 ||
    fail "npm could not fetch gateway/package-lock.json; for its words: npm ci --prefix gateway --ignore-scripts"
}
