"""A real browser for the HTML pages: headless Chromium, driven by Playwright."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
"""The installed browser, None if there is none."""


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start a browser that is closed at the end."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


@contextmanager
def opened(
    browser: Browser, file: Path, *, width: int = 1440, scheme: str = "light", scripts: bool = True
) -> Iterator[Page]:
    """Open a page; its requests, log messages and errors are in `page.noise`."""
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, java_script_enabled=scripts, bypass_csp=False
    )
    page = context.new_page()
    page.noise = []
    page.on("console", lambda message: page.noise.append(f"console: {message.text}"))
    page.on("pageerror", lambda error: page.noise.append(f"error: {error}"))
    page.on("request", lambda request: page.noise.append(f"request: {request.url}"))
    page.goto(file.as_uri())
    page.noise.remove(f"request: {file.as_uri()}")
    yield page
    context.close()
