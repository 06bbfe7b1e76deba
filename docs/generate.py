"""Write the generated pages and schemas, or with `--check` tell whether they are fresh.

    python docs/generate.py [--check]

Rules come from the shipped packs and the manifest schema, operators and fields from their registries, and the picture
from a real run of `auditor demo` at a fixed time.
"""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from rich.console import Console
from rich.text import Text

from auditor.policy import FIELDS, MISSING, OPERATORS, Operator
from auditor.policy.schema import policy_schema

ROOT = Path(__file__).resolve().parent.parent
NOTE = "<!-- Written by docs/generate.py; change the source, not this page. -->\n\n"
PICTURE_COLUMNS = 100
PICTURE_TOP, PICTURE_BOTTOM = 22, 14


def auditor(*arguments: str, **environment: str) -> str:
    """Return what a command prints."""
    command = [sys.executable, "-m", "auditor", *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, check=False, env={**os.environ, **environment}
    ).stdout


def rules_page() -> str:
    """Return the reference of every shipped rule."""
    intro = (
        "# Rules\n\nThe rules of the shipped pack `ml-repo-baseline` (MLR), and those that are always on: of the "
        "schemas of ML repos (MLS) and role bindings (MLB), and of the documents in manifest files (MLF).\n\n"
    )
    return f"{NOTE}{intro}{auditor('rules', '--format', 'markdown', '--policy', 'ml-repo-baseline')}"


def operators_page() -> str:
    """Return the reference of every operator."""
    intro = (
        "# Operators\n\nWhat may stand under a field in `when` and `must`. A scalar is short for `equals`, a list for "
        "`in`; several operators under one field have to hold together, and `not` turns them round.\n\n"
        "A missing field and null are *unknown* unless the table says otherwise: an unknown `must` is a finding, an "
        "unknown `when` does not apply, and `not` of unknown is unknown. A value of a type that the operator does not "
        "know is an error, found when the pack is loaded wherever the type of the field is known, else reported as "
        "not evaluated with exit code 3.\n\n"
    )
    head = "| operator | asks | works on | operand | missing | null | holds | does not hold |\n" + "| --- " * 8 + "|\n"
    return f"{NOTE}{intro}{head}{''.join(_operator_row(each) for each in OPERATORS.values())}"


def _operator_row(operator: Operator) -> str:
    types = ", ".join(sorted(operator.types))
    operand = operator.operand.name if operator.operand else "tests on the number"
    cells = (
        f"`{operator.name}`",
        operator.meaning,
        "any" if len(operator.types) > 5 else types,
        operand,
        operator.on_missing,
        operator.on_null,
        _example(operator.name, *operator.passes),
        _example(operator.name, *operator.fails),
    )
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |\n"


def _example(name: str, value: object, operand: object) -> str:
    shown = "missing" if value is MISSING else f"`{json.dumps(value)}`"
    return f"{shown} with `{name}: {json.dumps(operand)}`"


def fields_page() -> str:
    """Return the catalogue of fields."""
    intro = (
        "# Fields\n\nEverything that a rule may speak about. A rule is *not evaluated* where the provider of one of "
        "its fields has nothing to say: counted, listed, and never a pass.\n\n"
    )
    head = "| field | type | provided by | for | meaning |\n| --- | --- | --- | --- | --- |\n"
    rows = (
        f"| `{each.name}` | {each.type} | {each.provider} | {each.only_for or 'every rule'} | {each.meaning} |\n"
        for each in FIELDS.values()
    )
    return f"{NOTE}{intro}{head}{''.join(rows)}"


def picture() -> str:
    """Return the start and the end of a demo run as an SVG."""
    output = auditor(
        "demo", "--quiet", COLUMNS=str(PICTURE_COLUMNS), SOURCE_DATE_EPOCH="1767225600", PYTHONHASHSEED="0"
    )
    lines = re.sub(r"127\.0\.0\.1:[0-9]+", "127.0.0.1:8321", output).splitlines()
    console = Console(record=True, width=PICTURE_COLUMNS, file=io.StringIO())
    console.print(Text("$ auditor demo", style="bold"))
    for line in [*lines[:PICTURE_TOP], "", "[...]", "", *lines[-PICTURE_BOTTOM:]]:
        console.print(_coloured(line), soft_wrap=True)
    svg = console.export_svg(title="auditor", unique_id="demo")
    return re.sub(r"\s*@font-face \{.*?\}", "", svg, flags=re.DOTALL)


def _coloured(line: str) -> Text:
    text = Text(line)
    text.highlight_regex(r"^CRITICAL", "bold red")
    text.highlight_regex(r"^HIGH", "red")
    text.highlight_regex(r"^MEDIUM|^FINDINGS", "yellow")
    text.highlight_regex(r"^By (severity|rule)|^Not evaluated", "bold")
    return text


def pages() -> Iterator[tuple[Path, str]]:
    """Yield every generated file with its content."""
    yield ROOT / "schemas" / "policy.schema.json", json.dumps(policy_schema(), indent=2) + "\n"
    yield ROOT / "docs" / "rules.md", rules_page()
    yield ROOT / "docs" / "operators.md", operators_page()
    yield ROOT / "docs" / "fields.md", fields_page()
    yield ROOT / "docs" / "demo.svg", picture()


def essence(path: Path, content: str) -> object:
    """Return what has to be the same: of a picture its text, since how it is drawn is the drawing library's affair."""
    return re.findall(r"<text[^>]*>([^<]*)</text>", content) if path.suffix == ".svg" else content


def main() -> int:
    """Write the files, or tell which are stale."""
    stale = []
    for path, content in pages():
        if not path.exists() or essence(path, path.read_text("utf-8")) != essence(path, content):
            stale.append(str(path.relative_to(ROOT)))
            if "--check" not in sys.argv:
                path.write_text(content, "utf-8")
    if stale and "--check" in sys.argv:
        print(f"stale: {', '.join(stale)}; run `make docs`", file=sys.stderr)
        return 1
    print(f"{'wrote ' + ', '.join(stale) if stale else 'generated files are fresh'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
