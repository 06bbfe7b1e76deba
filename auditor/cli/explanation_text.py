"""An explanation as a tree: each condition with its value and result, and the outcome in one sentence."""

from __future__ import annotations

from collections.abc import Iterator

from auditor.engine.explanation import Explanation, Outcome, RuleTrace
from auditor.model import Group
from auditor.model.values import display
from auditor.policy import Rule, Target
from auditor.policy.trace import Result, Trace
from auditor.reporters import Style
from auditor.text import count_of, no_commands, visible, wrap_lines

_MOST_ELEMENTS = 20
_MEMBERS = {
    Target.REPO: "repo",
    Target.INVENTORY: "group",
    Target.BINDING: "role binding",
    Target.ROLE: "role",
    Target.TENANT: "tenant",
}
_COLORS = {Result.TRUE: "green", Result.FALSE: "red", Result.UNKNOWN: "yellow", Result.ERROR: "red"}
_OUTCOMES = {Outcome.PASSES: "green", Outcome.FAILS: "red", Outcome.ERROR: "red"}


def explanation_text(explanation: Explanation, rule: Rule, style: Style) -> str:
    """Return an explanation, in lines that fit the terminal."""
    info = explanation.rule
    lines = [f"{style.paint(visible(info.id), 'bold')} {visible(info.name)} on {visible(explanation.repo.name)}"]
    for each in explanation.evaluations:
        lines += ["", *_evaluation(each, style)]
    for group, each in explanation.groups:
        lines += ["", *_group(group, style), *_evaluation(each, style)]
    lines += ["", *_wrapped(verdict(explanation, rule), "", style.width)]
    return no_commands("\n".join(lines) + "\n")


def verdict(explanation: Explanation, rule: Rule) -> str:
    """Return the outcome of a rule on a repo, in one sentence."""
    name, rule_id = explanation.repo.name, explanation.rule.id
    if explanation.not_evaluated:
        return f"{rule_id} is not evaluated on {name} ({explanation.not_evaluated}). This does not count as a pass."
    checked = [each for _, each in explanation.groups] or list(explanation.evaluations)
    outcome = explanation.outcome
    if outcome is Outcome.ERROR:
        return f"{rule_id} cannot be evaluated on {name}, so an audit would be incomplete."
    if outcome is Outcome.NOT_APPLICABLE:
        return f"{rule_id} does not apply to {name}{_because(rule, explanation)}."
    failing = sum(each.outcome is Outcome.FAILS for each in checked)
    if outcome is Outcome.FAILS:
        of = f" for {failing} of {len(checked)} {_things(rule)}s" if len(checked) > 1 else ""
        return f"{rule_id} fails on {name}{of}."
    passing = sum(each.outcome is Outcome.PASSES for each in checked)
    of = f" for each of the {passing} {_things(rule)}s that it applies to" if passing > 1 else ""
    return f"{rule_id} passes on {name}{of}."


def _because(rule: Rule, explanation: Explanation) -> str:
    if not explanation.evaluations:
        return f", which has no {_things(rule)}s" if rule.target is not Target.REPO else ""
    if rule.target is Target.INVENTORY:
        return ", which is in no group"
    return ": `when` is not true" + (f" for any of its {_things(rule)}s" if rule.target is not Target.REPO else "")


def _things(rule: Rule) -> str:
    return _MEMBERS.get(rule.target, "grant")


def _evaluation(each: RuleTrace, style: Style) -> Iterator[str]:
    outcome = style.paint(each.outcome.value, _OUTCOMES.get(each.outcome, "dim"))
    yield f"{visible(each.what)}: {outcome}"
    for key, node in (("when", each.when), ("must", each.must)):
        if node:
            yield f"  {key}"
            yield from _node(node, "    ", style)
    for finding in each.findings:
        yield from _wrapped(f"finding: {finding.message}", "  ", style.width)


def _node(node: Trace, indent: str, style: Style) -> Iterator[str]:
    result = style.paint(f"{node.result.value:8}", _COLORS[node.result])
    got = f", got {node.got}" if node.got and node.result is not Result.ERROR else f": {node.got}" if node.got else ""
    place = f" at {node.path}" if node.path else ""
    lines = _wrapped(f"{node.words}{got}{place}", f"{indent}{' ' * 8}", style.width)
    yield f"{indent}{result}{lines[0][len(indent) + 8 :]}"
    yield from lines[1:]
    for part in node.parts[:_MOST_ELEMENTS]:
        yield from _node(part, f"{indent}  ", style)
    if len(node.parts) > _MOST_ELEMENTS:
        yield f"{indent}  and {len(node.parts) - _MOST_ELEMENTS} more"


def _group(group: Group, style: Style) -> Iterator[str]:
    more = f" and {group.repos - len(group.members)} more" if group.repos > len(group.members) else ""
    members = f"{', '.join(group.members)}{more}"
    size = f"{count_of(group.size, 'member')} in {count_of(group.repos, 'repo')}"
    yield from _wrapped(f"in the group {display(group.key)}: {size}: {members}", "", style.width)


def _wrapped(text: str, indent: str, width: int) -> list[str]:
    return wrap_lines(text, width, indent, indent) or [indent]
