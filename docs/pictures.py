"""Pictures for the README and the docs: `make pictures` writes those that need a browser, `make docs` the others.

Pictures of pages are drawn by Chromium, whose pixels differ between machines. So `sources.json` next to them has the
SHA-256 of each page, and a test compares that.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import DEFAULT_TERMINAL_THEME, SVG_EXPORT_THEME
from rich.text import Text

from auditor.demo import DemoControlPlane, sample_tenant

FOLDER = Path(__file__).parent / "pictures"
SOURCES = FOLDER / "sources.json"

_THEMES = {"dark": SVG_EXPORT_THEME, "light": DEFAULT_TERMINAL_THEME}
_TOP, _BOTTOM = 26, 9
_SHOTS = (
    ("report-light", "report", 1280, 1000, "light"),
    ("report-dark", "report", 1280, 1000, "dark"),
    ("report-phone", "report", 390, 844, "light"),
    ("access-light", "access", 1280, 800, "light"),
)
"""Name, page, width, height and color scheme of each picture of a page."""


def auditor(*arguments: str, **environment: str) -> str:
    """Return what a command prints, the same on every day."""
    settings = {"SOURCE_DATE_EPOCH": "1767225600", "PYTHONHASHSEED": "0", "FORCE_HYPERLINK": "", **environment}
    done = subprocess.run(
        [sys.executable, "-m", "auditor", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **settings},
    )
    return re.sub(r"127\.0\.0\.1:[0-9]+", "127.0.0.1:8321", done.stdout)


def terminals() -> Iterator[tuple[Path, str]]:
    """Yield pictures of the start and the end of a demo run, for each width and color scheme."""
    for columns in (80, 120):
        output = auditor("demo", "--quiet", NO_COLOR="", FORCE_COLOR="1", COLUMNS=str(columns))
        for scheme in _THEMES:
            yield FOLDER / f"demo-{columns}-{scheme}.svg", _terminal(output, columns, scheme)


def _terminal(output: str, columns: int, scheme: str) -> str:
    lines = output.splitlines()
    console = Console(record=True, width=columns, file=io.StringIO())
    console.print(Text("$ auditor demo", style="bold"))
    for line in [*lines[:_TOP], "", "[...]", "", *lines[-_BOTTOM:]]:
        console.print(Text.from_ansi(line), soft_wrap=True)
    svg = console.export_svg(title="auditor", unique_id=f"demo-{scheme}", theme=_THEMES[scheme])
    return re.sub(r"\s*@font-face \{.*?\}", "", svg, flags=re.DOTALL)


def html_pages() -> Mapping[str, str]:
    """Return the pages that are pictured: the report and the access review of the sample tenant."""
    with tempfile.TemporaryDirectory() as folder:
        snapshot = Path(folder, "tenant.ndjson.gz")
        _fetch(snapshot)
        config = Path(folder, "auditor.yaml")
        config.write_text("owners: [admin-team, creator]\n")
        report = auditor("audit", str(snapshot), "--config", str(config), "-f", "html", "--quiet")
        access = auditor("access", str(snapshot), "-f", "html", "--quiet")
    return {"report": report, "access": access}


def _fetch(snapshot: Path) -> None:
    with DemoControlPlane(sample_tenant()) as plane:
        auditor("fetch", "--quiet", "--output", str(snapshot), TFY_HOST=plane.host, TFY_API_KEY=plane.token)


def digests() -> dict[str, str]:
    """Return the SHA-256 of each page."""
    return {name: hashlib.sha256(page.encode()).hexdigest() for name, page in html_pages().items()}


def main() -> int:
    """Take the pictures of pages."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - only this needs a browser

    pages = html_pages()
    browser_file = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    FOLDER.mkdir(exist_ok=True)
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(executable_path=browser_file, args=["--no-sandbox"])
        for name, page, width, height, scheme in _SHOTS:
            file = Path(folder, f"{page}.html")
            file.write_text(pages[page], "utf-8")
            tab = browser.new_page(viewport={"width": width, "height": height}, color_scheme=scheme)
            tab.goto(file.as_uri())
            tab.screenshot(path=FOLDER / f"{name}.png")
            tab.close()
        browser.close()
    found = {name: hashlib.sha256(page.encode()).hexdigest() for name, page in pages.items()}
    SOURCES.write_text(json.dumps(found, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
