#!/usr/bin/env bash
# Run Auditor once for action.yml: annotations on stdout, a step summary, JSON, and SARIF that only a complete run uploads.
#
# Inputs come in INPUT_* variables. Each line of a list becomes one argument, as it is: nothing in an input is ever
# evaluated, split or expanded, and paths cannot become options.
#
# Reads: INPUT_*, BASE_SHA (the base commit of a pull request or merge queue, empty for other events), VENV_PYTHON,
# RUNNER_TEMP, GITHUB_OUTPUT, GITHUB_STEP_SUMMARY.
# Writes the outputs `exit-code`, `verdict`, `report-file` and `sarif-file`, and ends with Auditor's exit code.
set -euo pipefail

finish() { # CODE VERDICT
  printf 'exit-code=%s\nverdict=%s\n' "$1" "$2" >> "$GITHUB_OUTPUT"
  exit "$1"
}

annotate() { # VERDICT LINE
  local text=${2//'%'/%25}
  printf '::error title=auditor%%3A %s::%s\n' "$1" "${text//$'\r'/%0D}"
}

invalid() { # LINE
  annotate invalid "$1"
  finish 2 invalid
}

each() { # PREFIX LINES: add every line that is not empty as an argument
  local line
  while IFS= read -r line; do
    if [ -n "$line" ]; then arguments+=("$1$line"); fi
  done <<< "$2"
}

have_commit() {
  git cat-file -e "$1^{commit}" 2> "$work/git" ||
    GIT_TERMINAL_PROMPT=0 git fetch --quiet --no-tags --depth=1 origin "$1" 2> "$work/git"
}

policy_from() { # print where the policy comes from
  case $INPUT_POLICY_FROM in
    '') invalid 'policy-from is empty, expected auto, checkout or a git ref; an expression in it may have no value' ;;
    checkout) return ;;
    auto) if [ "$INPUT_COMMAND" = audit ] || [ -z "$BASE_SHA" ]; then return; fi ;;
    *) BASE_SHA=$INPUT_POLICY_FROM ;;
  esac
  if [ "$INPUT_POLICY_FROM" = auto ] && ! have_commit "$BASE_SHA"; then
    cat "$work/git" >&2
    invalid 'the base commit is not in this checkout, and could not be fetched; set fetch-depth: 0 for actions/checkout'
  fi
  arguments+=("--policy-from=$BASE_SHA")
}

status() { # the status in the report, if there is one and it agrees with the exit code
  local in_report
  in_report=$("$VENV_PYTHON" -I -c 'import json, sys; print(json.load(open(sys.argv[1]))["verdict"]["status"])' \
    "$work/auditor.json" 2> /dev/null) || return 1
  case "$code $in_report" in
    '0 clean' | '0 findings' | '1 findings') verdict=$in_report ;;
    *) return 1 ;;
  esac
}

work=$(mktemp -d "$RUNNER_TEMP/auditor.XXXXXXXX")
case $INPUT_COMMAND in
  check | audit) ;;
  *) invalid 'command is neither check nor audit' ;;
esac
arguments=("$INPUT_COMMAND" --format github --report "json=$work/auditor.json" --report "sarif=$work/auditor.sarif")
arguments+=(--report "markdown=$work/summary.md")
if [ "$INPUT_COMMAND" = check ] && [ -n "$BASE_SHA" ]; then arguments+=(--allow-empty); fi # a change may have no manifests
policy_from
if [ -n "$INPUT_CONFIG" ]; then arguments+=("--config=$INPUT_CONFIG"); fi
if [ -n "$INPUT_FAIL_ON" ]; then arguments+=("--fail-on=$INPUT_FAIL_ON"); fi
if [ -n "$INPUT_POLICY_DIGEST" ]; then arguments+=("--policy-digest=$INPUT_POLICY_DIGEST"); fi
each --policy= "$INPUT_POLICY"
each --param= "$INPUT_PARAMS"
each --report= "$INPUT_REPORTS"
each '' "$INPUT_ARGS"
arguments+=(--)
each '' "$INPUT_PATHS"

# -I: files in the checkout or in PYTHONPATH can never be imported instead of our own modules.
code=0
"$VENV_PYTHON" -I -X utf8 -m auditor "${arguments[@]}" < /dev/null 2> "$work/stderr" || code=$?
cat "$work/stderr" >&2

case $code in
  0 | 1) status || { code=4 && verdict=internal-error; } ;;
  2) verdict=invalid ;;
  3) verdict=incomplete ;;
  5) verdict=undelivered ;;
  130 | 143) verdict=interrupted ;;
  *) verdict=internal-error ;;
esac

# An annotation with the reason, unless a report contains it already.
case $code in
  0 | 1 | 3) ;;
  *) annotate "$verdict" "$(tail -n 1 "$work/stderr")" ;;
esac

# A report has 65,000 characters at most, so 260,000 bytes; a summary may have 1 MiB.
if [ -s "$work/summary.md" ]; then cat "$work/summary.md" >> "$GITHUB_STEP_SUMMARY"; fi
if [ -s "$work/auditor.json" ]; then printf 'report-file=%s\n' "$work/auditor.json" >> "$GITHUB_OUTPUT"; fi

# Code scanning closes findings that an upload does not contain, so a run that is incomplete or restricted by options has
# no SARIF output.
if [ "$code" -le 1 ] && [ -f "$work/auditor.sarif" ]; then printf 'sarif-file=%s\n' "$work/auditor.sarif" >> "$GITHUB_OUTPUT"; fi
finish "$code" "$verdict"
