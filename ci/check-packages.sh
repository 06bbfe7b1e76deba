#!/usr/bin/env bash
# Check the wheel and the source distribution in dist/ or in the given folder. Needs no network.
set -euo pipefail
cd "$(dirname "$0")/.."
dist=${1:-dist}

twine check --strict "$dist"/*
check-wheel-contents "$dist"/*.whl
# There is no email address of the authors: reports go to the repository.
pyroma --min 10 --skip-tests AuthorEmail "$dist"/*.tar.gz
