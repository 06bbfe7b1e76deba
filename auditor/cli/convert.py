"""`auditor convert`: render a JSON report in another format."""

from __future__ import annotations

from pathlib import Path

import click

from auditor.cli.help import Command
from auditor.cli.options import (
    FILE,
    RedactOptions,
    all_option,
    group_by_option,
    no_color_option,
    output_option,
    redact_options,
    report_format_option,
    reports_option,
)
from auditor.cli.output import deliver, print_verdict, style_of, targets
from auditor.cli.output_guard import refuse_output_over
from auditor.cli.redaction import Redaction
from auditor.errors import InvalidError
from auditor.reporters.json_reader import read_report


@click.command("convert", cls=Command, short_help="Render a JSON report in another format")
@click.argument("report", type=FILE, help="JSON report, written by this version or an older one.")
@report_format_option
@output_option
@all_option
@group_by_option
@reports_option
@redact_options
@no_color_option
def convert_command(
    report: Path,
    format_name: str,
    output: Path | None,
    list_all: bool,
    group_by: str | None,
    reports: tuple[str, ...],
    redact_options: RedactOptions,
    no_color: bool,
) -> int:
    """Render the JSON REPORT of an earlier run in another format.

    The exit code and the last line are those of the earlier run.
    """
    wanted = targets(format_name, output, reports)
    redaction = Redaction(redact_options)
    for target in redaction.outputs(wanted):
        if target.file:
            refuse_output_over(target.file, {"REPORT": report}, target.what)
    try:
        data = report.read_bytes()
    except OSError as error:
        raise InvalidError(f"{report} cannot be read: {error.strerror or error}") from None
    found = redaction.report(read_report(data, str(report)))
    deliver(found, wanted, style_of(no_color, group_by, list_all))
    redaction.write_map()
    print_verdict(found.verdict)
    return found.verdict.exit_code
