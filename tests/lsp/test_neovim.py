"""The server in a real editor, configured as in the docs."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.lsp.conftest import BAD

DOCS = Path(__file__).parent.parent.parent / "docs" / "editors.md"

PROBE = """\
local function found()
  local list = {}
  for _, each in ipairs(vim.diagnostic.get(0)) do
    table.insert(list, { code = each.code, line = each.lnum, column = each.col, severity = each.severity })
  end
  return list
end
local seen = {}
local function await(number)
  vim.wait(60000, function() return #found() == number end, 50)
  table.insert(seen, found())
end
await(2)
vim.api.nvim_buf_set_lines(0, 2, 3, true, { "description: Models of our team." })
await(0)
vim.api.nvim_buf_set_lines(0, 2, 3, true, { "description: [" })
await(1)
vim.fn.writefile({ vim.json.encode(seen) }, "seen.json")
vim.cmd("qa!")
"""


@pytest.fixture
def neovim(tmp_path) -> list[str]:
    program = shutil.which("nvim")
    if program is None:
        pytest.skip("needs Neovim (Debian: neovim)")
    (setup,) = re.findall(r"```lua\n(.*?)```", DOCS.read_text("utf-8"), re.DOTALL)
    (tmp_path / "init.lua").write_text(setup, "utf-8")
    return [program, "--headless", "--clean", "-u", str(tmp_path / "init.lua")]


def test_a_manifest_in_neovim_has_the_diagnostics_of_its_text(neovim, acme, tmp_path):
    (acme / "probe.lua").write_text(PROBE, "utf-8")
    (tmp_path / "bin").mkdir()
    launcher = tmp_path / "bin" / "auditor"
    launcher.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m auditor "$@"\n', "utf-8")
    launcher.chmod(0o755)
    env = {**os.environ, "PATH": f"{launcher.parent}:{os.environ['PATH']}", "HOME": str(tmp_path)}
    command = [*neovim, "fraud.yaml", "-c", "luafile probe.lua"]
    ran = subprocess.run(command, cwd=acme, env=env, capture_output=True, text=True, timeout=240, check=False)
    assert (acme / "seen.json").exists(), ran.stderr
    first, fixed, broken = json.loads((acme / "seen.json").read_text("utf-8"))
    column = BAD.splitlines()[2].index('"')
    assert sorted((each["code"], each["line"], each["column"]) for each in first) == [
        ("ACME001", 2, column),
        ("MLS004", 2, column),
    ]
    assert fixed in ([], {})
    assert [(each["code"], each["severity"]) for each in broken] == [("not-read", 1)]
