"""The five rules as custom checks of Checkov's YAML framework."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from checkov.common.checks.enums import BlockType
from checkov.common.models.enums import CheckCategories, CheckResult
from checkov.yaml_doc.base_yaml_check import BaseYamlCheck

ADMIN = "mlf-project-admin"
APPROVED = {
    "truefoundry:aws:aws-prod:blob-storage:ml-prod-eu-west-1",
    "truefoundry:aws:aws-nonprod:blob-storage:ml-staging-eu-west-1",
    "truefoundry:gcp:gcp-prod:blob-storage:ml-prod-europe-west4",
    "truefoundry:azure:azure-nonprod:blob-storage:ml-staging-westeurope",
}


class MLRepoCheck(BaseYamlCheck):
    """A check of a whole manifest."""

    def __init__(self, name: str, id: str, passes: Callable[[dict[str, Any]], bool]) -> None:  # noqa: A002
        super().__init__(
            name=name,
            id=id,
            categories=[CheckCategories.GENERAL_SECURITY],
            supported_entities=["*"],
            block_type=BlockType.DOCUMENT,
        )
        self.passes = passes

    def scan_entity_conf(self, conf: dict[str, Any], entity_type: str) -> tuple[CheckResult, dict[str, Any]]:  # noqa: ARG002
        """Return whether the manifest passes."""
        return CheckResult.PASSED if self.passes(conf) else CheckResult.FAILED, conf


def _admins(manifest: dict[str, Any]) -> list[str]:
    return [each["subject"] for each in manifest.get("collaborators") or () if each.get("role_id") == ADMIN]


MLRepoCheck(
    "ML repos have a description",
    "CKV_MLREPO_1",
    lambda manifest: bool((manifest.get("description") or "").strip()),
)
MLRepoCheck(
    "Artifacts are stored in approved storage integrations",
    "CKV_MLREPO_2",
    lambda manifest: manifest.get("storage_integration_fqn") in APPROVED,
)
MLRepoCheck(
    "Admin roles go to teams, not users",
    "CKV_MLREPO_3",
    lambda manifest: not any(subject.startswith("user:") for subject in _admins(manifest)),
)
MLRepoCheck(
    "Repo names follow the naming convention",
    "CKV_MLREPO_4",
    lambda manifest: bool(re.fullmatch("[a-z0-9]+(-[a-z0-9]+)*", manifest.get("name") or "")),
)
MLRepoCheck("Repos have few admins", "CKV_MLREPO_5", lambda manifest: len(_admins(manifest)) <= 5)
