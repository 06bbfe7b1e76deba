"""Manifests that break five rules in known ways, and what a few lines of plain Python find in them."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import yaml

from auditor.demo import sample_tenant

Manifest = dict[str, Any]
Pairs = set[tuple[str, str]]
"""Which rule is broken by which file, by the file's name."""

RULES = {
    "missing-description": "the description is not blank",
    "unapproved-storage": "the storage integration is on a list of four",
    "user-as-admin": "no user has the admin role",
    "unconventional-name": "the name matches a pattern",
    "too-many-admins": "at most five collaborators have the admin role",
}
ADMIN = "mlf-project-admin"
APPROVED = tuple(
    f"truefoundry:{account}:blob-storage:{bucket}"
    for account, bucket in (
        ("aws:aws-prod", "ml-prod-eu-west-1"),
        ("aws:aws-nonprod", "ml-staging-eu-west-1"),
        ("gcp:gcp-prod", "ml-prod-europe-west4"),
        ("azure:azure-nonprod", "ml-staging-westeurope"),
    )
)
PER_FOLDER = 500
SEED = 20_260_101
_SHARE = 0.06


def expected(texts: dict[str, str]) -> Pairs:
    """Return the pairs that the five rules have to find in the texts of files."""
    pairs = set()
    for file, text in texts.items():
        manifest = yaml.load(text, yaml.CSafeLoader)
        admins = [each["subject"] for each in manifest.get("collaborators") or () if each["role_id"] == ADMIN]
        broken = {
            "missing-description": not (manifest.get("description") or "").strip(),
            "unapproved-storage": manifest["storage_integration_fqn"] not in APPROVED,
            "user-as-admin": any(subject.startswith("user:") for subject in admins),
            "unconventional-name": not re.fullmatch("[a-z0-9]+(-[a-z0-9]+)*", manifest["name"]),
            "too-many-admins": len(admins) > 5,
        }
        pairs |= {(rule, file) for rule in RULES if broken[rule]}
    return pairs


def texts(count: int) -> dict[str, str]:
    """Return the texts of manifests by the names of their files; the same for the same count on every machine."""
    return dict(_texts(count))


def write(texts: dict[str, str], folder: Path) -> None:
    """Write the files, five hundred to a folder."""
    for number, (name, text) in enumerate(texts.items()):
        file = folder / f"{number // PER_FOLDER:03}" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")


def _texts(count: int) -> Iterator[tuple[str, str]]:
    chance = random.Random(SEED)
    for number, row in enumerate(sample_tenant(count)):
        manifest = _healthy(row["manifest"], number, chance)
        for break_it in _BREAK.values():
            if chance.random() < _SHARE:
                break_it(manifest, chance)
        for each in manifest["collaborators"]:
            if chance.random() < 0.5:
                each["role_id"] = each.pop("role_id")  # the order of keys differs between authors
        flow = None if chance.random() < 0.2 else False  # and so does the style: {role_id: ..., subject: ...}
        yield (
            f"{number:06}.yaml",
            yaml.dump(manifest, Dumper=yaml.CSafeDumper, sort_keys=False, default_flow_style=flow),
        )


def _healthy(manifest: Manifest, number: int, chance: random.Random) -> Manifest:
    teams = [f"team:{name}" for name in chance.sample(_TEAMS, chance.choice((1, 1, 2, 3, 5)))]
    roles = [{"role_id": ADMIN, "subject": team} for team in teams]
    roles += [{"role_id": "mlf-project-editor", "subject": "user:sam@example.com"}] * (chance.random() < 0.5)
    roles += [{"role_id": "mlf-project-viewer", "subject": "team:everyone"}] * (chance.random() < 0.5)
    return {
        "name": f"{re.sub('[^a-z0-9]+', '-', str(manifest['name']).lower()).strip('-')[:60]}-{number}",
        "type": "ml-repo",
        "description": " ".join(str(manifest.get("description") or "").split()) or "Scores card payments for fraud.",
        "collaborators": chance.sample([dict(each) for each in roles], len(roles)),
        "storage_integration_fqn": chance.choice(APPROVED),
    }


_TEAMS = [f"team-{letter}" for letter in "abcdefghijkl"]


def _blank_description(manifest: Manifest, chance: random.Random) -> None:
    manifest["description"] = chance.choice((None, "", "   ", ...))
    if manifest["description"] is ...:
        del manifest["description"]


def _other_storage(manifest: Manifest, chance: random.Random) -> None:
    fqn = manifest["storage_integration_fqn"]
    manifest["storage_integration_fqn"] = chance.choice((f"{fqn}-old", f"globex{fqn}", fqn.replace("ml-", "tmp-")))


def _user_admin(manifest: Manifest, chance: random.Random) -> None:
    grants = manifest["collaborators"]
    grants.insert(chance.randint(0, len(grants)), {"role_id": ADMIN, "subject": "user:kim@example.com"})


def _other_name(manifest: Manifest, chance: random.Random) -> None:
    name = manifest["name"]
    manifest["name"] = chance.choice((name.capitalize(), name.replace("-", "_"), f"{name}-", name.replace("-", "--")))


def _more_admins(manifest: Manifest, chance: random.Random) -> None:
    grants = manifest["collaborators"]
    for number in range(chance.randint(5, 8)):
        grants.insert(chance.randint(0, len(grants)), {"role_id": ADMIN, "subject": f"team:more-{number}"})


_BREAK: dict[str, Callable[[Manifest, random.Random], None]] = {
    "missing-description": _blank_description,
    "unapproved-storage": _other_storage,
    "user-as-admin": _user_admin,
    "unconventional-name": _other_name,
    "too-many-admins": _more_admins,
}
