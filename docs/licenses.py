"""The licenses of what Auditor installs, from the metadata of the packages."""

from __future__ import annotations

import re
from importlib.metadata import metadata
from pathlib import Path

LOCK = Path(__file__).parent.parent / "ci" / "requirements.txt"
ACCEPTED = {"Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "MIT", "MPL-2.0", "PSF-2.0"}
"""Licenses of required packages: permissive, or with a copyleft that ends at the file."""

_OF_CLASSIFIERS = {
    "Apache Software License": "Apache-2.0",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
}
_OF_PACKAGES = {"google-re2": "BSD-3-Clause", "jinja2": "BSD-3-Clause"}
"""Packages whose metadata only states that it is a BSD license; the text of the license says which."""

_INTRO = """\
# Licenses

Auditor is licensed under Apache-2.0. The table lists the packages that are installed with it: its
[dependencies](dependencies.md) and their dependencies, in the versions that are locked for the action and the image.
The licenses are the SPDX expressions that the packages declare. A test accepts only these licenses: {accepted}.

"""
_EXTRA = """
The extra `postgresql` installs `psycopg`, which is licensed under {license}. It is not locked, and not in the image.
"""


def locked() -> dict[str, str]:
    """Return the version of every locked package."""
    return dict(re.findall(r"^([a-z0-9-]+)==([^ ;]+)", LOCK.read_text("utf-8"), re.MULTILINE))


def license_of(package: str) -> str:
    """Return the license of an installed package, as an SPDX expression; an error if it declares none that is known."""
    declared = metadata(package)
    classifiers = [each.rpartition(" :: ")[2] for each in declared.get_all("Classifier", ()) if "License ::" in each]
    named = [_OF_CLASSIFIERS[each] for each in classifiers if each in _OF_CLASSIFIERS]
    found = declared.get("License-Expression") or " AND ".join(named) or declared.get("License")
    if license_ := _OF_PACKAGES.get(package, found):
        return license_
    raise ValueError(f"{package} declares no license that is known here; expected a License-Expression or a classifier")


def licenses_page() -> str:
    """Return the list of licenses."""
    rows = [
        f"| [{name}](https://pypi.org/project/{name}/) | {version} | {license_of(name)} |\n"
        for name, version in locked().items()
    ]
    accepted = f"{', '.join(sorted(ACCEPTED)[:-1])} and {max(ACCEPTED)}"
    table = f"| package | version | license |\n| --- | --- | --- |\n{''.join(rows)}"
    return _INTRO.format(accepted=accepted) + table + _EXTRA.format(license=license_of("psycopg"))
