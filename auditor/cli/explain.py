"""`auditor explain`: show what a rule means and, for a repo, why it has a finding or none."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from auditor.access import DirectoryIndex
from auditor.cli.connection import Connection, connection_options
from auditor.cli.explanation_text import explanation_text
from auditor.cli.help import Command
from auditor.cli.options import FILE, PolicyOptions, no_color_option, policy_options
from auditor.cli.output import print_verdict, terminal_width, use_color, write_stdout
from auditor.cli.rule_text import rule_text
from auditor.cli.rules import Entry, entries
from auditor.cli.settings import clock, load_config_and_policy
from auditor.documents import read_file
from auditor.engine.explanation import explain
from auditor.errors import InvalidError, did_you_mean
from auditor.model import Provider, Repo, Source, Status, Unread, Verdict, directory_of
from auditor.policy import Policy, Rule, Target
from auditor.policy.longform import as_yaml, long_rule
from auditor.policy.policy import directory_parts
from auditor.reporters import Style


@click.command("explain", cls=Command, short_help="Explain a rule and its result on a repo")
@click.argument("rule", help="Id or name of the rule.")
@click.argument("repo", required=False, help="Name or id of the repo.")
@click.option("--expanded", is_flag=True, help="Print the rule as YAML, without shorthand.")
@click.option("--snapshot", type=FILE, help="Explain a repo from this snapshot instead of the control plane.")
@click.option("--manifest", type=FILE, help="Explain the repo in this manifest instead of the control plane.")
@no_color_option
@connection_options
@policy_options
def explain_command(
    rule: str,
    repo: str | None,
    expanded: bool,
    snapshot: Path | None,
    manifest: Path | None,
    no_color: bool,
    connection: Connection,
    policy_options: PolicyOptions,
) -> int:
    """Explain RULE, or its result on REPO.

    With REPO, shows every condition with its value and result. For a rule across repos, shows
    the groups that contain the repo.
    """
    _, policy = load_config_and_policy(policy_options)
    entry = _find(policy, rule)
    _refuse_contradictions(repo, snapshot, manifest, expanded=expanded)
    style = Style(terminal_width(), use_color(no_color))
    if expanded:
        write_stdout([_expanded(entry)])
        return 0
    if repo is None and manifest is None:
        write_stdout([rule_text(entry, style)])
        return 0
    if entry.rule is None:
        raise InvalidError(
            f"{entry.info.id} is a rule of the manifest schema, so it has no conditions",
            f"see its description with `auditor explain {entry.info.id}`",
        )
    if manifest:
        return _on_manifest(entry.rule, repo, manifest, style)
    return _on_repo(entry.rule, repo or "", connection.source(snapshot), style)


def _find(policy: Policy, word: str) -> Entry:
    known = entries(policy)
    for entry in known:
        if word in (entry.info.id, entry.info.name, *entry.info.aliases):
            return entry
    words = [word for entry in known for word in (entry.info.id, entry.info.name)]
    raise InvalidError(
        f"rule {word!r} is not in the policy",
        did_you_mean(word, words) or "list the rules with `auditor rules`, or add its pack with --policy",
    )


def _refuse_contradictions(repo: str | None, snapshot: Path | None, manifest: Path | None, *, expanded: bool) -> None:
    if snapshot and manifest:
        raise InvalidError("--snapshot and --manifest cannot be used together", "keep one")
    if snapshot and repo is None:
        raise InvalidError("--snapshot needs a repo", "pass the repo after the rule")
    if expanded and (repo or manifest):
        raise InvalidError("--expanded applies to the rule only", "remove the repo or --expanded")


def _expanded(entry: Entry) -> str:
    plain = entry.rule.written.plain() if entry.rule else None
    if not isinstance(plain, dict):
        raise InvalidError(f"{entry.info.id} is a rule of the manifest schema", "see `auditor policy schema ml-repo`")
    return as_yaml(long_rule(plain))


def _on_manifest(rule: Rule, name: str | None, path: Path, style: Style) -> int:
    if rule.target is Target.INVENTORY:
        raise InvalidError(f"{rule.info.id} is evaluated on all repos together", "pass a repo and --snapshot")
    document, _ = read_file(path)
    plain = document.plain()
    if not isinstance(plain, dict):
        document.fail(f"is {document.kind}, expected a manifest")
    repo = Repo(str(path), plain)
    if name not in (None, repo.name):
        raise InvalidError(f"{path} describes {repo.name}, not {name}", "omit the name")
    explanation = explain(rule, repo, clock(), frozenset({Provider.MANIFEST, Provider.GRANTS}))
    write_stdout([explanation_text(explanation, rule, style)])
    return 0


def _on_repo(rule: Rule, name: str, source: Source, style: Style) -> int:
    now = source.origin().started_at or clock()
    directory = directory_of(source, directory_parts(rule.needs))
    repos: dict[str, Repo] = {}
    unread: list[Unread] = [*directory.unread]
    for item in source.collect():
        if isinstance(item, Repo):
            repos[item.id] = item
        elif isinstance(item, Unread):
            unread.append(item)
    repo = _named(name, list(repos.values()), unread)
    if repo is None:
        return _incomplete(f"the repo {name!r} was not found, but the inventory is incomplete: {unread[0]}")
    provides = source.provides | directory.provides
    explanation = explain(rule, repo, now, provides, repos.values(), DirectoryIndex(directory))
    write_stdout([explanation_text(explanation, rule, style)])
    if directory.unread:
        return _incomplete(f"the data that the rule needs is incomplete: {unread[0]}")
    if unread and rule.target is Target.INVENTORY:
        return _incomplete(f"groups may be incomplete, because not every repo was read: {unread[0]}")
    return 0


def _named(name: str, repos: Sequence[Repo], unread: Sequence[Unread]) -> Repo | None:
    found = [repo for repo in repos if repo.id == name] or [repo for repo in repos if repo.name == name]
    if len(found) > 1:
        ids = ", ".join(repo.id for repo in found)
        raise InvalidError(f"several repos have the name {name!r}", f"pass an id: {ids}")
    if not found and not unread:
        raise InvalidError(f"unknown repo {name!r}", did_you_mean(name, {repo.name for repo in repos}))
    return found[0] if found else None


def _incomplete(reason: str) -> int:
    print_verdict(Verdict(Status.INCOMPLETE, 3, complete=False, reason=reason))
    return 3
