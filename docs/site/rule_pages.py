"""A page for each shipped rule, made from the pack itself: texts, requirement, examples and what they come to.

Rules that are always on have no pack. Their examples are files in `always_on.yaml`, which are checked here.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from auditor import check
from auditor.cli.rules import SCHEMA_PACK, entries
from auditor.model import Finding, RuleInfo
from auditor.model.values import display
from auditor.policy import DEFAULT_PACK, Rule, load_policy
from auditor.policy.examples import Example
from auditor.policy_tools.testing.pack_tests import evaluate_rule, with_params
from auditor.resources import shipped_packs

_FILES = Path(__file__).with_name("always_on.yaml")
_LOGIC = ("for", "group_by", "distinct", "when", "must", "message")
_EXCERPT = "The examples contain only the keys that the rule uses."
_ONLY_THE_API = (
    "A manifest file cannot have this finding, because a document without the right type is not an ML repo. Only "
    "repos of a tenant can have it."
)


@dataclass(frozen=True)
class RulePage:
    """A page of the site about one rule.

    Attributes:
        id: The id of the rule.
        pack: The pack that has it, or `always on`.
        title: What the page is called in the navigation.
        text: Its Markdown.
    """

    id: str
    pack: str
    title: str
    text: str


def rule_pages() -> Iterator[RulePage]:
    """Yield the page of every shipped rule, the default pack first and the rules that are always on last."""
    for pack in sorted(shipped_packs(), key=lambda name: (name != DEFAULT_PACK, name)):
        for rule in load_policy([pack]).rules:
            if rule.pack == pack:
                yield _page(rule.info, pack, _of_pack(rule))
    files = yaml.safe_load(_FILES.read_text("utf-8"))
    for info in (each.info for each in entries(load_policy()) if not each.rule):
        yield _page(info, SCHEMA_PACK, _of_files(info, files[info.id]))


def _page(info: RuleInfo, pack: str, parts: Iterable[str]) -> RulePage:
    home = "always on, with any policy" if pack == SCHEMA_PACK else f"pack [`{pack}`](../packs.md)"
    head = f"# {info.name} ({info.id})\n\n**{info.title}.**\n\n{info.severity.label} · {info.category} · {home}\n"
    texts = [f"## Why\n\n{info.rationale}\n", f"## How to fix it\n\n{info.remediation}\n"]
    body = "\n".join([head, *texts, *parts, *_controls(info), *_settings(info, pack)])
    # A search for the id of a rule leads to its page, not to the pages that mention it.
    settings = {"description": f"{info.name}: {info.title}.", "search": {"boost": 20}}
    meta = yaml.safe_dump(settings, width=1000)
    return RulePage(info.id, pack, f"{info.id} {info.name}", f"---\n{meta}---\n\n{body}")


def _of_pack(rule: Rule) -> Iterator[str]:
    written = rule.written.mapping()
    logic = {key: written[key].plain() for key in _LOGIC if key in written}
    examples = rule.read_examples()
    yield f"## Examples\n\n{_EXCERPT}\n"
    for heading, passes in (("With a finding", False), ("Without a finding", True)):
        yield from _examples(rule, heading, [each for each in examples if each.passes is passes])
    yield f"## The rule\n\n{_yaml(logic)}"
    yield from _params(rule)
    needs = ", ".join(sorted(str(field.provider) for field in {each.provider: each for each in rule.reads}.values()))
    yield f"The rule needs data from: {needs}. See [what a rule needs](../packs.md#what-a-rule-needs).\n"


def _examples(rule: Rule, heading: str, examples: list[Example]) -> Iterator[str]:
    for number, example in enumerate(examples):
        findings = evaluate_rule(with_params(rule, example.params), example).findings
        if bool(findings) is example.passes:
            raise ValueError(f"{rule.info.id}: an example does not come out as the pack says")
        shown = f"{_yaml(_shown(example.cursor.plain()))}{_found(findings)}"
        if number == 0:
            yield f"### {heading}\n\n{shown}"
        elif number == 1:
            yield f'??? note "More examples"\n\n{_indented(shown)}'
        else:
            yield _indented(shown)


def _shown(example: object) -> object:
    """Return what is shown of an example: the manifest itself if there is nothing else."""
    return example["manifest"] if isinstance(example, dict) and set(example) == {"manifest"} else example


def _found(findings: Iterable[Finding]) -> str:
    return "".join(f"```text\n{each}\n```\n\n" for each in dict.fromkeys(each.message for each in findings))


def _params(rule: Rule) -> Iterator[str]:
    if not rule.params:
        return
    rows = "".join(f"| `{name}` | {_code(value)} |\n" for name, value in rule.params.items())
    yield f"## Parameters\n\n| parameter | default |\n| --- | --- |\n{rows}"


def _code(value: object) -> str:
    text = display(value).replace("|", "\\|")
    return f"`` {text} ``" if "`" in text else f"`{text}`"


def _of_files(info: RuleInfo, files: Mapping[str, str | None]) -> Iterator[str]:
    yield "## Examples\n"
    for heading, key in (("With a finding", "fail"), ("Without a finding", "pass")):
        text = files[key]
        if text is None:
            yield f"### {heading}\n\n{_ONLY_THE_API}\n"
            continue
        messages = [each.message for each in found_in(text) if each.rule.id == info.id]
        if bool(messages) is (key == "pass"):
            raise ValueError(f"{info.id}: the {key} example in {_FILES.name} does not come out so: {messages}")
        shown = "".join(f"```text\n{each}\n```\n\n" for each in messages)
        yield f"### {heading}\n\n```yaml\n{text}```\n\n{shown}"


def found_in(text: str) -> tuple[Finding, ...]:
    """Return the findings of a manifest file."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "manifest.yaml")
        file.write_text(text, "utf-8")
        return check([str(file)], load_policy()).findings


def _controls(info: RuleInfo) -> Iterator[str]:
    if info.controls:
        rows = "".join(f"| {each.framework} | {each.id} | {each.title} |\n" for each in info.controls)
        yield f"## Controls\n\n| framework | control | title |\n| --- | --- | --- |\n{rows}"


def _settings(info: RuleInfo, pack: str) -> Iterator[str]:
    if pack != SCHEMA_PACK:
        yield f"## Turn it off\n\nIn `auditor.yaml`:\n\n```yaml\nrules:\n  {info.name}: off\n```\n"
        yield f"Or change its severity: `{info.name}: {{severity: low}}`.\n"
    if info.aliases:
        yield f"Former names, which still work: {', '.join(f'`{each}`' for each in info.aliases)}.\n"
    accept = (
        "To accept a finding for some time, add a [waiver](../waivers.md)."
        if info.waivable
        else "Findings of this rule cannot be waived."
    )
    yield f"{accept} To show this description in a terminal, run `auditor explain {info.id}`.\n"


class _Plain(yaml.SafeDumper):
    """Writes every value where it is used, without anchors."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ANN401, ARG002 - PyYAML's
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002 - PyYAML's
        super().increase_indent(flow, indentless=False)


def _yaml(value: object) -> str:
    plain = json.loads(json.dumps(value, default=str))
    text = yaml.dump(plain, Dumper=_Plain, sort_keys=False, allow_unicode=True, width=100)
    return f"```yaml\n{text}```\n\n"


def _indented(text: str) -> str:
    return "".join(f"    {line}" if line.strip() else line for line in text.splitlines(keepends=True))
