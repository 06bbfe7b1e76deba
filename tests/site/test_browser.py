"""The documentation site as a browser loads it: nothing from another host, search, dark mode, no sideways scrolling."""

from __future__ import annotations

import pytest

from tests.golden.browser import CHROMIUM

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium")


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
@pytest.mark.parametrize("path", ["", "rules/MLR020/", "reference/commands/audit/", "operators/"])
def test_a_page_loads_nothing_from_another_host_and_fits(path, width, scheme, served, browser):
    with browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme) as page:
        requested = []
        page.on("request", lambda request: requested.append(request.url))
        page.goto(f"{served}{path}", wait_until="networkidle")
        assert len(requested) > 3
        assert not [url for url in requested if not url.startswith((served, "data:", "blob:"))]
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        expected = {"light": "default", "dark": "slate"}[scheme]
        assert page.evaluate("document.body.dataset.mdColorScheme") == expected


def test_search_finds_a_rule_by_its_id(served, browser):
    with browser.new_page() as page:
        page.goto(served, wait_until="networkidle")
        page.click(".md-search__input")
        page.locator(".md-search__input").press_sequentially("MLR020", delay=50)  # the script reacts to keys
        page.wait_for_selector(".md-search-result__link[href*='rules/MLR020']", timeout=20_000)
