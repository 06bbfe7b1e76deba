"""Tables of the settings and of the exit codes, made from the schema of `auditor.yaml`, the options and the verdict."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from command_pages import environment

from auditor.resources import schema
from auditor.verdict import EXIT_CODES

Schema = Mapping[str, Any]


def settings_table() -> str:
    """Return the keys of `auditor.yaml`, those within others by their path."""
    rows = "".join(f"| `{key}` | {kind} | {meaning} |\n" for key, kind, meaning in _keys(schema("config")))
    return f"| key | value | meaning |\n| --- | --- | --- |\n{rows}"


def environment_table() -> str:
    """Return the environment variables that set options."""
    rows = "".join(f"| `{name}` | `{option}` | {meaning} |\n" for name, option, meaning in environment())
    return f"| variable | option | meaning |\n| --- | --- | --- |\n{rows}"


def exit_code_table() -> str:
    """Return the exit codes."""
    rows = "".join(f"| {each.codes} | {each.verdict} | {each.when} |\n" for each in EXIT_CODES)
    return f"| exit code | verdict | when |\n| --- | --- | --- |\n{rows}"


def _keys(node: Schema, path: str = "") -> Iterator[tuple[str, str, str]]:
    for name, child in node.get("properties", {}).items():
        place = f"{path}{name}"
        yield place, _kind(child), child.get("description", "").replace("|", "\\|")
        yield from _keys(child, f"{place}.")
        for inner, ending in ((child.get("items"), "[]."), (child.get("additionalProperties"), ".NAME.")):
            for branch in _branches(inner):
                yield from _keys(branch, f"{place}{ending}")


def _branches(node: object) -> list[Schema]:
    if not isinstance(node, Mapping):
        return []
    return [branch for part in node.get("anyOf", [node]) for branch in [part] if isinstance(branch, Mapping)]


def _kind(node: Schema) -> str:
    if "enum" in node:
        return ", ".join(f"`{each}`" for each in node["enum"])
    if "const" in node:
        return f"`{node['const']}`"
    if node.get("type") == "array":
        return f"list of {_plural(node.get('items', {}))}"
    if node.get("type") == "object" and "additionalProperties" in node and "properties" not in node:
        return "mapping"
    return {"object": "mapping", "integer": "number", "boolean": "`true` or `false`", "string": "string"}.get(
        node.get("type", ""), "any"
    )


def _plural(node: Schema) -> str:
    return {"string": "strings", "object": "mappings"}.get(node.get("type", ""), "values")
