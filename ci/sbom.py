"""Write a bill of materials, as CycloneDX: the wheel in dist/ with its locked dependencies.

    python ci/sbom.py FILE

Installs the lock and the wheel into an empty environment, so it needs a package index.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

from packaging.utils import parse_wheel_filename

ROOT = Path(__file__).resolve().parent.parent


def write(file: Path, wheel: Path) -> None:
    """Write the bill of materials of a wheel to a file."""
    with tempfile.TemporaryDirectory() as folder:
        python = _environment(Path(folder), wheel)
        options = ["--output-reproducible", "--pyproject", str(ROOT / "pyproject.toml"), "--output-file", str(file)]
        subprocess.run([sys.executable, "-m", "cyclonedx_py", "environment", *options, python], check=True)
    document = json.loads(file.read_text("utf-8"))
    document["metadata"]["component"] |= _identity(wheel)
    file.write_text(json.dumps(document, indent=2, sort_keys=True) + "\n", "utf-8")


def _environment(folder: Path, wheel: Path) -> str:
    """Install the lock and the wheel, without pip next to them, and return the interpreter."""
    venv.create(folder, symlinks=True)
    python = str(folder / "bin" / "python")
    pip = [sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "--require-hashes", "--requirement", str(ROOT / "ci" / "requirements.txt")], check=True)
    subprocess.run([*pip, "--no-deps", "--no-index", str(wheel)], check=True)
    return python


def _identity(wheel: Path) -> dict[str, object]:
    """Return what pyproject.toml does not contain: the version, and the digest of the wheel."""
    name, version, _, _ = parse_wheel_filename(wheel.name)
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    return {
        "version": str(version),
        "purl": f"pkg:pypi/{name}@{version}",
        "hashes": [{"alg": "SHA-256", "content": digest}],
    }


if __name__ == "__main__":
    (built,) = (ROOT / "dist").glob("*.whl")
    write(Path(sys.argv[1]), built)
