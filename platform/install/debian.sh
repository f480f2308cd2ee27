# shellcheck shell=bash
# Installs the servers' programs as Debian packages, where they are missing.
# Debian starts some of them by itself, on their usual ports; ours use others, and theirs are left alone.

has() { PATH=$PATH:/usr/sbin:/sbin command -v "$1" >/dev/null; }
has_file() { compgen -G "$1" >/dev/null; }

missing_packages() {
  has_file '/usr/lib/postgresql/*/bin/postgres' || echo postgresql
  has_file '/usr/share/postgresql/*/extension/postgis.control' || echo postgresql-postgis
  has redis-server || echo redis-server
  has nginx || echo nginx
  has_file /usr/lib/nginx/modules/ngx_http_js_module.so || echo libnginx-mod-http-js
  [[ -n ${JAVA_HOME:-} ]] || has java || echo default-jre-headless
  # Fetch jars and web assets; without use when those are there.
  has mvn || { [[ $purpose != tests && -d $(java_bundle kafka) && -d $(java_bundle elasticsearch) ]] || echo maven; }
  # Runs a sample's source.
  [[ $purpose != tests || -n ${JAVA_HOME:-} ]] || has javac || echo default-jdk-headless
  has npm || [[ -d gateway/node_modules ]] || echo npm
  [[ $purpose != tests ]] || has envsubst || echo gettext-base
  [[ $purpose != tests ]] || has chromium || has chromium-browser || has google-chrome || echo chromium
  [[ $purpose != tests ]] || has h2load || echo nghttp2-client
}

install_debian_packages() {
  local packages=() as_root=()
  mapfile -t packages < <(missing_packages)
  [[ ${#packages[@]} -gt 0 ]] || return 0
  has apt-get || fail "Missing programs, and this is no Debian; install what these packages hold: ${packages[*]}"
  if [[ $EUID -ne 0 ]]; then
    sudo -n true 2>/dev/null ||
      fail "Missing programs. Run this, then try again:
    sudo apt-get install --no-install-recommends ${packages[*]}
(or set TEST_POSTGRES_URL and the like to running servers, if it is only for tests)"
    as_root=(sudo -n)
  fi
  say "Debian packages: ${packages[*]}"
  "${as_root[@]}" apt-get update -qq
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends "${packages[@]}" >/dev/null ||
    fail "apt-get could not install: ${packages[*]}"
}
