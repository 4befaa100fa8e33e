#!/usr/bin/env bash
# Writes the versions that are installed in .venv to constraints.txt: names and numbers, no addresses.
# Called by make constraints, from the top of the checkout.
set -euo pipefail
{
  echo "# Exact versions of everything that make setup installs; change them with: make constraints"
  .venv/bin/python -m pip freeze --all --exclude-editable | grep -vE '@|^pip='
} > constraints.txt.new
mv constraints.txt.new constraints.txt
