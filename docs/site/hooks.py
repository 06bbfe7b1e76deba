"""What the build of the site adds to the files in `docs/`: generated pages and tables, `llms.txt`, links for the web.

The files in `docs/` are also read on GitHub. So pages that are generated here are files with an introduction there, and
links to other files of the repository stay relative.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any

from command_pages import command_index, command_pages
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.plugins import event_priority
from mkdocs.structure.files import File, Files
from mkdocs.structure.nav import Navigation, Section
from mkdocs.structure.pages import Page
from rule_pages import RulePage, rule_pages
from settings_tables import environment_table, exit_code_table, settings_table

import auditor
from auditor.cli.rules import SCHEMA_PACK
from auditor.links import DOCS_URL, HOME

_GENERATED = {
    "commands": command_index,
    "settings": settings_table,
    "environment": environment_table,
    "exit-codes": exit_code_table,
    "api": lambda: "\n".join(f"::: auditor.{name}\n" for name in auditor.__all__),
}
"""What replaces the text between `<!-- NAME -->` and `<!-- end of NAME -->`."""

_PLACE = re.compile(r"<!-- (?P<name>[\w-]+): on the site.*? -->.*?<!-- end of (?P=name) -->", re.DOTALL)
_RULE_LINK = re.compile(r"(\]\((?:\.\./)*)rules\.md#([a-z]{3})(\d{3})\)")
_OWN_RULE_LINK = re.compile(r"\]\(#([a-z]{3})(\d{3})\)")
_OUTSIDE = re.compile(r"\]\((\.\./[^)#\s]+)(#[^)\s]*)?\)")
_PICTURE = re.compile(
    r'<picture>\s*<source media="\(prefers-color-scheme: dark\)" srcset="([^"]+)">\s*'
    r'<img alt="([^"]+)" src="([^"]+)">\s*</picture>'
)
_RULES = "rules.md"
_SENTENCE = re.compile(r".*?[.!?:](?=\s|$)", re.DOTALL)
_NO_PROSE = ("#", "<", "!", "|", "```", ":", "-")


@cache
def _rule_pages() -> tuple[RulePage, ...]:
    return tuple(rule_pages())


@event_priority(100)
def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Set the address of the site, and add the pages of rules and commands to the navigation."""
    config.site_url = DOCS_URL
    packs: dict[str, list[dict[str, str]]] = {}
    for page in _rule_pages():
        packs.setdefault(page.pack, []).append({page.title: f"rules/{page.id}.md"})
    commands = [{f"auditor {name}": f"reference/commands/{name}.md"} for name, _ in command_pages()]
    groups = [{pack[0].upper() + pack[1:] if pack == SCHEMA_PACK else pack: pages} for pack, pages in packs.items()]
    _fill(config.nav, _RULES, groups)
    _fill(config.nav, "reference/commands.md", commands)
    return config


def _fill(nav: Any, index: str, children: list[Any]) -> None:  # noqa: ANN401 - MkDocs' own lists and mappings
    """Add pages to the section of the navigation that begins with the page `index`."""
    for item in nav if isinstance(nav, list) else ():
        for each in item.values() if isinstance(item, dict) else ():
            if isinstance(each, list):
                if isinstance(each[0], dict) and index in each[0].values():
                    each.extend(children)
                _fill(each, index, children)


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages of rules and commands."""
    for page in _rule_pages():
        files.append(File.generated(config, f"rules/{page.id}.md", content=page.text))
    for name, text in command_pages():
        files.append(File.generated(config, f"reference/commands/{name}.md", content=text))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, **_: object) -> str:
    """Fill in generated parts, and point links to the pages of rules and to files of the repository."""
    source = page.file.src_uri
    if source == _RULES:
        markdown = _OWN_RULE_LINK.sub(_own_rule, _without_rules(markdown))
    markdown = _PLACE.sub(lambda found: _GENERATED[found["name"]](), markdown)
    markdown = _RULE_LINK.sub(lambda found: f"{found[1]}rules/{found[2].upper()}{found[3]}.md)", markdown)
    docs = Path(config.docs_dir)
    markdown = _OUTSIDE.sub(lambda found: f"]({_outside(source, found[1], docs)}{found[2] or ''})", markdown)
    page.meta.setdefault("description", _summary(markdown))
    return _PICTURE.sub(r"![\2](\3#only-light)\n![\2](\1#only-dark)", markdown)


def _own_rule(found: re.Match[str]) -> str:
    return f"](rules/{found[1].upper()}{found[2]}.md)"


def _without_rules(markdown: str) -> str:
    """Return the list of rules without the text of each, which has a page of its own."""
    return re.sub(r"^### .*?(?=^## |\Z)", "", markdown, flags=re.MULTILINE | re.DOTALL)


def _outside(source: str, target: str, docs: Path) -> str:
    """Return a link to a file as it is, or to the repository if the file is not part of the site."""
    file = (docs / PurePosixPath(source).parent / target).resolve()
    if file.is_relative_to(docs.resolve()):
        return target
    kind = "tree" if file.is_dir() else "blob"
    return f"{HOME}/{kind}/main/{file.relative_to(docs.resolve().parent).as_posix()}"


def _summary(markdown: str) -> str:
    """Return the first sentence of a page, without markup."""
    text = re.sub(r"<!--.*?-->", "", markdown, flags=re.DOTALL)
    paragraphs = (part.strip() for part in re.split(r"\n\s*\n", text))
    prose = next((part for part in paragraphs if part and not part.startswith(_NO_PROSE)), "")
    plain = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", re.sub(r"[*`]", "", " ".join(prose.split())))
    found = _SENTENCE.match(plain)
    return (found[0] if found else plain).strip()


def on_nav(nav: Navigation, config: MkDocsConfig, files: Files) -> Navigation:  # noqa: ARG001 - MkDocs' names
    """Keep the navigation for `llms.txt`."""
    config.extra["_nav"] = nav
    return nav


def on_post_build(config: MkDocsConfig) -> None:
    """Write `llms.txt`: the pages of the site in the order of the navigation, each with one line."""
    nav: Navigation = config.extra.pop("_nav")
    lines = [f"# {config.site_name}", "", f"> {config.site_description}", ""]
    for item in nav.items:
        if isinstance(item, Section):
            lines += [f"## {item.title}", "", *_index(item), ""]
        elif isinstance(item, Page):
            lines += [_line(item), ""]
    Path(config.site_dir, "llms.txt").write_text("\n".join(lines).rstrip() + "\n", "utf-8")


def _index(section: Section) -> list[str]:
    found = []
    for item in section.children:
        if isinstance(item, Section):
            found += _index(item)
        elif isinstance(item, Page):
            found.append(_line(item))
    return found


def _line(page: Page) -> str:
    return f"- [{page.title}]({page.canonical_url}): {page.meta['description']}"
