"""Output for people: a progress bar and colors on a terminal, neither in a pipe, and never wider than the terminal."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
from collections.abc import Mapping
from pathlib import Path

import pytest

from auditor.text import visible
from tests.live.faults import refuse
from tests.live.stage import TOKEN, Stage, Struck, same

UNSET = {
    *("COLUMNS", "NO_COLOR", "FORCE_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "CI", "FORCE_HYPERLINK"),
    *("TERM_PROGRAM", "VTE_VERSION", "WT_SESSION", "KITTY_WINDOW_ID"),
}
COLOR = re.compile(r"\x1b\[[0-9;]*m")


def on_terminal(*arguments: str, columns: int, env: Mapping[str, str] | None = None) -> tuple[int, str]:
    """Run a command on a terminal of this width; return its exit code and everything it wrote to the terminal."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    clean = {key: value for key, value in os.environ.items() if key not in UNSET}
    command = [sys.executable, "-m", "auditor", *arguments]
    with subprocess.Popen(
        command, stdin=slave, stdout=slave, stderr=slave, env={**clean, "TERM": "xterm-256color", **(env or {})}
    ) as process:
        os.close(slave)
        chunks = []
        while select.select([master], [], [], 60)[0]:
            try:
                chunks.append(os.read(master, 65536))
            except OSError:
                break
            if not chunks[-1]:
                break
        os.close(master)
        return process.wait(), b"".join(chunks).decode("utf-8")


@pytest.mark.parametrize("columns", [80, 200])
def test_the_table_keeps_to_the_terminal(columns, run_auditor):
    ran = run_auditor("demo", env={"COLUMNS": str(columns)})
    assert max(len(line) for line in ran.out.splitlines()) <= columns
    assert ran.out.index("CRITICAL ") < ran.out.index("HIGH ") < ran.out.index("MEDIUM ") < ran.out.index("LOW ")
    assert ran.out.index("LOW ") < ran.out.index(" 27 high, ") < ran.out.index("receipt:") < ran.out.index("FINDINGS:")


@pytest.mark.parametrize("columns", [80, 100])
def test_the_demo_is_short_and_has_every_rule_that_failed(columns, run_auditor):
    ran = run_auditor("demo", env={"COLUMNS": str(columns)})
    findings = json.loads(run_auditor("demo", "-f", "json").out)["findings"]
    assert len(ran.out.splitlines()) <= 100
    for each in findings:
        assert f"{each['severity'].upper()}  {each['name']} ({each['rule']})" in ran.out
        assert each["repo"]["name"] in ran.out
    assert f"\n{len(findings)} findings in " in ran.out


def test_all_lists_every_finding_with_its_message_also_in_a_file(run_auditor, tmp_path):
    ran = run_auditor("demo", "--all", "--report", "table=report.txt", env={"COLUMNS": "100"}, cwd=tmp_path)
    findings = json.loads(run_auditor("demo", "-f", "json").out)["findings"]
    for text in (ran.out, (tmp_path / "report.txt").read_text("utf-8")):
        squeezed = "".join(text.split()).replace("\\x3a:", "::")
        assert [each["message"] for each in findings if "".join(visible(each["message"]).split()) not in squeezed] == []


def test_a_terminal_gets_colors_and_a_pipe_does_not(run_auditor):
    code, seen = on_terminal("demo", "--repos", "60", columns=80)
    assert code == 1
    assert COLOR.search(seen)
    assert not COLOR.search(run_auditor("demo", "--repos", "60").out)


@pytest.mark.parametrize(
    ("arguments", "env"),
    [
        (["--no-color"], {}),
        (["--no-color"], {"FORCE_COLOR": "1"}),
        ([], {"NO_COLOR": "any"}),
        ([], {"NO_COLOR": "any", "FORCE_COLOR": "1"}),
        ([], {"TERM": "dumb"}),
        ([], {"CLICOLOR": "0"}),
    ],
)
def test_colors_can_be_turned_off(arguments, env):
    _, seen = on_terminal("demo", "--repos", "60", "--quiet", *arguments, columns=80, env=env)
    assert not COLOR.search(seen)


@pytest.mark.parametrize("env", [{"FORCE_COLOR": "1"}, {"CLICOLOR_FORCE": "1", "TERM": "dumb"}])
def test_colors_can_be_forced(env, run_auditor):
    assert COLOR.search(run_auditor("demo", "--repos", "60", env=env).out)


@pytest.mark.parametrize("env", [{"FORCE_COLOR": "0"}, {"FORCE_COLOR": ""}, {"CLICOLOR": "1"}])
def test_colors_are_not_forced_by_no_or_nothing(env, run_auditor):
    assert not COLOR.search(run_auditor("demo", "--repos", "60", env=env).out)


LINK = "\x1b]8;;https://mlrepo-auditor.github.io/mlrepo-auditor/latest/rules/MLR011/\x1b\\MLR011\x1b]8;;\x1b\\"


@pytest.mark.parametrize(
    ("env", "linked"),
    [
        ({"TERM_PROGRAM": "WezTerm"}, True),
        ({"VTE_VERSION": "7200"}, True),
        ({"VTE_VERSION": "4999"}, False),
        ({"WT_SESSION": "x"}, True),
        ({"KITTY_WINDOW_ID": "1"}, True),
        ({"FORCE_HYPERLINK": "1"}, True),
        ({"FORCE_HYPERLINK": "1", "NO_COLOR": "1"}, False),
        ({}, False),
    ],
)
def test_rule_ids_are_hyperlinks_where_the_terminal_shows_them(env, linked):
    _, seen = on_terminal("demo", "--repos", "60", "--quiet", columns=80, env=env)
    assert (LINK in seen, "\x1b]8" in seen) == (linked, linked)


def test_a_pipe_and_a_file_get_no_hyperlinks_unless_forced(run_auditor, tmp_path):
    env = {"TERM_PROGRAM": "WezTerm", "FORCE_COLOR": "1"}
    assert "\x1b]8" not in run_auditor("demo", "--repos", "60", env=env).out
    env = {"FORCE_HYPERLINK": "1", "FORCE_COLOR": "1"}
    ran = run_auditor("demo", "--repos", "60", "--report", "table=report.txt", cwd=tmp_path, env=env)
    assert LINK in ran.out
    assert "\x1b" not in (tmp_path / "report.txt").read_text("utf-8")


def test_progress_is_shown_on_a_terminal_and_not_when_quiet():
    _, loud = on_terminal("demo", "--repos", "3000", columns=80)
    _, quiet = on_terminal("demo", "--repos", "3000", "--quiet", columns=80)
    assert "/3000" in loud
    assert "/3000" not in quiet.split("CRITICAL")[0]


def slow_down_once():
    """Serve the sample tenant after one request that is told to retry in three seconds."""
    return Stage(same(refuse("503 Busy", "later", "Retry-After: 3")), Struck("middle", first=1))


def test_a_terminal_shows_what_is_waited_for():
    with slow_down_once() as stage:
        env = {"TFY_HOST": stage.url, "TFY_API_KEY": TOKEN}
        code, seen = on_terminal("fetch", "-o", os.devnull, columns=120, env=env)
        _, quiet = on_terminal("fetch", "-o", os.devnull, "--quiet", columns=120, env=env)
    assert code in {0, 5}
    assert re.search(r"retrying in [123] s: 503", seen)
    assert "retrying" not in quiet


def test_without_a_terminal_a_line_now_and_then_says_what_is_waited_for(tmp_path):
    program = "import sys; from auditor.cli import progress, run; progress.EVERY = 0.5; sys.exit(run(sys.argv[1:]))"
    errors = {}
    for quiet in ([], ["--quiet"]):
        with slow_down_once() as stage:
            env = {**os.environ, "TFY_HOST": stage.url, "TFY_API_KEY": TOKEN}
            command = [sys.executable, "-c", program, "fetch", "-o", str(tmp_path / "tenant.ndjson.gz"), *quiet]
            ran = subprocess.run(command, env=env, capture_output=True, text=True, check=True)
            errors[bool(quiet)] = ran.stderr
    line = r"^auditor: 100 (repos so far|of 250 repos), retrying in [123] s: 503$"
    assert re.search(line, errors[False], re.MULTILINE)
    assert len(errors[True].splitlines()) == 1


def test_hostile_text_moves_no_cursor_and_fakes_no_line(run_auditor):
    ran = run_auditor("demo", "--all")
    assert "u001b[2J" in "".join(ran.out.split()), "the hostile description is among the findings"
    text = ran.out + ran.err
    assert not [char for char in text if not char.isprintable() and char != "\n"]
    assert not [line for line in text.splitlines() if line.lstrip().startswith("::") or "##[" in line]


def test_a_diff_of_a_manifest_acts_on_no_terminal(tmp_path):
    text = "type: ml-repo\n# \u202eturned \ufeff\n# ##[group]\ndescription: ' Models of the card team'\n"
    (tmp_path / "a.yaml").write_bytes(text.replace("\n", "\r\n").encode())
    code, seen = on_terminal("fix", str(tmp_path), "--diff", columns=200)
    assert code == 1
    assert "+description: 'Models of the card team'\r\n" in seen
    assert r"\u202eturned \ufeff" in seen
    assert "##[" not in seen
    assert not [char for char in seen if not char.isprintable() and char not in "\r\n"]


def test_an_ascii_locale_loses_nothing(run_auditor):
    ran = run_auditor("demo", env={"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"})
    assert ran.code == 1
    assert ran.out.isascii()


def test_the_shell_completes_commands_options_and_packs(run_auditor):
    def complete(words: str, position: int) -> str:
        env = {"_AUDITOR_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": str(position)}
        return run_auditor(env=env).out

    assert "plain,audit" in complete("auditor a", 1)
    assert "plain,--fail-on" in complete("auditor audit --fail", 2)
    assert "plain,critical" in complete("auditor audit --fail-on c", 3)
    assert "plain,ml-repo-baseline" in complete("auditor audit --policy ml", 3)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts_are_printed(shell, run_auditor):
    if shell == "bash" and not Path("/bin/bash").exists():
        pytest.skip("needs bash")
    assert "auditor" in run_auditor(env={"_AUDITOR_COMPLETE": f"{shell}_source"}).out


@pytest.fixture
def shell(tmp_path, run_auditor):
    """Run `auditor` in a shell, with redirections that close streams."""
    (tmp_path / "m").mkdir()
    (tmp_path / "m/a.yaml").write_text("type: ml-repo\nname: fraud-scoring-prod\n", "utf-8")

    def run(command: str) -> subprocess.CompletedProcess[str]:
        env = {key: value for key, value in os.environ.items() if not key.startswith("AUDITOR_")}
        line = f"{sys.executable} -W error -m auditor {command}"
        return subprocess.run(["sh", "-c", line], cwd=tmp_path, env=env, capture_output=True, text=True, check=False)

    return run


@pytest.mark.parametrize("command", ["check m", "check m --quiet", "rules", "explain MLR001", "demo --repos 3"])
def test_a_closed_stdout_is_a_report_that_was_not_delivered(shell, command):
    ran = shell(f"{command} >&-")
    assert ran.returncode == 5
    assert ran.stderr.splitlines()[-1] == (
        "auditor: exit 5, undelivered: stdout could not be written completely: it is closed"
    )
    assert shell(f"{command} <&- >&- 2>&-").returncode == 5


def test_a_diff_to_a_closed_stdout_is_not_delivered(shell, tmp_path):
    (tmp_path / "m/a.yaml").write_text("type: ml-repo\nname: fraud\ndescription: '  padded  '\n", "utf-8")
    ran = shell("fix m --diff >&-")
    assert (ran.returncode, "undelivered: stdout could not be written completely" in ran.stderr) == (5, True)


def test_a_closed_stdout_is_no_loss_where_the_report_goes_to_a_file(shell, tmp_path):
    ran = shell("check m -f json -o report.json >&-")
    assert ran.returncode == 1
    assert (tmp_path / "report.json").read_text("utf-8").startswith("{")


@pytest.mark.parametrize(("command", "code"), [("check m", 1), ("check m --quiet", 1), ("rules", 0), ("check m/b", 2)])
def test_a_closed_stderr_has_no_other_effect(shell, command, code):
    usual, closed = shell(command), shell(f"{command} 2>&-")
    assert usual.returncode == closed.returncode == code
    assert len(closed.stdout.splitlines()) == len(usual.stdout.splitlines())
    assert closed.stderr == ""


def test_a_closed_stdin_is_not_seen(shell):
    ran = shell("check - <&-")
    assert (ran.returncode, "stdin is closed" in ran.stderr) == (3, True)
