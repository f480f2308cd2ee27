# shellcheck shell=bash
# Makes .venv: Python 3.12 or 3.13, the locked packages, and the workspace's own packages in editable form.

right_python() {
  "$1" -c 'import sys; sys.exit(not (3, 12) <= sys.version_info < (3, 14))' 2>/dev/null
}

python_candidates() {
  local found
  [[ -z ${PARKING_PYTHON:-} ]] || echo "$PARKING_PYTHON"
  # A version manager may put a python3.12 on the PATH that does not run.
  printf '%s\n' python3.12 python3.13 python3
  if has pyenv; then
    found=$(pyenv root)
    compgen -G "$found/versions/3.12*/bin/python" || true
    compgen -G "$found/versions/3.13*/bin/python" || true
  fi
}

find_python() {
  local candidate
  while read -r candidate; do
    if right_python "$candidate"; then
      "$candidate" -c 'import sys; print(sys.executable)'
      return
    fi
  done < <(python_candidates)
  if has uv && uv python install --quiet 3.12 2>/dev/null; then
    uv python find 3.12
    return
  fi
  fail "No Python 3.12 or 3.13 runs here. Install one (pyenv install 3.12, uv python install 3.12, or
apt-get install python3.12-venv) and try again, or name it: PARKING_PYTHON=/path/to/python3.12 make install"
}

install_python() {
  local members=(libs/*/pyproject.toml services/*/pyproject.toml platform/pyproject.toml)
  right_python .venv/bin/python || make_environment
  once packages "$(digest_of requirements/development.lock)" install_packages
  # The path counts: an editable package points back to this checkout.
  once members "$PWD $(digest_of "${members[@]}")" install_members "${members[@]%/pyproject.toml}"
}

make_environment() {
  local python
  python=$(find_python)
  say "Python environment from $python"
  rm -rf .venv
  "$python" -m venv .venv >&2 || fail "$python cannot make an environment; on Debian: apt-get install python3-venv"
}

install_packages() {
  [[ -x .venv/bin/uv ]] || bootstrap_uv
  say "Python packages of requirements/development.lock"
  .venv/bin/uv pip install --quiet --python .venv/bin/python --require-hashes --compile-bytecode \
    -r requirements/development.lock
}

# pip installs uv alone, in the version and with the hashes of the lock file.
bootstrap_uv() {
  local excerpt
  excerpt=$(mktemp)
  sed -n '/^uv==/,/[^\\]$/p' requirements/development.lock >"$excerpt"
  .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r "$excerpt"
  rm "$excerpt"
}

install_members() {
  say "the workspace's packages"
  .venv/bin/uv pip install --quiet --python .venv/bin/python --no-deps --no-build-isolation "${@/#/--editable=}"
}
