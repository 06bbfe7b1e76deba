"""Providers: who knows a fact about a repo."""

from __future__ import annotations

from enum import StrEnum


class Provider(StrEnum):
    """Who knows a fact. A rule is not evaluated where the provider of one of its facts has nothing to say."""

    MANIFEST = "manifest"
    API = "control plane"
    GRANTS = "grants"
