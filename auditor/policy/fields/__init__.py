"""The registry of fields: everything that rules can use, with its type and provider."""

from auditor.policy.fields.access import access_fields
from auditor.policy.fields.binding import binding_fields
from auditor.policy.fields.field import Field, Part, Target, captured, item_fields
from auditor.policy.fields.grant import grant_fields
from auditor.policy.fields.manifest import manifest_fields
from auditor.policy.fields.repo import group_fields, repo_fields
from auditor.policy.fields.storage import storage_fields
from auditor.policy.fields.tenant import tenant_fields

FIELDS: dict[str, Field] = {
    field.name: field
    for fields in (
        manifest_fields,
        storage_fields,
        repo_fields,
        access_fields,
        grant_fields,
        group_fields,
        binding_fields,
        tenant_fields,
    )
    for field in fields()
}
"""Every field by its name, except those about elements (`item`) and captures, which rules define."""

__all__ = ["FIELDS", "Field", "Part", "Target", "captured", "item_fields"]
