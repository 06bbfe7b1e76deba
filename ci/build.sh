#!/usr/bin/env bash
# Build the source distribution, and the wheel from it, into dist/.
#
# The same commit gives the same bytes: the build backend is locked, and files carry the time of the last commit. (Another
# version of zlib may compress differently; the files inside stay the same.)
set -euo pipefail
cd "$(dirname "$0")/.."

SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
export SOURCE_DATE_EPOCH PIP_CONSTRAINT="$PWD/ci/build.txt"
rm -rf dist
python -m build
(cd dist && sha256sum -- *)
