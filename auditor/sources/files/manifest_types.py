"""The types of manifests that `tfy apply` accepts: those of TrueFoundry's SDK 0.6.0, and three more of its CLI."""

from __future__ import annotations

import os
from pathlib import Path

TYPES = frozenset(Path(__file__).with_suffix(".txt").read_text("utf-8").split())
"""Every value that `type` may have."""


_SETTINGS, _KEYS = "auditor.yaml", ("policy", "policy_test", "waivers")
_REPORTS = ("report", "drift", "access")
_CODE_QUALITY = {"description", "check_name", "fingerprint", "severity", "location"}


def is_auditor_file(file: str, value: object) -> bool:
    """Return whether a document without `type` belongs to Auditor.

    Args:
        file: The name of its file.
        value: Its value.
    """
    if is_report(file, value):
        return True
    return isinstance(value, dict) and (os.path.basename(file) == _SETTINGS or any(key in value for key in _KEYS))


def is_report(file: str, value: object) -> bool:
    """Return whether a document is a report of an earlier run: JSON, SARIF, or Code Quality for GitLab.

    Args:
        file: The name of its file.
        value: Its value.
    """
    if isinstance(value, dict):
        return _is_json(value) or _is_sarif(value)
    # A clean run has no entry for GitLab. A list is never a manifest, so skipping one deploys nothing unchecked.
    return isinstance(value, list) and file.lower().endswith(".json") and all(map(_is_entry, value))


def _is_json(value: dict[str, object]) -> bool:
    tool = value.get("tool")
    ours = isinstance(tool, dict) and tool.get("name") == "auditor"
    return ours and any(value.get(key) == 1 for key in _REPORTS)


def _is_sarif(value: dict[str, object]) -> bool:
    runs = value.get("runs")
    run = runs[0] if isinstance(runs, list) and len(runs) == 1 else None
    tool = run.get("tool") if isinstance(run, dict) else None
    driver = tool.get("driver") if isinstance(tool, dict) else None
    return isinstance(driver, dict) and driver.get("name") == "Auditor"


def _is_entry(value: object) -> bool:
    return isinstance(value, dict) and value.keys() == _CODE_QUALITY
