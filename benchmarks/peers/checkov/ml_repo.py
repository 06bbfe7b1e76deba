"""The five rules as custom checks of Checkov's YAML framework."""

from __future__ import annotations

import re
from typing import Any

from checkov.common.models.enums import CheckCategories, CheckResult
from checkov.common.checks.enums import BlockType
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

    def __init__(self, name: str, id: str) -> None:  # noqa: A002
        super().__init__(
            name=name,
            id=id,
            categories=[CheckCategories.GENERAL_SECURITY],
            supported_entities=["*"],
            block_type=BlockType.DOCUMENT,
        )

    def scan_entity_conf(self, conf: dict[str, Any], entity_type: str) -> tuple[CheckResult, dict[str, Any]]:
        """Return whether the manifest passes."""
        return CheckResult.PASSED if self.passes(conf) else CheckResult.FAILED, conf

    def passes(self, manifest: dict[str, Any]) -> bool:
        """Return whether the manifest passes."""
        raise NotImplementedError

    @staticmethod
    def admins(manifest: dict[str, Any]) -> list[str]:
        """Return the subjects of the grants of the admin role."""
        return [each["subject"] for each in manifest.get("collaborators") or () if each.get("role_id") == ADMIN]


class MissingDescription(MLRepoCheck):
    def passes(self, manifest: dict[str, Any]) -> bool:
        return bool((manifest.get("description") or "").strip())


class UnapprovedStorage(MLRepoCheck):
    def passes(self, manifest: dict[str, Any]) -> bool:
        return manifest.get("storage_integration_fqn") in APPROVED


class UserAsAdmin(MLRepoCheck):
    def passes(self, manifest: dict[str, Any]) -> bool:
        return not any(subject.startswith("user:") for subject in self.admins(manifest))


class UnconventionalName(MLRepoCheck):
    def passes(self, manifest: dict[str, Any]) -> bool:
        return bool(re.fullmatch("[a-z0-9]+(-[a-z0-9]+)*", manifest.get("name") or ""))


class TooManyAdmins(MLRepoCheck):
    def passes(self, manifest: dict[str, Any]) -> bool:
        return len(self.admins(manifest)) <= 5


MissingDescription("ML repos have a description", "CKV_MLREPO_1")
UnapprovedStorage("Artifacts are stored in approved storage integrations", "CKV_MLREPO_2")
UserAsAdmin("Admin roles go to teams, not users", "CKV_MLREPO_3")
UnconventionalName("Repo names follow the naming convention", "CKV_MLREPO_4")
TooManyAdmins("Repos have few admins", "CKV_MLREPO_5")
