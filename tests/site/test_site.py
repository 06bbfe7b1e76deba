"""The documentation site: strict, complete, without dead links, and without anything from another host."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

import lxml.html
import pytest
import yaml

import auditor
from auditor.cli.commands import auditor as commands
from auditor.cli.help import COMMANDS
from auditor.cli.rules import entries
from auditor.links import DOCS_URL, HOME, rule_page
from auditor.model import Status
from auditor.policy import load_policy
from auditor.resources import schema, shipped_packs
from auditor.verdict import EXIT_CODES

ROOT = Path(__file__).parent.parent.parent
LOADED = {
    **dict.fromkeys(("script", "iframe", "audio", "embed"), ("src",)),
    **dict.fromkeys(("img", "source"), ("src", "srcset")),
    **dict.fromkeys(("use", "image"), ("href", "xlink:href")),
    "video": ("src", "poster"),
    "object": ("data",),
}
NOT_LOADED = {"canonical", "prev", "next", "alternate"}
CSS_URL = re.compile(r"""url\(\s*["']?([^"')]+)|@import\s+["']([^"']+)""")


@pytest.fixture(scope="module")
def pages(site):
    return {file: lxml.html.fromstring(file.read_bytes()) for file in site.rglob("*.html")}


def rules():
    """Return every shipped rule once."""
    found = {each.info.id: each for each in entries(load_policy(list(shipped_packs())))}
    turned_off = [each for pack in shipped_packs() for each in entries(load_policy([pack]))]
    return [*({each.info.id: each for each in turned_off} | found).values()]


def text_of(site, page):
    """Return the text of a page as a reader sees it."""
    return " ".join(lxml.html.fromstring((site / page / "index.html").read_bytes()).text_content().split())


def test_nothing_is_loaded_from_another_host(site, pages):
    loaded = [(file, each) for file, page in pages.items() for each in _loaded(page)]
    for file in site.rglob("*.css"):
        loaded += [(file, each) for each in _urls(file.read_text("utf-8"))]
    assert len(loaded) > len(pages)
    assert not [(file, each) for file, each in loaded if urlsplit(each).netloc or each.startswith("//")]


def _loaded(page):
    for element in page.iter():
        tag = element.tag if isinstance(element.tag, str) else ""
        for name in LOADED.get(tag, ()):
            yield from (part.split()[0] for part in element.get(name, "").split(",") if part.strip())
        if tag == "link" and not NOT_LOADED & set(element.get("rel", "").split()):
            yield element.get("href")
        yield from _urls((element.get("style") or "") + ((element.text or "") if tag == "style" else ""))


def _urls(css):
    return [one or other for one, other in CSS_URL.findall(css) if not (one or other).startswith("data:")]


def test_links_and_anchors_lead_somewhere(site, pages):
    anchors = {file: {each.get("id") or each.get("name") for each in page.iter("*")} for file, page in pages.items()}
    dead = []
    for file, page in pages.items():
        place = f"/{file.relative_to(site).as_posix()}"
        for link in page.iter("a"):
            parts = urlsplit(urljoin(place, link.get("href", "")))
            if parts.scheme or parts.netloc or not link.get("href"):
                continue
            path = parts.path.removeprefix(urlsplit(DOCS_URL).path)  # of 404.html, which is shown at any address
            target = site / unquote(path).lstrip("/")
            target = target / "index.html" if target.is_dir() else target
            fragment = unquote(parts.fragment)
            if not target.exists() or (fragment and target in anchors and fragment not in anchors[target]):
                dead.append((file.relative_to(site).as_posix(), link.get("href")))
    assert not dead


def test_links_to_the_repository_lead_to_files_that_exist(pages):
    links = {link.get("href", "") for page in pages.values() for link in page.iter("a")}
    files = [found[1] for each in links if (found := re.match(rf"{HOME}/(?:blob|tree)/main/([^#]+)", each))]
    assert files
    assert not [each for each in files if not (ROOT / each).exists()]


@pytest.mark.parametrize("entry", rules(), ids=lambda each: each.info.id)
def test_each_rule_has_a_page_where_its_findings_link_to(entry, site):
    info = entry.info
    assert info.docs == rule_page(info.id) == f"{DOCS_URL}latest/rules/{info.id}/"
    text = text_of(site, f"rules/{info.id}")
    for part in (f"{info.name} ({info.id})", f"{info.title}.", "With a finding", "Without a finding", "How to fix it"):
        assert part in text
    if entry.rule:
        examples = entry.rule.read_examples()
        shown = lxml.html.fromstring((site / "rules" / info.id / "index.html").read_bytes()).xpath("//pre")
        documents = [_document(each.text_content()) for each in shown]
        assert examples
        for example in examples:
            written = example.cursor.plain()
            assert (written["manifest"] if set(written) == {"manifest"} else written) in documents


def _document(text):
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError:
        return None


def test_llms_txt_lists_every_page(site, pages):
    text = (site / "llms.txt").read_text("utf-8")
    lines = re.findall(r"^- \[(.+?)\]\((.+?)\): (.+)$", text, re.MULTILINE)
    assert text.startswith("# Auditor\n\n> ")
    assert {address.removeprefix(DOCS_URL) for _, address, _ in lines} == {
        file.relative_to(site).as_posix().removesuffix("index.html") for file in pages if file.name != "404.html"
    }
    assert all(len(line) > 10 for _, _, line in lines)


@pytest.mark.parametrize("name", [name for names in COMMANDS.values() for name in names])
def test_each_command_has_a_page_with_its_options(name, site):
    text = text_of(site, f"reference/commands/{name}")
    command = commands.get_command(None, name)
    for option in command.params:
        if option.param_type_name == "option" and not option.hidden:
            assert max(option.opts, key=len) in text


def test_the_configuration_page_has_every_key_and_variable(site):
    text = text_of(site, "reference/configuration")
    keys = schema("config")["properties"]
    assert not [key for key in keys if key not in text]
    assert not [key for key in keys["expect"]["properties"] if f"expect.{key}" not in text]
    sources = "".join(file.read_text("utf-8") for file in Path(auditor.__file__).parent.rglob("*.py"))
    used = set(re.findall(r"\b(?:AUDITOR|TFY)_[A-Z_]+\b(?!\*)", sources)) - {"AUDITOR_COMPLETE"}
    assert not [name for name in used if name not in text]


def test_the_exit_codes_are_the_same_everywhere(site):
    table = {each.verdict: each for each in EXIT_CODES}
    assert {each.value.replace("-", " ") for each in Status} == set(table)
    text = text_of(site, "reference/exit-codes")
    assert not [each for each in EXIT_CODES if f"{each.codes} {each.verdict}" not in text]
    for page in ("README.md", "docs/ci.md", "docs/reference/exit-codes.md"):
        rows = re.findall(r"^\| (\d[\d, ]*) \| ([a-z ]+) \|", (ROOT / page).read_text("utf-8"), re.MULTILINE)
        assert {(each.codes, each.verdict) for each in EXIT_CODES} == set(rows), page


def test_the_python_api_page_has_every_name(site):
    text = text_of(site, "reference/python-api")
    assert not [name for name in auditor.__all__ if name not in text]


def test_the_site_has_search_versions_and_dark_mode(site):
    home = (site / "index.html").read_text("utf-8")
    assert '"provider": "mike"' in home
    assert 'data-md-color-scheme="slate"' in home
    assert (site / "search" / "search_index.json").stat().st_size > 100_000
    assert not list(site.rglob("*.py"))


def test_another_address_of_the_documentation_is_one_variable(monkeypatch):
    monkeypatch.setenv("AUDITOR_DOCS_URL", "https://docs.acme.example/auditor")
    found = load_policy().rules[0].info
    assert found.docs == f"https://docs.acme.example/auditor/rules/{found.id}/"
