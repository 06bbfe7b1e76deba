"""Suggestions: manifests that fix problems with access, to be reviewed and applied with `tfy apply`.

::

    repo, directory ──▶ Advisor ──Decision──▶ manifest, role bindings ──▶ a file with its reasons above it

Nothing is ever applied from here, and nothing uncertain is suggested. Users who may still be active, or who are in
several teams, are left to a person.
"""

from auditor.access.suggestions.suggestions import Suggestions
from auditor.access.suggestions.writing import Heading, RepoSuggestions, write_suggestions

__all__ = ["Heading", "RepoSuggestions", "Suggestions", "write_suggestions"]
