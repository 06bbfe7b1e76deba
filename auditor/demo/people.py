"""The people of the sample tenant. All of them are invented."""

from __future__ import annotations

from auditor.demo.choice import pick

DOMAIN = "example.com"
"""The e-mail domain of the company's own people."""

PARTNER_DOMAIN = "contractor.example.org"
"""The e-mail domain of people from outside."""

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
    """Return the first and last name of one of the people; who it is depends on the key only."""
    return pick(_FIRST, "first", *key), pick(_LAST, "last", *key)


def email(name: tuple[str, str], domain: str = DOMAIN) -> str:
    """Return the e-mail address of a person, in lower case."""
    first, last = name
    return f"{first}.{last}@{domain}".lower()
