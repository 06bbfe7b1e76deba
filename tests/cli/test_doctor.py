"""`auditor doctor`: one line per step, what to do if one fails, and an exit code above 0 if an audit would fail."""

from __future__ import annotations

import base64
import json
import re
import time

import pytest


def works(ran) -> dict[str, bool]:
    """Return the result of each step."""
    return {
        line[5:19].strip(): line.startswith("ok ")
        for line in ran.out.splitlines()
        if line[:5].strip() in {"ok", "FAIL"}
    }


def test_a_healthy_control_plane(start_plane, environment, run_auditor):
    env = environment(start_plane())
    ran = run_auditor("doctor", env=env)
    assert ran.code == 0
    assert all(works(ran).values())
    assert set(works(ran)) == {
        "configuration", "policy", "host", "token", "proxy", "DNS", "TLS", "API", "clock", "identity", "repos",
        "directory", "rules",
    }  # fmt: skip
    assert "role bindings: " in ran.out
    assert "17 of 17 can be evaluated on every repo" in ran.out
    assert "auditor@example.com of tenant truefoundry" in ran.out
    assert "250 visible to this token" in ran.out
    assert "/api/svc/v1/ml-repos responds" in ran.out
    assert env["TFY_API_KEY"] not in ran.out + ran.err


def test_rules_that_would_be_skipped_are_reported_beforehand(start_plane, environment, run_auditor, tmp_path):
    env = environment(start_plane(without={"role-bindings": 404}))
    ran = run_auditor("doctor", env=env)
    assert ran.code == run_auditor("audit", "--exit-zero", env=env).code == 3
    said = " ".join(ran.out.split())
    assert "role bindings: not offered by the control plane" in said
    assert "FAIL rules skipped for repos without collaborators in the manifest: MLR" in said
    accepted = "".join(f"  {rule}: {{when_unavailable: skip}}\n" for rule in re.findall(r"\bMLR\d+", said))
    (tmp_path / "auditor.yaml").write_text(f"rules:\n{accepted}", "utf-8")
    assert run_auditor("doctor", env=env).code == run_auditor("audit", "--exit-zero", env=env).code == 0


def test_a_part_that_may_not_be_read_fails(start_plane, environment, run_auditor):
    ran = run_auditor("doctor", env=environment(start_plane(without={"role-bindings": 403})))
    assert ran.code == 3
    assert works(ran)["rules"] is False
    assert "FAIL directory" in " ".join(ran.out.split())


def test_an_old_control_plane_is_recognized(start_plane, environment, run_auditor):
    ran = run_auditor("doctor", env=environment(start_plane(svc=False)))
    assert ran.code == 0
    assert "/api/ml/v1/ml-repos responds" in ran.out


def test_a_refused_token(start_plane, environment, run_auditor):
    ran = run_auditor("doctor", env={**environment(start_plane()), "TFY_API_KEY": "tfy_wrong"})
    assert ran.code == 3
    assert works(ran)["control plane"] is False
    assert "fix: renew the token in TFY_API_KEY" in ran.out
    assert ran.last_line.startswith("auditor: exit 3, incomplete: ")


def test_an_empty_tenant(start_plane, environment, run_auditor):
    ran = run_auditor("doctor", env=environment(start_plane([])))
    assert ran.code == 3
    assert works(ran)["repos"] is False


def test_no_credentials(run_auditor):
    ran = run_auditor("doctor")
    assert ran.code == 2
    assert works(ran) == {"configuration": True, "policy": True, "credentials": False}


def test_a_host_without_a_listener(run_auditor):
    ran = run_auditor("doctor", env={"TFY_HOST": "http://127.0.0.1:1", "TFY_API_KEY": "tfy_x"})
    assert ran.code == 3
    assert works(ran)["control plane"] is False


def test_a_wrong_configuration_and_a_wrong_policy(run_auditor, tmp_path, start_plane, environment):
    (tmp_path / "auditor.yaml").write_text("policies: [nowhere.yaml]\n", "utf-8")
    ran = run_auditor("doctor", env=environment(start_plane()))
    assert ran.code == 2
    assert works(ran)["configuration"] is True or works(ran)["repos"] is True
    assert "nowhere.yaml" in ran.out


@pytest.mark.parametrize(
    ("claims", "words"), [({"subjectType": "serviceaccount"}, "virtual account"), ({}, "login token")]
)
def test_the_kind_and_the_expiry_of_a_token(claims, words, run_auditor, start_plane):
    payload = json.dumps({"tenantName": "truefoundry", "exp": int(time.time()) + 3600, **claims})
    token = f"e30.{base64.urlsafe_b64encode(payload.encode()).decode().rstrip('=')}.c2ln"
    env = {"TFY_HOST": start_plane(token=token).host, "TFY_API_KEY": token}
    ran = run_auditor("doctor", env=env)
    assert words in ran.out
    assert "expires at 20" in ran.out
    assert token not in ran.out + ran.err


def test_a_clock_that_is_wrong(start_plane, environment, run_auditor):
    ran = run_auditor("doctor", env={**environment(start_plane()), "SOURCE_DATE_EPOCH": "1500000000"})
    assert ran.code == 3
    assert works(ran)["clock"] is False
    assert "behind" in ran.out


def test_every_setting_is_shown_with_its_origin(run_auditor, tmp_path):
    (tmp_path / "auditor.yaml").write_text("fail_on: high\nparams: {max_admins: 3}\n", "utf-8")
    ran = run_auditor(
        "doctor", "--config", env={"AUDITOR_FORMAT": "json", "TFY_HOST": "https://user:secret@host.example"}
    )
    rows = {
        row[0]: row[1:] for row in ([cell.strip() for cell in line.split("|")[1:4]] for line in ran.out.splitlines())
    }
    assert ran.code == 0
    assert rows["fail_on"][0] == "high"
    assert rows["fail_on"][1].endswith("auditor.yaml:1:10")
    assert rows["params"][0] == '{"max_admins": 3}'
    assert rows["format"] == ["json", "AUDITOR_FORMAT"]
    assert rows["policies"] == ["ml-repo-baseline", "default"]
    assert "secret" not in ran.out


def test_the_settings_name_what_was_accepted_and_hide_the_password_of_the_history(run_auditor, tmp_path):
    (tmp_path / "auditor.yaml").write_text(
        "waivers: waivers.yaml\nbaseline: b.jsonl\nhistory: postgresql://me:hunter2@db/h?password=hunter2\n"
    )
    shown = run_auditor("doctor", "--config", cwd=tmp_path)
    assert shown.code == 0
    assert "hunter2" not in shown.out
    for name in ("waivers", "waiver_days", "baseline", "owners", "history"):
        assert f"\n| {name} " in shown.out
    hidden = run_auditor("doctor", "--config", cwd=tmp_path, env={"AUDITOR_HISTORY": "postgresql://me:hunter2@db/h"})
    assert "hunter2" not in hidden.out


def test_a_file_of_waivers_that_is_not_there_is_a_problem_of_the_configuration(run_auditor, tmp_path):
    (tmp_path / "auditor.yaml").write_text("waivers: waivers.yaml\n")
    ran = run_auditor("doctor", cwd=tmp_path)
    assert ran.code == 2
    assert "waivers.yaml cannot be read" in ran.out
