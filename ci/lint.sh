#!/usr/bin/env bash
# Lint every file for CI services and containers; the linters are of the dependency group `lint`, and need no network.
set -euo pipefail
cd "$(dirname "$0")/.."

workflows=(.github/workflows/*.yml examples/github/*.yml)

shellcheck .ci/run ci/*.sh
zizmor --quiet --offline --pedantic --config .github/zizmor.yml action.yml "${workflows[@]}"
check-jsonschema --builtin-schema vendor.github-actions action.yml
check-jsonschema --builtin-schema vendor.github-workflows "${workflows[@]}"
check-jsonschema --builtin-schema vendor.gitlab-ci ci/gitlab/auditor.gitlab-ci.yml examples/gitlab/.gitlab-ci.yml
check-jsonschema --builtin-schema vendor.bitbucket-pipelines examples/bitbucket/bitbucket-pipelines.yml
kubernetes-validate --strict --quiet examples/kubernetes/*.yaml
hadolint Dockerfile
pre-commit validate-manifest .pre-commit-hooks.yaml
