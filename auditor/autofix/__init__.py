"""Fixes that are safe without knowing the intention of the author of a manifest.

::

    text ──▶ documents ──▶ Fix ──Change──▶ text ──▶ documents, with the intended values and no others

A fix edits the text at the exact place of a value, so every other byte stays: comments, quotes, order, line ends. The
other way, ruamel.yaml, keeps comments but not bytes: to fix one subject in a file of eleven lines it wrote six of them
again (long lines folded, blanks moved), and nine where lines end as on Windows; the line that matters drowns in such a
diff. What an edit comes to is not trusted either: the new text is read again, and unless it says exactly what was
intended the fix is dropped and the finding stays.
"""

from auditor.autofix.files import FixedFile, fix_files
from auditor.autofix.fixing import FixedText, fix_text
from auditor.autofix.registry import FIXES, KNOWN_ROLES, Fix

__all__ = ["FIXES", "KNOWN_ROLES", "Fix", "FixedFile", "FixedText", "fix_files", "fix_text"]
