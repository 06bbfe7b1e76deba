"""The rules about documents in files: what `tfy apply` would reject or read differently than expected.

They apply to all checks of files, with any policy. Their texts are data, in `rules.json`.
"""

from __future__ import annotations

import json
from pathlib import Path

from auditor.validation import rule_info

DOCUMENT_RULES = tuple(
    rule_info(each, "file") for each in json.loads(Path(__file__).with_suffix(".json").read_text("utf-8"))
)
"""Every rule about documents, by id."""

(
    EMPTY,
    NOT_A_MAPPING,
    WITHOUT_TYPE,
    MISSPELLED_TYPE,
    DUPLICATE,
    LOOKALIKE,
    AMBIGUOUS,
    MISSPELLED_RESOURCE,
    MISSPELLED_KEY,
    UNRESOLVED_PLACEHOLDER,
    TENANT_WIDE_ACCESS,
) = DOCUMENT_RULES
