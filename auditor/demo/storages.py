"""The storage integrations of the sample tenant, and the roles that can be granted on a repo."""

from __future__ import annotations

from collections.abc import Iterable

from auditor.demo.company import ACCOUNT_ID, TENANT
from auditor.demo.envelope import envelope
from auditor.demo.healthy import ADMIN, EDITOR, VIEWER, Row

_TYPES = {
    "aws": ("integration/blob-storage/aws/s3", "s3://{bucket}/ml-repos"),
    "gcp": ("integration/blob-storage/gcp/gcs", "gs://{bucket}/ml-repos"),
    "azure": ("integration/blob-storage/azure/blob", "https://{account}.blob.core.windows.net/{bucket}/ml-repos"),
}
"""What integrations of each provider are called in manifests, and where they store; others are gone."""

_PLACES = ("eu-west-1", "us-east-1", "westeurope", "northeurope", "europe-west4", "us-central1")

_ALLOWED = {
    ADMIN: (
        "Admin",
        "Everything, also granting access",
        ["mlf-project:read", "mlf-project:write", "mlf-project:manage"],
    ),
    EDITOR: ("Editor", "Adds and removes runs and artifacts", ["mlf-project:read", "mlf-project:write"]),
    VIEWER: ("Viewer", "Reads only", ["mlf-project:read"]),
}


def integration_rows(rows: Iterable[Row]) -> list[Row]:
    """Return the integrations that manifests name, but for those of providers and tenants that are gone."""
    fqns = {str(row["manifest"]["storage_integration_fqn"]) for row in rows}
    segments = sorted(tuple(fqn.split(":")) for fqn in fqns)
    return [_integration(*each) for each in segments if len(each) == 5 and each[0] == TENANT and each[1] in _TYPES]


def _integration(tenant: str, provider: str, account: str, kind: str, name: str) -> Row:
    manifest_type, root = _TYPES[provider]
    fqn = f"{tenant}:{provider}:{account}:{kind}:{name}"
    manifest = {
        "type": manifest_type,
        "name": name,
        "storage_root": root.format(bucket=f"{tenant}-{name}", account=account.replace("-", "")),
        "auth_data": {"type": "demo/credentials", "secret": "this must never leave the control plane"},
        "authorized_subjects": [],
    }
    region = next((place for place in _PLACES if name.endswith(place)), None)
    return {
        **envelope("integration", fqn),
        "name": name,
        "fqn": fqn,
        "type": kind,
        "manifest": {**manifest, "region": region} if region and provider == "aws" else manifest,
        "metadata": {},
        "providerAccountFqn": f"{tenant}:{provider}:{account}",
    }


def role_rows() -> list[Row]:
    """Return the three built-in roles of ML repos."""
    return [
        {
            **envelope("role", name),
            "id": name,
            "accountId": ACCOUNT_ID,
            "resourceType": "mlf-project",
            "manifest": {
                "type": "role",
                "name": name,
                "displayName": title,
                "description": about,
                "resourceType": "mlf-project",
                "permissions": [f"mlf-project:{each}" for each in permissions],
            },
            "isEditable": False,
            "isDefault": False,
            "isReserved": True,
        }
        for name, (title, about, permissions) in _ALLOWED.items()
    ]
