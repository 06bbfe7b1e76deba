"""Providers: who knows a fact about a repo."""

from __future__ import annotations

from enum import StrEnum


class Provider(StrEnum):
    """Who knows a fact. A rule is not evaluated where the provider of one of its facts has nothing to say."""

    MANIFEST = "manifest"
    API = "control plane"
    GRANTS = "grants"
    ROLE_BINDINGS = "role bindings"
    USERS = "users"
    TEAMS = "teams"
    VIRTUAL_ACCOUNTS = "virtual accounts"
    INTEGRATIONS = "storage integrations"
    ROLES = "roles"
    WORKSPACES = "workspaces"


GRANT_SURFACES = frozenset({Provider.ROLE_BINDINGS, Provider.VIRTUAL_ACCOUNTS, Provider.WORKSPACES})
"""Where grants live beside the manifest: who wants to see the grants of a repo has to ask for these."""

DIRECTORY_PARTS = GRANT_SURFACES | {Provider.USERS, Provider.TEAMS, Provider.INTEGRATIONS, Provider.ROLES}
"""The parts of a directory."""
