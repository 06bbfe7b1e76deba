"""The functions of the public API outside the pipeline: load policies, read and render reports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from os import PathLike, fspath
from pathlib import Path

from auditor.errors import InvalidError
from auditor.model import Report
from auditor.plugins import reporter_of
from auditor.policy import DEFAULT_PACK, Policy, Settings
from auditor.policy import load_policy as compile_policy
from auditor.reporters import Reporter, Style, json_reader


def load_policy(
    packs: str | PathLike[str] | Sequence[str | PathLike[str]] = DEFAULT_PACK,
    *,
    params: Mapping[str, str] | None = None,
    only: Sequence[str] = (),
    without: Sequence[str] = (),
) -> Policy:
    """Load packs and compile their rules. `auditor.yaml` is not read.

    Args:
        packs: One pack or a list of packs: names of shipped packs, or files.
        params: Values of pack parameters by name, as strings like those of `--param`: `{"max_admins": "3"}`.
        only: Selectors of the rules to evaluate, like those of `--rule`: `["severity:high+"]`; empty for all rules.
        without: Selectors of rules to skip, like those of `--exclude-rule`.

    Raises:
        InvalidError: A pack, a parameter or a selector is invalid, or no rule is selected.
    """
    names = [packs] if isinstance(packs, str | PathLike) else packs
    settings = Settings(texts=params or {}, only=tuple(only), without=tuple(without))
    return compile_policy([fspath(each) for each in names], settings)


def read_report(file: str | PathLike[str]) -> Report:
    """Return the report of an earlier run from its JSON report, written by this or an older version of Auditor.

    Args:
        file: The JSON report.

    Raises:
        InvalidError: The file cannot be read, or is not a JSON report.
    """
    try:
        data = Path(file).read_bytes()
    except OSError as error:
        raise InvalidError(f"{fspath(file)} cannot be read: {error.strerror or error}") from None
    return json_reader.read_report(data, fspath(file))


def render(
    report: Report,
    format: str | Reporter = "table",  # noqa: A002 - the word that users know from --format
    *,
    width: int = 100,
    color: bool = False,
    by_owner: bool = False,
    list_all: bool = False,
) -> str:
    """Return a report as text, as `auditor audit --format` writes it to a file.

    Args:
        report: The report.
        format: A format (`table`, `json`, `ndjson`, `html`, `csv`, `csv-excel`, `sarif`, `github`, `markdown`,
            `gitlab`, `junit`, or one of an installed package), or a reporter function.
        width: Width of a table in columns.
        color: Whether a table has ANSI colors.
        by_owner: Whether tables and Markdown group findings by owner.
        list_all: Whether a table lists every finding, with its message and fix.

    Returns:
        Text that UTF-8 can encode; lone surrogates are written as escapes.

    Raises:
        InvalidError: There is no such format.
        PluginError: The reporter of an installed package cannot be loaded.
        UndeliveredError: The reporter of an installed package raised an exception.
    """
    reporter = reporter_of(format) if isinstance(format, str) else format
    style = Style(width=width, color=color, by_owner=by_owner, list_all=list_all)
    return "".join(reporter(report, style)).encode("utf-8", "backslashreplace").decode()
