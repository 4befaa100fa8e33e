#!/usr/bin/env bash
# Installs what is missing for make demo and make test; the second run takes a second.
# Called by make setup, from the top of the checkout. It starts no daemon.
set -euo pipefail

say() { printf 'setup: %s\n' "$*" >&2; }
fail() { say "$*"; exit 2; }

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"
  elif command -v sudo >/dev/null; then sudo "$@"
  else fail "installing Debian packages needs root: run make as root, or install sudo"
  fi
}

missing_packages() {
  local package
  while read -r package; do
    dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || echo "$package"
  done < <(grep -v '^#' debian-packages.txt)
}

# Debian starts a package's daemon unless policy-rc.d says 101; ours is removed again, and one that is there stays.
install_packages() {
  local policy=/usr/sbin/policy-rc.d ours=
  if ! as_root test -e "$policy"; then
    printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
    as_root chmod 755 "$policy"
    ours=yes
  fi
  trap '[ -z "'"$ours"'" ] || as_root rm -f '"$policy" EXIT
  say "installing Debian packages: $*"
  as_root apt-get update -qq || say "apt-get update failed, trying with the package lists at hand"
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@" >&2
}

mapfile -t missing < <(missing_packages)
if [ "${#missing[@]}" -gt 0 ]; then
  install_packages "${missing[@]}"
fi

python=${PYTHON:-python3}
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || fail "Python 3.11 or newer is needed, and $python is older: set PYTHON"

wanted=$(cat pyproject.toml constraints.txt deploy/setup.sh | sha256sum | cut -d' ' -f1)
if [ "$(cat .venv/setup.sha256 2>/dev/null || true)" != "$wanted" ]; then
  say "creating .venv and installing the pinned packages (about a minute)"
  [ -x .venv/bin/python ] || "$python" -m venv .venv
  .venv/bin/python -m pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1' >&2
  .venv/bin/python -m pip install --disable-pip-version-check --progress-bar off --constraint constraints.txt \
    --group dev --editable . 2>&1 | grep -E '^(Collecting|Successfully|ERROR)' | sed 's/^/setup: /' >&2
  printf '%s\n' "$wanted" > .venv/setup.sha256
fi

# The type checker and editors follow links: the editable install maps the four folders where they can't.
mkdir -p .links/firebrigade
for folder in rules responder receivers runbooks; do
  ln -sfn "../../$folder" ".links/firebrigade/$folder"
done
