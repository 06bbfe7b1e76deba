"""Run git in tests."""

from __future__ import annotations

import subprocess
from pathlib import Path

SETTINGS = {
    "user.name": "a",
    "user.email": "a@example.com",
    "commit.gpgsign": "false",
    "init.defaultBranch": "main",
    "protocol.file.allow": "always",
}
"""Settings that do not depend on the user who runs the tests."""


def git(folder: Path, *arguments: str) -> str:
    """Run git in a folder; return its output."""
    settings = [text for key, value in SETTINGS.items() for text in ("-c", f"{key}={value}")]
    done = subprocess.run(["git", *settings, *arguments], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()
