"""Fixes: the result equals an oracle's, every other line keeps its bytes, and a second fix changes nothing."""

from __future__ import annotations

import json
import re

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.autofix import FIXES, KNOWN_ROLES, fix_text
from auditor.documents import read_documents
from auditor.errors import DocumentError
from auditor.model import Binding, Repo
from auditor.validation import validate

SUBJECTS = ("team:fraud-ml", "user:sam@example.com", "user:o'neil@example.com", "team:Ünïcode")
ROLES = ("mlf-project-admin", "MLF-Project-Admin", "mlf-project-VIEWER", "custom-Role")
BLANKS = ("", " ", "  ", "\t", "\n")
WORDS = (
    "scoring",
    "fraud: cards",
    "it's ours",
    '"quoted"',
    "#1 of them",
    "no",
    "2024",
    "models for naïve users",
    "a\\b",
)


class Page:
    """A file under construction: lines, some with a comment, and which of them must not change."""

    def __init__(self, draw, end):
        self._draw, self._end = draw, end
        self.lines, self.healthy, self.comments = [], [], []

    def line(self, text, *, healthy=False, comment=True):
        if comment and self._draw(st.booleans()):
            self.comments.append(f"# c{len(self.comments)} it's: [here")
            text += f"  {self.comments[-1]}"
        if comment and self._draw(st.integers(0, 5)) == 0:
            self.comments.append(f"# c{len(self.comments)} alone")
            self.lines.append(f"    {self.comments[-1]}")
        self.lines.append(text)
        self.healthy += [text] if healthy else []

    @property
    def text(self):
        return self._end.join([*self.lines, ""])


def quoted(draw, value):
    if draw(st.booleans()) or not value.isprintable():
        return json.dumps(value, ensure_ascii=False)
    return "'" + value.replace("'", "''") + "'"


def scalar(draw, value):
    plain = re.fullmatch(r"[A-Za-z][\w:@.'-]*", value) and value != "no"
    return value if plain and draw(st.booleans()) else quoted(draw, value)


def write_description(draw, page):
    words = draw(st.lists(st.sampled_from(WORDS), min_size=1, max_size=3))
    if draw(st.booleans()):
        page.line(f"description: {draw(st.sampled_from(['|', '>', '|-', '|+', '|2']))}")
        for word in words:
            page.line(f"  {word}", comment=False)
        if draw(st.booleans()):
            page.line("", comment=False)
        return
    value = draw(st.sampled_from(BLANKS)) + draw(st.sampled_from(["\n", "  \n\n ", " "])).join(words)
    page.line(f"description: {quoted(draw, value + draw(st.sampled_from(BLANKS)))}")


def write_grants(draw, page):
    grants = draw(st.lists(st.tuples(st.sampled_from(SUBJECTS), st.sampled_from(ROLES)), min_size=1, max_size=5))
    blank = st.sampled_from(BLANKS)
    entries = [(draw(blank) + subject + draw(blank), role + draw(blank)) for subject, role in grants]
    style = draw(st.sampled_from(["block", "flow", "zero", "line"]))
    if style == "line":
        inner = ", ".join(f"{{subject: {quoted(draw, s)}, role_id: {quoted(draw, r)}}}" for s, r in entries)
        page.line(f"collaborators: [{inner}]")
        return
    page.line("collaborators:", healthy=True, comment=False)
    indent = "" if style == "zero" else "  "
    for subject, role in entries:
        if style == "flow":
            page.line(f"{indent}- {{subject: {quoted(draw, subject)}, role_id: {quoted(draw, role)}}}")
            continue
        parts = [f"subject: {scalar(draw, subject)}", f"role_id: {scalar(draw, role)}"]
        page.line(f"{indent}- {parts.pop(draw(st.integers(0, 1)))}")
        page.line(f"{indent}  {parts[0]}")


@st.composite
def pages(draw):
    page = Page(draw, draw(st.sampled_from(["\n", "\r\n"])))
    for number in range(draw(st.integers(1, 2))):
        page.line("---", healthy=True, comment=False)
        page.line("type:   ml-repo", healthy=True)
        write_description(draw, page)
        page.line(f"name: repo-{number}", healthy=True)
        write_grants(draw, page)
        page.line("storage_integration_fqn:  a:aws:b:blob-storage:c", healthy=True)
    return page


def loaded(text):
    return list(yaml.load_all(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)))


def expected(value):
    """The oracle: return the manifest as it should be after every fix."""
    lines = [" ".join(value["description"].split())] if "\n" in value["description"].strip(" \t\r\n") else None
    known = {role.lower(): role for role in KNOWN_ROLES}
    seen = []
    for entry in value["collaborators"]:
        role = entry["role_id"].strip()
        each = {"subject": entry["subject"].strip(), "role_id": known.get(role.lower(), role)}
        seen += [each] if each not in seen else []
    description = value["description"].strip(" \t\r\n")
    if lines:
        description = re.sub(r"[ \t]*\n[ \t\n]*", " ", description)
    return value | {"description": description, "collaborators": seen}


@settings(max_examples=300, deadline=None)
@given(pages())
def test_the_fixes_do_what_the_oracle_says_and_nothing_else(page):
    fixed = fix_text(page.text, "x.yaml")
    assert loaded(fixed.text) == [expected(each) for each in loaded(page.text)]
    assert bool(fixed.applied) == (fixed.text != page.text)
    assert fix_text(fixed.text, "x.yaml").text == fixed.text
    # Lines without a problem keep their bytes, and no comment is lost.
    lines = iter(fixed.text.split("\n"))
    end = "\r" if "\r\n" in page.text else ""
    assert all(any(line == f"{each}{end}" for line in lines) for each in page.healthy)
    assert sorted(re.findall(r"# c[0-9]+", fixed.text)) == sorted(re.findall(r"# c[0-9]+", page.text))
    assert {line.endswith("\r") for line in fixed.text.split("\n")[:-1]} == {bool(end)}


@settings(max_examples=100, deadline=None)
@given(pages())
def test_a_fix_adds_no_finding_and_removes_those_that_it_fixes(page):
    fixed = fix_text(page.text, "x.yaml")
    before, after = findings_of(page.text), findings_of(fixed.text)
    assert after <= before
    assert not {rule for rule, _, _ in after} & {"MLS004", "MLS006"}


@settings(max_examples=300, deadline=None)
@given(
    pages(),
    st.lists(
        st.tuples(st.integers(0, 400), st.integers(0, 6), st.text("#:-'\"[]{}|>&*!,\n\t a\r\u2028\x85é", max_size=4))
    ),
)
def test_any_file_is_fixed_or_left_alone(page, wounds):
    text = page.text
    for place, length, inserted in wounds:
        text = text[:place] + inserted + text[place + length :]
    try:
        fixed = fix_text(text, "x.yaml")
    except DocumentError:
        return
    assert fix_text(fixed.text, "x.yaml").text == fixed.text
    before, after = (list(read_documents(each, "x.yaml")) for each in (text, fixed.text))
    assert [each.value.keys() for each in before if isinstance(each.value, dict)] == [
        each.value.keys() for each in after if isinstance(each.value, dict)
    ]


def findings_of(text):
    found = set()
    for document in read_documents(text, "x.yaml"):
        assert document.problem is None
        found |= {
            (each.rule.id, each.repo.name, re.sub("[0-9]+", "*", each.path))
            for each in validate(Repo("1", document.value))
        }
        found |= {("trap", document.value["name"], str(trap.path)) for trap in document.ambiguous}
    return found


GRANT = "{subject: team:ml, role_id: mlf-project-viewer}"


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("description: 'a  '   # why\n", "description: 'a'   # why\n"),
        ("description: |  # why\n  two\n  lines\n\n# next\n", "description: two lines  # why\n\n# next\n"),
        ("description: >+\n  two: x\n\n  lines\n", 'description: "two: x lines"\n'),
        ('description: "two\n  lines\\n"\n', 'description: "two lines"\n'),
        (f"collaborators: [{GRANT}, {GRANT}]\n", f"collaborators: [{GRANT}]\n"),
        (f"collaborators: [{GRANT},\n  {GRANT},\n  ]\n", f"collaborators: [{GRANT},\n  ]\n"),
        (f"collaborators:\n- {GRANT}\n- {GRANT}  # b\n# c\n", f"collaborators:\n- {GRANT}\n# b\n# c\n"),
        (f"collaborators:\n- {GRANT}\n- {GRANT}", f"collaborators:\n- {GRANT}\n"),
        ("collaborators: [{subject: team:a, role_id: MLF-PROJECT-VIEWER}]\n", None),
    ],
)
def test_one_fix_changes_its_own_words_only(text, after):
    head = "type: ml-repo\nname: churn\nstorage_integration_fqn: a:aws:b:blob-storage:c\n"
    wanted = text.replace("MLF-PROJECT-VIEWER", "mlf-project-viewer") if after is None else after
    assert fix_text(head + text, "x.yaml").text == head + wanted


@pytest.mark.parametrize(
    "text",
    [
        "description: &d 'a '\nownedBy: {account: *d}\n",  # shared with another value
        "x: &d 'a '\ndescription: *d\n",
        f"x: &g {GRANT}\ncollaborators: [*g, *g]\n",
        f"collaborators:\n- {GRANT}\n- # why\n  subject: team:ml\n  role_id:\n    mlf-project-viewer\n",
        f"collaborators: [{GRANT}, # why\n  {GRANT}]\n",  # the comment would be lost
        f"collaborators:\n- {GRANT}\n-\n  subject: team:ml\n  role_id: mlf-project-viewer\n",
        "description: 'a\u2028b'\n",  # a line end in YAML, and hardly anywhere else
        f"description: '{'a' * 300}\n\n  {'b' * 300}'\n",  # too long on one line too
        "description: ' '\n",
        'description: "a\\x07 "\n',
        "<<: {description: 'a '}\n",
        "collaborators: [{subject: team:a, role_id: MLF-custom}]\n",
        "collaborators: [{subject: 1, role_id: 2}, {subject: 1, role_id: 2}, x, x]\n",
        "collaborators: x\ndescription: [a]\n",
    ],
)
def test_what_cannot_be_fixed_safely_is_left_alone(text):
    whole = f"type: ml-repo\nname: churn\nstorage_integration_fqn: a:aws:b:blob-storage:c\n{text}"
    assert fix_text(whole, "x.yaml").text == whole


def test_documents_of_other_types_are_left_alone():
    text = f"type: workspace\nname: w\ndescription: 'a '\ncollaborators: [{GRANT}, {GRANT}]\n"
    assert fix_text(text, "x.yaml").applied == ()


@pytest.mark.parametrize("wrong", ["name: b\n", "x: [\n", "y: !!python/object 1\n", "z: .nan\n"])
def test_a_file_of_which_anything_cannot_be_read_is_left_alone(wrong):
    text = f"type: ml-repo\nname: a\ndescription: 'x '\n---\ntype: ml-repo\nname: c\n{wrong}"
    with pytest.raises(DocumentError):
        fix_text(text, "x.yaml")


def test_json_is_fixed_like_yaml():
    grant = {"subject": "team:ml ", "role_id": "MLF-project-admin"}
    manifest = {"type": "ml-repo", "name": "churn", "description": "a\nb", "collaborators": [grant, grant]}
    for indent in (None, 2):
        after = json.loads(fix_text(json.dumps(manifest, indent=indent), "x.json").text)
        assert after == manifest | {
            "description": "a b",
            "collaborators": [{"subject": "team:ml", "role_id": "mlf-project-admin"}],
        }


def test_role_bindings_are_fixed_too():
    text = (
        "type: role-binding\nname: b-1\nsubjects: [{type: team, name: 'ml '}]\n"
        "permissions: [{resourceType: mlf-project, resourceFqn: churn, role: 'MLF-Project-Viewer '}]\n"
    )
    fixed = fix_text(text, "x.yaml")
    assert fixed.text == text.replace("'ml '", "'ml'").replace("'MLF-Project-Viewer '", "'mlf-project-viewer'")
    assert validate(Binding("1", yaml.safe_load(fixed.text))) == []
    other = text.replace("mlf-project,", "cluster,").replace("'MLF-Project-Viewer '", "MLF-Project-Viewer")
    assert "MLF-Project-Viewer" in fix_text(other, "x.yaml").text


def test_roles_of_ones_own_have_a_case_of_their_own():
    text = "type: ml-repo\nname: churn\ncollaborators: [{subject: team:a, role_id: mlf-project-Reader}]\n"
    assert fix_text(text, "x.yaml").applied == ()
    assert "mlf-project-READER" in fix_text(text, "x.yaml", ("mlf-project-READER",)).text


def test_every_fix_says_what_it_is_for():
    assert len({fix.name for fix in FIXES}) == len(FIXES)
    assert all(fix.meaning and fix.answers and fix.kinds for fix in FIXES)
