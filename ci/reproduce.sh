#!/usr/bin/env bash
# Build the last commit again, in another folder and with another umask, and compare the bytes with dist/.
set -euo pipefail
cd "$(dirname "$0")/.."

again=$(mktemp -d)
trap 'rm -rf "$again"' EXIT
umask 077
git clone --quiet --no-hardlinks . "$again/checkout"
"$again/checkout/ci/build.sh" >/dev/null
diff --recursive dist "$again/checkout/dist"
echo "reproduced: $(cd dist && echo *)"
