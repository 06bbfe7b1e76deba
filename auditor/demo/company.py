"""The company behind the sample tenant: its teams, projects and storage. All of it is invented."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import TypeVar

TENANT = "truefoundry"
"""The name of the sample tenant, as in the documented example."""

ACCOUNT_ID = "cm2q7sample0tenant0account"
"""The account that every repo of the sample tenant belongs to."""

ENVIRONMENTS = ("prod", "staging", "dev")
"""The environment of a repo; the last part of its name."""

MARKETS = ("de", "fr", "uk", "us", "in", "br", "jp", "pl", "es", "it", "nl", "se", "mx", "ca", "au", "sg")
"""The markets of the company; part of a repo's name once a tenant has a repo for every project."""


@dataclass(frozen=True, slots=True)
class Team:
    """A team, its cost center, the storage of its artifacts, and its projects with their purposes."""

    name: str
    account: str
    provider: str
    region: str
    projects: dict[str, str]


TEAMS = tuple(Team(**team) for team in json.loads(Path(__file__).with_name("teams.json").read_text("utf-8")))
"""Every team of the company; all have the same number of projects."""


def storage(team: Team, environment: str) -> str:
    """Return the FQN of the storage integration for a team's artifacts of an environment."""
    level = "prod" if environment == "prod" else "nonprod"
    account = f"{team.provider}-{level}"
    return f"{TENANT}:{team.provider}:{account}:blob-storage:ml-{environment}-{team.region}"


DOMAIN = "example.com"
"""The email domain of the company's own people."""

PARTNER_DOMAIN = "contractor.example.org"
"""The email domain of people from outside."""

_FIRST_NAMES = """
    Amara Anders Aiko Beatriz Bilal Chiara Daniel Divya Elif Emeka Farah Felix Grace Hana Ines Ivan Jonas
    Kavya Leila Lukas Maya Mei Nadia Noah Olga Omar Priya Rafael Rosa Sam Sofia Tariq Tomas Uma Viktor Yara
"""

_LAST_NAMES = """
    Abebe Almeida Bauer Bianchi Chen Costa Das Dubois Eriksen Farouk Garcia Haddad Ito Jansen Kaya Kowalski
    Larsen Lindqvist Mensah Moreau Nakamura Novak Okafor Patel Quinn Rao Rossi Santos Schmidt Tanaka Usman
"""

_FIRST, _LAST = tuple(_FIRST_NAMES.split()), tuple(_LAST_NAMES.split())


def person(*key: object) -> tuple[str, str]:
    """Return the first and last name of a person; which one depends only on the key."""
    return pick(_FIRST, "first", *key), pick(_LAST, "last", *key)


def email(name: tuple[str, str], domain: str = DOMAIN) -> str:
    """Return the email address of a person, in lower case."""
    first, last = name
    return f"{first}.{last}@{domain}".lower()


T = TypeVar("T")


def number(below: int, *key: object) -> int:
    """Return a number from 0 to `below` - 1 that depends only on the key."""
    digest = blake2b("/".join(map(str, key)).encode(), digest_size=8).digest()
    return int.from_bytes(digest) % below


def pick(options: Sequence[T], *key: object) -> T:
    """Return one of the options; which one depends only on the key."""
    return options[number(len(options), *key)]
