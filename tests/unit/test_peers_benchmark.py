"""The rule files in the benchmark of peers have the same findings as the plain Python next to them."""

import json
import os
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
import yaml

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
FILES = 200


@pytest.fixture
def modules(monkeypatch):
    """Return the modules `manifests` and `tools` of the benchmarks."""
    monkeypatch.syspath_prepend(BENCHMARKS)
    import manifests
    import tools

    return manifests, tools


def test_each_rule_is_broken_by_some_files_and_not_by_others(modules):
    manifests, _ = modules
    found = manifests.expected(manifests.texts(FILES))
    for rule in manifests.RULES:
        assert 0 < sum(pair[0] == rule for pair in found) < FILES / 4, rule


def test_the_pack_finds_the_same_pairs(modules, tmp_path):
    manifests, tools = modules
    texts = manifests.texts(FILES)
    manifests.write(texts, tmp_path / "many")
    own = tools.TOOLS[0]
    command = own.command(tmp_path, tmp_path / "many", tmp_path / "auditor.out")
    with command.output.open("wb") as output:
        environment = {**os.environ, **command.variables}
        ended = subprocess.run(command.arguments, env=environment, stdout=output, stderr=subprocess.PIPE, check=False)
    assert ended.returncode == 1, ended.stderr
    assert own.pairs(command.output) == manifests.expected(texts)


def test_the_json_schema_finds_the_same_pairs(modules):
    manifests, tools = modules
    texts = manifests.texts(FILES)
    schema = json.loads((BENCHMARKS / "peers" / "schema.json").read_text("utf-8"))
    validator = jsonschema.Draft202012Validator(schema)
    found = {
        (tools.rule_at([str(each) for each in error.absolute_path]), file)
        for file, text in texts.items()
        for error in validator.iter_errors(yaml.safe_load(text))
    }
    assert found == manifests.expected(texts)


def test_peak_memory_is_that_of_the_command_alone(monkeypatch):
    monkeypatch.syspath_prepend(BENCHMARKS)
    import measure

    ballast = bytearray(200 * 2**20)
    ballast[::4096] = b"x" * len(ballast[::4096])
    timing = measure.in_turn({"python": measure.Command([sys.executable, "-ISc", "pass"])}, 1, warm_up=0)["python"]
    assert 0 < timing.peak < 100
