"""Fixes that are safe whatever the author of a manifest intended.

::

    text ──▶ documents ──▶ Fix ──Change──▶ text ──▶ documents, with the intended values and no others

A fix edits the text at the exact place of a value, so that comments, quotes, order, line ends and every other byte
stay. The alternative, ruamel.yaml, keeps comments but not bytes: to fix one subject in a file of eleven lines, it
changed six lines (long lines wrapped, spaces moved), and nine in a file with Windows line ends. The relevant line is
hard to find in such a diff. Edits are verified too: the new text is read again, and if its values are not exactly the
intended ones, the fix is dropped and the finding stays.
"""

from auditor.autofix.files import FixedFile, fix_files
from auditor.autofix.fixing import FixedText, fix_text
from auditor.autofix.registry import FIXES, KNOWN_ROLES, Fix

__all__ = ["FIXES", "KNOWN_ROLES", "Fix", "FixedFile", "FixedText", "fix_files", "fix_text"]
