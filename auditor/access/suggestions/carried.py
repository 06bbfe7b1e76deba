"""What would mend the access to one repo, as text that a report can carry."""

from __future__ import annotations

from auditor.access import DirectoryIndex
from auditor.access.suggestions.suggestions import Suggestions
from auditor.access.suggestions.writing import as_yaml
from auditor.model import Repo, RoleBinding


class Remedies:
    """Suggests for one repo after the other what would mend its access.

    Args:
        directory: What is known beside the repos.
    """

    def __init__(self, directory: DirectoryIndex) -> None:
        self._suggestions = Suggestions()
        self._suggestions.start(directory)
        self._bindings: dict[str, list[RoleBinding]] = {}
        for binding in directory.directory.role_bindings.values:
            for name in {each.repo for each in binding.permissions} - {None}:
                self._bindings.setdefault(str(name), []).append(binding)

    def of(self, repo: Repo) -> str:
        """Return the manifest and the role bindings as they should be, reasons above; empty if none is sure."""
        suggested = [*self._suggestions.for_repo(repo)]
        for binding in self._bindings.get(repo.name, ()):
            suggested += self._suggestions.for_binding(binding)
        return "".join(map(as_yaml, suggested))
