"""The `--redact` option: the key, redacted reports, and the file with the names."""

from __future__ import annotations

import os
import shlex
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from auditor.cli.options import RedactOptions
from auditor.cli.output import Target
from auditor.cli.output_guard import refuse_output_over
from auditor.errors import InvalidError
from auditor.files import write_file
from auditor.model import Report
from auditor.text import count_of, json_text

if TYPE_CHECKING:
    from auditor.access.matrix import Review
    from auditor.http.credentials import Secret
    from auditor.redaction import Redactor

KEY_VARIABLE = "AUDITOR_REDACT_KEY"
SHORTEST_KEY = 16
"""The shortest allowed key, in bytes: a shorter one could be guessed."""

_CEILING = 64 * 1024
_PRINT_KEY = 'python -c "import secrets; print(secrets.token_hex(32))"'
_NEW_KEY = f"create one with: {_PRINT_KEY}"
_SET_KEY = f"set {KEY_VARIABLE} or --redact-key-file to the output of: {_PRINT_KEY}"


class Redaction:
    """The redaction of a run; without `--redact`, everything is shown unchanged.

    Args:
        options: The options of the command.

    Raises:
        InvalidError: The key is missing or too short, or an option requires `--redact`.
    """

    def __init__(self, options: RedactOptions) -> None:
        for option, value in (("--redact-key-file", options.redact_key_file), ("--redact-map", options.redact_map)):
            if value and not options.redact:
                raise InvalidError(f"{option} has no effect without --redact", "add --redact subjects, or remove it")
        self._key_file, self._map_file = options.redact_key_file, options.redact_map
        self._key = _key(options.redact_key_file) if options.redact else None
        self._redactor: Redactor | None = None

    def outputs(self, reports: Sequence[Target]) -> list[Target]:
        """Return reports and, as one more output, the mapping.

        Raises:
            InvalidError: A report would overwrite the key or another report.
        """
        found = [*reports, *([Target("mapping", self._map_file)] if self._map_file else [])]
        for each in found:
            if each.file:
                refuse_output_over(each.file, {"--redact-key-file": self._key_file}, each.what)
                if self._map_file and each.format != "mapping" and each.file.resolve() == self._map_file.resolve():
                    raise InvalidError("the report and the mapping are written to the same file", "use different files")
        return found

    def report(self, report: Report) -> Report:
        """Return a report, redacted if requested."""
        if self._key is None:
            return report
        from auditor.redaction import redact_report

        found, self._redactor = redact_report(report, self._key)
        return found

    def review(self, review: Review) -> Review:
        """Return a review of access, redacted if requested."""
        if self._key is None:
            return review
        from auditor.redaction import Redactor

        self._redactor = Redactor(self._key)
        review.changed(self._redactor.learn)
        return review.changed(self._redactor.redact)

    def text(self, text: str) -> str:
        """Return a text, redacted if requested."""
        return self._redactor.text(text) if self._redactor else text

    def write_map(self) -> None:
        """Write the name of each used pseudonym to a file that only its owner can read.

        Raises:
            UndeliveredError: The file could not be written completely.
        """
        if self._map_file and self._redactor:
            text = json_text(dict(sorted(self._redactor.mapping.items())))
            write_file(self._map_file, [text.encode("utf-8", "backslashreplace"), b"\n"], 0o600)


def _key(file: Path | None) -> Secret:
    """Return the key, from the file if one is given, else from the environment."""
    origin = f"--redact-key-file {file}" if file else KEY_VARIABLE
    text = _read(file) if file else os.environ.get(KEY_VARIABLE)
    if text is None:
        raise InvalidError("--redact needs a key", _SET_KEY)
    size = len(text.encode("utf-8", "surrogateescape"))
    if size < SHORTEST_KEY:
        problem = f"is too short ({count_of(size, 'byte')}, expected at least {SHORTEST_KEY})" if size else "is empty"
        raise InvalidError(f"the key in {origin} {problem}", _NEW_KEY)
    from auditor.http.credentials import Secret

    return Secret(text)


def _new_file(file: Path) -> str:
    return f"create one with: (umask 077; {_PRINT_KEY} > {shlex.quote(str(file))})"


def _read(file: Path) -> str:
    """Return the key in a file that nobody else can read."""
    try:
        with file.open("rb") as stream:
            mode, data = os.fstat(stream.fileno()).st_mode, stream.read(_CEILING + 1)
    except OSError as error:
        raise InvalidError(f"--redact-key-file {file} cannot be read: {error.strerror}", _new_file(file)) from None
    if os.name == "posix" and stat.S_ISREG(mode) and mode & 0o077:
        problem = f"can be read or written by others (mode {stat.S_IMODE(mode):04o})"
        raise InvalidError(f"--redact-key-file {file} {problem}", f"run: chmod 600 {file}")
    if len(data) > _CEILING:
        raise InvalidError(f"--redact-key-file {file} is larger than {_CEILING} bytes", _NEW_KEY)
    return data.decode("utf-8", "surrogateescape").removesuffix("\n").removesuffix("\r")
