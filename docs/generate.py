"""Write the generated pages and schemas, or with `--check` report whether they are up to date.

    python docs/generate.py [--check]

Rules and controls come from the shipped packs and the manifest schema, operators and fields from their registries,
licenses from the metadata of installed packages, and the picture from a real run of `auditor demo` at a fixed time.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from licenses import licenses_page
from pictures import auditor, terminals
from policy_schema import policy_schema

from auditor.documents import read_file
from auditor.policy import DEFAULT_PACK, FIELDS, MISSING, OPERATORS, Operator, Rule, load_policy
from auditor.policy.operators import Form
from auditor.policy.types import Type
from auditor.resources import shipped_packs

ROOT = Path(__file__).resolve().parent.parent
NOTE = "<!-- Written by docs/generate.py; change the source, not this page. -->\n\n"
_FORMS = {
    Form.MEASURE: "tests on the number",
    Form.ELEMENTS: "a condition about `item`",
    Form.COUNT: "`where` (a condition about `item`) and tests on the number",
}


def rules_page() -> str:
    """Return the reference of every shipped rule, a section for each pack."""
    intro = (
        "# Rules\n\nThe rules of the shipped packs, and the rules that are always on. To choose packs, see "
        "[packs](packs.md).\n"
    )
    packs = sorted(shipped_packs(), key=lambda name: (name != DEFAULT_PACK, name))
    sections = [_pack_section(name) for name in packs]
    page = auditor("rules", "--format", "markdown")
    others = set(re.findall(r"^\| \[([A-Z]+)", page, re.MULTILINE)) - _prefixes(DEFAULT_PACK)
    always = _section("Always on", "Rules that apply to every document, with any policy.\n", page, others)
    return f"{NOTE}{intro}{''.join([*sections, always])}"


def _prefixes(pack: str) -> set[str]:
    return {rule.info.id.rstrip("0123456789") for rule in own_rules(pack)}


def _pack_section(name: str) -> str:
    document = read_file(shipped_packs()[name])[0].plain()
    extends = ", ".join(f"`{each.partition('@')[0]}`" for each in document.get("extends", ()))
    about = f"{document['description']}{f' Extends {extends}.' if extends else ''}\n"
    page = auditor("rules", "--format", "markdown", "--policy", name)
    return _section(f"{name}: {document['title']}", about, page, _prefixes(name))


def _section(title: str, about: str, page: str, prefixes: set[str]) -> str:
    """Return the part of a page that `auditor rules` wrote which is about rules whose ids begin so."""
    table, *rules = page.split("\n## ")
    head, rows = table.splitlines()[:2], table.splitlines()[2:]
    kept = [row for row in rows if row[3:6] in prefixes]
    pages = [f"\n### {rule}" for rule in rules if rule[:3] in prefixes]
    return "\n".join([f"\n## {title}\n", about, *head, *kept, "".join(pages)])


def own_rules(pack: str) -> list[Rule]:
    """Return the rules that a pack itself has, not those of packs that it extends."""
    return [rule for rule in load_policy([pack]).rules if rule.pack == pack]


def controls_page() -> str:
    """Return the controls that rules help to meet."""
    intro = (
        "# Controls\n\nThe shipped rules help you meet these controls of common frameworks. To add your own "
        "mappings, use `controls` in a pack.\n\n"
        "**A mapping is not a certification.** A rule without findings is one piece of evidence for a control, and no "
        "rule covers a control completely. The titles are abbreviated, so refer to the text of the framework.\n\n"
    )
    rules = [rule.info for pack in shipped_packs() for rule in own_rules(pack)]
    found: dict[tuple[str, str, str], list[str]] = {}
    for rule in sorted(rules, key=lambda info: info.id):
        for each in rule.controls:
            link = f"[{rule.id}](rules.md#{rule.id.lower()})"
            found.setdefault((each.framework, each.id, each.title), []).append(link)
    rows = [f"| {' | '.join(control)} | {', '.join(links)} |\n" for control, links in sorted(found.items())]
    return f"{NOTE}{intro}| framework | control | title | rules |\n| --- | --- | --- | --- |\n{''.join(rows)}"


def operators_page() -> str:
    """Return the reference of every operator."""
    intro = (
        "# Operators\n\nThe operators that test a field in `when` and `must`. A scalar is short for `equals`, a list "
        "for `in`. Several operators for one field must all be true, and `not` negates them.\n\n"
        "Most tests of a missing field or null are *unknown*, neither true nor false. If `must` is unknown, the rule "
        "has a finding. If `when` is unknown, the rule does not apply. `not` of unknown is unknown.\n\n"
        "A value with a type that the operator does not support is an error. If the type of the field is known, the "
        'pack does not load (exit code 2). Otherwise the report lists the rule and the repo under "Not read", and '
        "the run is incomplete (exit code 3).\n\n"
    )
    columns = ("operator", "meaning", "types", "operand", "missing", "null", "empty", "wrong type", "true")
    head = f"| {' | '.join((*columns, 'false'))} |\n" + "| --- " * (len(columns) + 1) + "|\n"
    return f"{NOTE}{intro}{head}{''.join(_operator_row(each) for each in OPERATORS.values())}"


def _operator_row(operator: Operator) -> str:
    types = ", ".join(sorted(operator.types - {Type.ANY}))
    operand = operator.operand.name if operator.operand else _FORMS[operator.form]
    cells = (
        f"`{operator.name}`",
        operator.meaning,
        "any" if operator.types >= set(Type) else types,
        operand,
        operator.on_missing,
        operator.on_null,
        operator.on_empty,
        operator.on_wrong_type,
        _example(operator.name, *operator.passes),
        _example(operator.name, *operator.fails),
    )
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |\n"


def _example(name: str, value: object, operand: object) -> str:
    shown = "missing" if value is MISSING else f"`{json.dumps(value)}`"
    return f"{shown} with `{name}: {json.dumps(operand)}`"


def fields_page() -> str:
    """Return the reference of every field."""
    intro = (
        "# Fields\n\nThe fields that rules can use. If the data that provides a field is not available, the rules that "
        "use the field are *not evaluated*: see [what a rule needs](packs.md#what-a-rule-needs).\n\n"
    )
    head = "| field | type | provided by | for | meaning |\n| --- | --- | --- | --- | --- |\n"
    rows = (
        f"| `{each.name}` | {each.type} | {each.provider} | {each.only_for or 'every rule'} | {each.meaning} |\n"
        for each in FIELDS.values()
    )
    return f"{NOTE}{intro}{head}{''.join(rows)}"


def pages() -> Iterator[tuple[Path, str]]:
    """Yield every generated file with its content."""
    yield ROOT / "schemas" / "policy.schema.json", json.dumps(policy_schema(), indent=2) + "\n"
    yield ROOT / "docs" / "rules.md", rules_page()
    yield ROOT / "docs" / "controls.md", controls_page()
    yield ROOT / "docs" / "operators.md", operators_page()
    yield ROOT / "docs" / "fields.md", fields_page()
    yield ROOT / "docs" / "licenses.md", NOTE + licenses_page()
    yield from terminals()


def essence(path: Path, content: str) -> object:
    """Return what has to be the same: of a picture its text, since how it is drawn is the drawing library's affair."""
    return re.findall(r"<text[^>]*>([^<]*)</text>", content) if path.suffix == ".svg" else content


def main() -> int:
    """Write the files, or report which are stale."""
    stale = []
    for path, content in pages():
        if not path.exists() or essence(path, path.read_text("utf-8")) != essence(path, content):
            path.parent.mkdir(exist_ok=True)
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
