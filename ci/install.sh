#!/usr/bin/env bash
# Install Auditor from the checkout of its own action, outside the tree that it will check, and never from that tree.
#
# Reads: GITHUB_ACTION_PATH, GITHUB_OUTPUT, RUNNER_TEMP, BASE_PYTHON (to make the environment with).
# Writes the output `python`: the interpreter of that environment.
set -euo pipefail

failed() {
  printf '::error title=auditor%%3A internal-error::Auditor could not be installed; see the lines above%%0A%s\n' \
    'Auditor needs Python 3.11 or newer with venv, and a package index (set PIP_INDEX_URL to use another one)'
  exit 4
}

# -I keeps these from our interpreter, but pip starts others to build the wheel.
unset PYTHONPATH PYTHONHOME PYTHONSTARTUP
cd "$GITHUB_ACTION_PATH"
home=$(mktemp -d "$RUNNER_TEMP/auditor.XXXXXXXX")
python=$home/venv/bin/python
pip=("$python" -I -m pip install --quiet --disable-pip-version-check --no-compile)

"$BASE_PYTHON" -I -m venv "$home/venv" || failed
"${pip[@]}" --require-hashes --requirement ci/requirements.txt --requirement ci/build.txt || failed
"${pip[@]}" --no-deps --no-build-isolation . || failed
printf 'python=%s\n' "$python" >> "$GITHUB_OUTPUT"
