"""Redacted reports: no format has a person's name, and no guessed name can be confirmed."""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
import stat
from hashlib import sha256

import pytest

from auditor.demo import sample_directory, sample_tenant
from auditor.reporters import REPORTERS
from tests.schemas import assert_valid

KEY = "correct-horse-battery-staple"
OTHER_KEY = "another-secret-of-enough-bytes"
ROWS = sample_tenant(60)
PSEUDONYM = re.compile(r"user-[0-9a-f]{12}(?![0-9a-f])")
STRICT = ("--policy", "least-privilege", "--policy", "hygiene", "--param", "company_domains=example.com")
REDACT = ("--redact", "subjects")
NOW = {"SOURCE_DATE_EPOCH": "1767225600"}


def people() -> set[str]:
    """Return the addresses of all users of the sample tenant, in lower case."""
    text = json.dumps([ROWS, sample_directory(ROWS)])
    return {each.lower() for each in re.findall(r"[\w.+-]+@[\w.-]+\w", text)}


PEOPLE = people()


def shows(text: str) -> set[str]:
    """Return the people who appear by address, or by the part before the @ unless that is a common word."""
    lower = text.lower()
    names = {each.partition("@")[0] for each in PEOPLE}
    return {each for each in PEOPLE | {name for name in names if "." in name} if each in lower}


@pytest.fixture(scope="module")
def tenant(tmp_path_factory):
    """Take a snapshot of the sample tenant; return its path."""
    from auditor.cli import run
    from auditor.demo import DemoControlPlane
    from tests.conftest import kept_signals

    file = tmp_path_factory.mktemp("tenant") / "tenant.ndjson.gz"
    with DemoControlPlane(ROWS) as plane, pytest.MonkeyPatch.context() as patch, kept_signals():
        patch.setenv("TFY_HOST", plane.host)
        patch.setenv("TFY_API_KEY", plane.token)
        assert run(["fetch", "-o", str(file), "--quiet"]) == 0
    return str(file)


@pytest.fixture
def redacted(run_at_once, tenant):
    """Run a command with redaction on the snapshot."""

    def run(command: str, *arguments: str, key: str = KEY):
        return run_at_once(command, tenant, *arguments, *REDACT, env={"AUDITOR_REDACT_KEY": key, **NOW})

    return run


def test_the_sample_shows_people_without_redaction(run_at_once, tenant):
    assert len(PEOPLE) > 20
    plain = run_at_once("audit", tenant, *STRICT, "--format", "json")
    assert len(shows(plain.out)) > 10


@pytest.mark.parametrize("format_name", REPORTERS)
def test_no_format_contains_a_name(redacted, format_name, tmp_path):
    file = tmp_path / "report"
    extra = tmp_path / "extra.json"
    ran = redacted(
        "audit", *STRICT, "-f", format_name, "--report", f"{format_name}={file}", "--report", f"json={extra}"
    )
    assert ran.code == 1
    written = [file.read_text(), extra.read_text()]
    for text in (ran.out, ran.err, *written):
        assert not shows(text)
        assert KEY not in text
    assert PSEUDONYM.search(ran.out)


def test_exit_code_and_counts_stay(redacted, run_at_once, tenant):
    plain = run_at_once("audit", tenant, *STRICT, "-f", "json", env=NOW)
    hidden = redacted("audit", *STRICT, "-f", "json")
    before, after = json.loads(plain.out), json.loads(hidden.out)
    assert (plain.code, plain.last_line, before["summary"]) == (hidden.code, hidden.last_line, after["summary"])
    assert_valid(after, "report")
    assert sorted(each["rule"] for each in before["findings"]) == sorted(each["rule"] for each in after["findings"])
    assert "people are shown as pseudonyms (--redact subjects)" in after["receipt"]["notes"]


def test_the_same_key_gives_the_same_pseudonyms_in_every_format_and_run(redacted):
    found = {name: set(PSEUDONYM.findall(redacted("audit", *STRICT, "-f", name).out)) for name in ("json", "sarif")}
    assert found["sarif"] <= found["json"]
    assert found["sarif"]
    assert set(PSEUDONYM.findall(redacted("audit", *STRICT, "-f", "json").out)) == found["json"]
    assert set(PSEUDONYM.findall(redacted("access", "-f", "json", "--expand").out)) & found["json"]


def test_another_key_gives_other_pseudonyms_and_fingerprints(redacted):
    one, two = (json.loads(redacted("audit", *STRICT, "-f", "json", key=key).out) for key in (KEY, OTHER_KEY))
    for values in (
        lambda report: set(PSEUDONYM.findall(json.dumps(report))),
        lambda report: {each["fingerprint"] for each in report["findings"]},
        lambda report: {report["receipt"]["policy_sha256"], report["receipt"]["ids_sha256"]},
    ):
        assert values(one)
        assert not values(one) & values(two)


def test_the_mapping_reverses_it(redacted, tmp_path):
    mapping = tmp_path / "people.json"
    ran = redacted("audit", *STRICT, "-f", "json", "--redact-map", str(mapping))
    names = json.loads(mapping.read_text())
    assert stat.S_IMODE(mapping.stat().st_mode) == 0o600
    assert set(PSEUDONYM.findall(ran.out)) <= names.keys()
    assert {each.lower() for each in names.values()} <= PEOPLE
    assert list(names) == sorted(names)


def test_no_guess_of_an_address_can_be_confirmed(run_at_once, redacted, tenant):
    plain = json.loads(run_at_once("audit", tenant, *STRICT, "-f", "json", env=NOW).out)
    for format_name in REPORTERS:
        text = redacted("audit", *STRICT, "-f", format_name).out
        for each in plain["findings"]:
            assert each["fingerprint"] not in text
        assert plain["receipt"]["policy_sha256"][:12] not in text
        for person in PEOPLE:
            for guess in (person, f"user:{person}"):
                assert sha256(guess.encode()).hexdigest()[:12] not in text


def test_fingerprints_follow_a_finding_through_runs_with_one_key(redacted, tmp_path, run_at_once):
    old, new = tmp_path / "old.json", tmp_path / "new.json"
    for file in (old, new):
        redacted("audit", *STRICT, "-f", "json", "-o", str(file))
    ran = run_at_once("diff", str(old), str(new), "-f", "json")
    counts = json.loads(ran.out)["counts"]
    assert counts["still_open"]
    assert not counts["new"]
    assert not counts["fixed"]


def test_a_comparison_with_another_key_calls_nothing_fixed(redacted, tmp_path, run_at_once):
    old, new = tmp_path / "old.json", tmp_path / "new.json"
    redacted("audit", *STRICT, "-f", "json", "-o", str(old))
    redacted("audit", *STRICT, "-f", "json", "-o", str(new), key=OTHER_KEY)
    diff = json.loads(run_at_once("diff", str(old), str(new), "-f", "json").out)
    assert not diff["complete"]
    assert not diff["counts"]["fixed"]


def test_a_report_per_owner_has_no_names_in_files_and_notes(redacted, tmp_path):
    (tmp_path / "auditor.yaml").write_text("owners: [creator]\n")
    folder = tmp_path / "reports"
    folder.mkdir()
    person = min(PEOPLE)
    (folder / f"{person}.json").write_text("{}")
    ran = redacted("audit", *STRICT, "-f", "json", "--split-by", "owner", "-o", str(folder))
    files = [file for file in folder.iterdir() if person not in file.name]
    assert any(PSEUDONYM.search(file.name) for file in files)
    assert not shows("".join(f"{file.name}\n{file.read_text()}" for file in files))
    assert "is from an earlier run" in ran.err
    assert not shows(ran.err)


MANIFEST = """
type: ml-repo
name: churn
description: Ask sam.smith@acme.example, Sam.Smith@ACME.example or eve%40acme.example
storage_integration_fqn: acme:aws:prod:blob-storage:x
collaborators:
  - {subject: "user:Sam.Smith@acme.example", role_id: mlf-project-admin}
  - {subject: user:sam.smith@acme.example, role_id: mlf-project-editor}
  - {subject: user:kim, role_id: mlf-project-admin}
  - {subject: "user:o'brien@acme.example", role_id: mlf-project-admin}
"""
WAIVERS = """
waivers:
  - rule: MLR020
    repo: churn
    subject: user:kim
    reason: kim leads it, says boss@acme.example
    owner: Ann Lee <ann@acme.example>
    approved_by: Joan of Arc
    expires: 2026-02-28
"""
SECRETS = ("smith", "kim", "brien", "boss@", "ann@", "ann lee", "joan", "eve%40", "@acme")


@pytest.mark.parametrize("format_name", REPORTERS)
def test_a_redacted_check_of_files_has_no_names(run_at_once, tmp_path, format_name):
    (tmp_path / "manifests").mkdir()
    (tmp_path / "manifests" / "sam.smith@acme.example.yaml").write_text(MANIFEST)
    (tmp_path / "manifests" / "broken-kim.yaml").write_text("type: ml-repo\nname: [ann@acme.example\n")
    (tmp_path / "waivers.yaml").write_text(WAIVERS)
    ran = run_at_once(
        *("check", "manifests", "--verbose", "-f", format_name, *REDACT, "--waivers", "waivers.yaml"),
        *("--policy", "least-privilege", "--param", "company_domains=acme.org", "--redact-map", "map.json"),
        env={"AUDITOR_REDACT_KEY": KEY, **NOW},
    )
    assert ran.code == 3
    for text in (ran.out.lower(), ran.err.lower()):
        assert not [secret for secret in SECRETS if secret in text]
    names = json.loads((tmp_path / "map.json").read_text())
    spellings = [name for name in names.values() if name.lower() == "sam.smith@acme.example"]
    assert len(spellings) == 1


@pytest.mark.parametrize("format_name", ["table", "csv", "json", "html"])
@pytest.mark.parametrize(
    "view", [(), ("--expand",), ("--by", "subject", "--expand"), ("--without", "user:x@y.example")]
)
def test_redacted_access_has_no_names(redacted, format_name, view, tmp_path):
    file = tmp_path / "people.json"
    ran = redacted("access", "-f", format_name, *view, "--redact-map", str(file))
    assert ran.code == 0
    assert not shows(ran.out + ran.err)
    assert "x@y.example" not in ran.out + ran.err
    assert (
        set(PSEUDONYM.findall(re.sub(r"\s", "", ran.out))) <= json.loads(file.read_text()).keys()
        or format_name == "table"
    )


def test_access_shows_the_same_grants_as_without(run_at_once, redacted, tenant):
    arguments = ("-f", "csv", "--expand")
    plain = [*csv.DictReader(io.StringIO(run_at_once("access", tenant, *arguments, env=NOW).out))]
    hidden = [*csv.DictReader(io.StringIO(redacted("access", *arguments).out))][:-1]
    columns = ("repo", "role", "level", "via", "state")
    assert [[each[name] for name in columns] for each in plain] == [[each[name] for name in columns] for each in hidden]


def test_access_finds_a_subject_by_name(redacted, run_at_once, tenant):
    person = f"user:{sorted(PEOPLE)[3]}"
    plain = json.loads(run_at_once("access", tenant, "-f", "json", "--subject", person, env=NOW).out)
    hidden = redacted("access", "-f", "json", "--subject", person)
    assert_valid(json.loads(hidden.out), "access")
    assert len(json.loads(hidden.out)["grants"]) == len(plain["grants"])
    assert not shows(hidden.out + hidden.err)


def test_access_does_not_suggest_manifests_with_pseudonyms(redacted, tmp_path):
    ran = redacted("access", "--suggest", str(tmp_path / "fixes"))
    assert ran.code == 2
    assert "--suggest cannot be used with --redact" in ran.last_line
    assert not (tmp_path / "fixes").exists()


def test_the_history_keeps_names_since_it_follows_findings_by_them(redacted, tmp_path):
    ran = redacted("audit", *STRICT, "--history", "history.db")
    assert ran.code == 1
    assert shows((tmp_path / "history.db").read_bytes().decode("latin-1"))


@pytest.mark.parametrize(
    ("key", "message"),
    [
        (None, "--redact needs a key; set AUDITOR_REDACT_KEY or --redact-key-file"),
        ("", "the key in AUDITOR_REDACT_KEY is empty"),
        ("sesame-15-bytes", "the key in AUDITOR_REDACT_KEY is too short (15 bytes, expected at least 16)"),
    ],
)
@pytest.mark.parametrize("command", ["audit", "access"])
def test_a_key_that_cannot_protect_is_refused(run_at_once, tenant, command, key, message):
    ran = run_at_once(command, tenant, *REDACT, env={} if key is None else {"AUDITOR_REDACT_KEY": key})
    assert (ran.code, ran.out) == (2, "")
    assert message in ran.last_line
    assert "secrets.token_hex(32)" in ran.last_line
    assert "sesame" not in ran.err


@pytest.mark.parametrize(
    ("content", "mode", "message"),
    [
        (b"", 0o600, "is empty"),
        (b"short\n", 0o600, "is too short (5 bytes"),
        (KEY.encode(), 0o644, "can be read or written by others (mode 0644); run: chmod 600 key"),
        (None, 0o600, "cannot be read: No such file or directory; create one with: (umask 077; python -c"),
    ],
)
def test_a_key_file_that_cannot_protect_is_refused(run_at_once, tenant, tmp_path, content, mode, message):
    file = tmp_path / "key"
    if content is not None:
        file.write_bytes(content)
        file.chmod(mode)
    ran = run_at_once("audit", tenant, *REDACT, "--redact-key-file", "key")
    assert (ran.code, ran.out) == (2, "")
    assert message in ran.last_line
    assert KEY not in ran.err


def test_a_key_in_a_file_is_the_key_in_the_environment(run_at_once, redacted, tenant, tmp_path):
    file = tmp_path / "key"
    file.write_text(f"{KEY}\n")
    file.chmod(0o600)
    by_variable = redacted("audit", *STRICT, "-f", "json").out
    by_file = run_at_once(
        *("audit", tenant, *STRICT, "-f", "json", *REDACT, "--redact-key-file", "key"),
        env={"AUDITOR_REDACT_KEY": OTHER_KEY, **NOW},
    )
    assert by_file.out == by_variable


@pytest.mark.parametrize("option", ["--redact-map", "--redact-key-file"])
def test_an_option_without_redact_is_refused(run_at_once, tenant, option):
    ran = run_at_once("audit", tenant, option, "file")
    assert ran.code == 2
    assert f"{option} has no effect without --redact; add --redact subjects, or remove it" in ran.last_line


@pytest.mark.parametrize("command", ["audit", "access"])
def test_an_output_never_overwrites_an_input_or_the_key(run_at_once, tenant, tmp_path, command):
    key = tmp_path / "key"
    key.write_text(KEY)
    key.chmod(0o600)
    keyed = (command, tenant, *REDACT, "--redact-key-file", "key")
    for arguments, message in (
        (("--redact-map", tenant), "the mapping would overwrite"),
        (("--redact-map", "key"), "the mapping would overwrite key, which is the file of --redact-key-file"),
        (("--output", "key"), "would overwrite key, which is the file of --redact-key-file"),
        (("--output", "same", "--redact-map", "same"), "the report and the mapping are written to the same file"),
    ):
        ran = run_at_once(*keyed, *arguments)
        assert ran.code == 2
        assert message in ran.last_line
    assert key.read_text() == KEY
    with gzip.open(tenant) as stream:
        assert stream.read(1)


def test_a_mapping_that_cannot_be_written_is_exit_5(redacted, tmp_path):
    ran = redacted("audit", "--redact-map", str(tmp_path / "missing" / "map.json"))
    assert ran.code == 5
    assert "map.json could not be written" in ran.last_line


def test_the_demo_redacts(run_at_once):
    ran = run_at_once("demo", "--repos", "60", *REDACT, env={"AUDITOR_REDACT_KEY": KEY})
    assert ran.code == 1
    assert not shows(ran.out + ran.err)
    assert PSEUDONYM.search(ran.out)
