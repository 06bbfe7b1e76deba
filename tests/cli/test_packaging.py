"""The wheel: what users install has everything that it needs, and nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import auditor

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    """Build the wheel from the source tree."""
    if not (ROOT / "auditor").is_dir():
        pytest.skip("these tests run against a built wheel already")
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True)
    return next(folder.glob("*.whl"))


def test_the_wheel_has_code_packs_and_schemas_and_nothing_else(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    assert "auditor/policies/ml-repo-baseline.yaml" in names
    assert {path.name for path in (ROOT / "schemas").iterdir()} == {
        name.rpartition("/")[2] for name in names if name.startswith("auditor/schemas/")
    }
    assert "auditor/py.typed" in names
    assert {name.split("/")[0] for name in names} == {"auditor", f"mlrepo_auditor-{auditor.__version__}.dist-info"}


def test_the_unpacked_wheel_audits_without_the_source_tree(wheel, tmp_path):
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "site")
    code = "import auditor, sys; from auditor.cli import run; print(auditor.__file__); sys.exit(run(['demo']))"
    env = {"PYTHONPATH": str(tmp_path / "site"), "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1, done.stderr
    assert done.stdout.splitlines()[0].startswith(str(tmp_path / "site"))
    assert " repos: 6 critical, " in done.stdout


@pytest.mark.parametrize("module", ["requests", "rich", "jsonschema", "tabulate", "http.server", "sqlalchemy"])
def test_the_command_line_starts_without_heavy_imports(module):
    code = f"import sys, auditor.cli; sys.exit({module!r} in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("module", ["click", "yaml"])
def test_a_dependency_that_does_not_import_is_an_internal_error(module, tmp_path):
    (tmp_path / f"{module}.py").write_text("raise ImportError('broken')", "utf-8")
    command = [sys.executable, "-m", "auditor", "demo"]
    env = {**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"}
    done = subprocess.run(command, env=env, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 4
    assert done.stderr.startswith("auditor: exit 4, internal-error: cannot start")
    assert "Traceback" not in done.stderr
