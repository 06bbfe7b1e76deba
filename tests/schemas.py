"""Validation of what commands read and write against the shipped JSON Schemas."""

from __future__ import annotations

from functools import cache

import jsonschema_rs

from auditor.resources import schema


def assert_valid(document: object, name: str) -> None:
    """Validate a document against a shipped schema.

    Raises:
        jsonschema_rs.ValidationError: It is not valid.
    """
    _validator(name).validate(document)


@cache
def _validator(name: str) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(schema(name))
