"""`auditor access`: who can do what, on the live control plane or in a saved snapshot."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from pathlib import Path

import click

from auditor.access import DirectoryIndex
from auditor.access.matrix import RENDERERS, Matrix, Review, SortBy, View
from auditor.access.matrix.review import COULD_BE_MISSING, removal_impact
from auditor.access.matrix.table import receipt
from auditor.access.suggestions import Heading, Suggestions, write_suggestions
from auditor.cli.connection import Connection, Verification, connection_options, verification_options
from auditor.cli.help import Command
from auditor.cli.options import (
    FILE,
    RedactOptions,
    config_option,
    format_option,
    max_age_option,
    output_option,
    quiet_option,
    redact_options,
)
from auditor.cli.output import Target, note, print_verdict, write_rendered
from auditor.cli.progress import progress_bar
from auditor.cli.redaction import Redaction
from auditor.cli.settings import clock, read_config
from auditor.errors import InvalidError, did_you_mean
from auditor.model import (
    GRANT_SURFACES,
    PROGRESS_STEP,
    TENANT_SURFACES,
    Directory,
    Level,
    Repo,
    Source,
    Status,
    Subject,
    Unread,
    UnreadKind,
    Verdict,
    directory_of,
)
from auditor.text import count_of
from auditor.verdict import conclude_reading

_ORDERS = ("repo", "subject", "team", "role", "storage")
_PARTS = GRANT_SURFACES | TENANT_SURFACES


class _Subject(click.ParamType[Subject]):
    """A subject, written `<type>:<name>`."""

    name = "subject"

    def convert(self, value: str | Subject, param: click.Parameter | None, ctx: click.Context | None) -> Subject:
        """Read a subject."""
        subject = value if isinstance(value, Subject) else Subject.parse(value)
        if not subject.type or not subject.name:
            self.fail(f"{value!r} is not a subject such as user:sam@example.com or team:fraud-ml", param, ctx)
        return subject


@click.command("access", cls=Command, short_help="List every grant on every repo")
@click.argument("snapshot", required=False, type=FILE, help="Snapshot to read instead of the control plane.")
@click.option("--by", type=click.Choice(_ORDERS), default="repo", show_default=True, help="Sort order.")
@click.option("--subject", type=_Subject(), help="Show only grants of this subject, including grants through teams.")
@click.option("--repo", metavar="NAME", help="Show only this repo.")
@click.option("--admins", is_flag=True, help="Show only admin roles, and roles with unknown permissions.")
@click.option("--expand", is_flag=True, help='Replace teams with their members, and "every repo" with each repo.')
@click.option(
    "--without", type=_Subject(), help="Show repos that would lose their last admin if this subject were removed."
)
@format_option(*RENDERERS)
@output_option
@click.option(
    "--suggest",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Write manifests with suggested fixes to this directory. Nothing is applied.",
)
@verification_options("--verify", alone="all")
@redact_options
@quiet_option
@config_option
@max_age_option
@connection_options
def access_command(
    snapshot: Path | None,
    by: str,
    subject: Subject | None,
    repo: str | None,
    admins: bool,
    expand: bool,
    without: Subject | None,
    format_name: str,
    output: Path | None,
    suggest: Path | None,
    verification: Verification,
    redact_options: RedactOptions,
    quiet: bool,
    config: Path | None,
    max_age: timedelta | None,
    connection: Connection,
) -> int:
    """List every grant on every repo, and where it comes from.

    Reads the control plane, or a SNAPSHOT saved by `auditor fetch`. Grants come from role bindings, collaborators in
    manifests, virtual accounts, workspaces, and roles on the tenant. Exit code 3 means that the list is incomplete.
    """
    view = View(SortBy(by), subject, repo, admins, expand)
    if suggest and redact_options.redact:
        raise InvalidError("--suggest cannot be used with --redact: manifests need real names", "remove one of them")
    redaction = Redaction(redact_options)
    levels = read_config(config).role_levels
    source = verification.source(connection, snapshot, max_age)
    for target in redaction.outputs([Target("output", output)]):
        if target.file and snapshot and target.file.resolve() == snapshot.resolve():
            raise InvalidError(f"the {target.what} would overwrite the snapshot", "write it to a different file")
    suggestions = Suggestions(repo) if suggest else None
    with progress_bar(quiet) as progress:
        review = _reviewed(source, view, without, progress, suggestions, levels)
    shown = redaction.review(review)
    if review.complete:
        _refuse_unknown_repo(shown.view.repo, shown.matrix)
    write_rendered(RENDERERS[format_name], shown, output)
    if suggest and suggestions:
        _suggest(suggest, suggestions, review)
    return _end(review, [each for each in (subject, without) if each], redaction)


def _suggest(folder: Path, suggestions: Suggestions, review: Review) -> None:
    """Write the suggested manifests, and print what needs a manual decision."""
    found = list(suggestions.all())
    write_suggestions(folder, found, Heading(receipt(review), "" if review.complete else review.reason))
    for line in suggestions.left:
        note(f"auditor: needs a manual decision: {line}")
    note(f"auditor: {count_of(len(found), 'suggestion')} written to {folder} (not applied)")


def _reviewed(
    source: Source,
    view: View,
    without: Subject | None,
    progress: Callable[[int, int | None], None],
    suggestions: Suggestions | None,
    levels: Mapping[str, Level],
) -> Review:
    """Read a source."""
    started = source.origin().started_at or clock()
    directory = directory_of(source, _PARTS)
    matrix = Matrix(DirectoryIndex(directory, levels))
    if suggestions:
        suggestions.start(matrix.directory)
    unread: list[Unread] = []
    for item in source.collect():
        if isinstance(item, Unread):
            unread.append(item)
        elif isinstance(item, Repo):
            matrix.add(item)
            if suggestions:
                suggestions.add(item)
            if len(matrix) % PROGRESS_STEP == 0:
                progress(len(matrix), source.origin().total)
    origin = source.origin()
    missing = _not_read(directory) if len(matrix) else directory.unread
    unread_access = (*_absent(directory), *matrix.directory.unread_access) if len(matrix) else ()
    all_unread = (*unread, *missing, *matrix.unread, *unread_access)
    incomplete = conclude_reading(origin, len(matrix), all_unread)
    return Review(
        complete=incomplete is None,
        reason=incomplete.reason if incomplete else f"every grant on {count_of(len(matrix), 'repo')} was read",
        origin=origin,
        started_at=started,
        finished_at=origin.finished_at or clock(),
        unread=all_unread,
        matrix=matrix,
        view=view,
        impact=None if without is None else removal_impact(matrix, without),
    )


def _not_read(directory: Directory) -> Iterable[Unread]:
    """Yield the unread parts of the directory: those that could not be read, and those that were never requested."""
    yield from directory.unread
    fix = "take a new one with `auditor fetch`, without --leave-out"
    for provider in sorted(_PARTS):
        part = directory.part(provider)
        if not part.provided and not part.absent:
            what = f"the list of {provider.value}"
            yield Unread(UnreadKind.DIRECTORY, what, "the snapshot does not contain it", fix)
    if not directory.tenant_roles and directory.roles.provided:
        reason = (
            "the snapshot is from an older version of Auditor and does not contain them, "
            "so subjects with access to every repo may be missing"
        )
        yield Unread(UnreadKind.DIRECTORY, "roles on the tenant", reason, fix)


def _absent(directory: Directory) -> Iterable[Unread]:
    """Yield the lists that the control plane lacks, with the grants that could therefore be missing."""
    for provider, what in COULD_BE_MISSING.items():
        if directory.part(provider).absent:
            reason = f"the control plane does not have it, so {what} may be missing"
            yield Unread(UnreadKind.DIRECTORY, f"the list of {provider.value}", reason)


def _refuse_unknown_repo(repo: str | None, matrix: Matrix) -> None:
    names = {place.name for place in matrix.places} if repo else set()
    if repo and repo not in names:
        raise InvalidError(f"unknown repo {repo!r}", did_you_mean(repo, names))


def _end(review: Review, asked: Iterable[Subject], redaction: Redaction) -> int:
    matrix = review.matrix
    holders = {str(grant.subject) for grant in (*matrix.tenant_grants, *matrix.grants)}
    for subject in asked:
        if matrix.directory.known(subject) is False and str(subject) not in holders:
            missing = f"auditor: {subject} does not exist; {did_you_mean(str(subject), holders)}".rstrip("; ")
            note(redaction.text(missing))
    redaction.write_map()
    if not review.complete:
        print_verdict(Verdict(Status.INCOMPLETE, 3, complete=False, reason=redaction.text(review.reason)))
        return 3
    note(f"auditor: exit 0, complete: {redaction.text(review.reason)}")
    return 0
