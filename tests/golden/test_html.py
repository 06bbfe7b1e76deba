"""The HTML report: the promises of its markup, and its behavior in a real browser."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, date, datetime
from html.parser import HTMLParser

import pytest
from hypothesis import given

from auditor.model import Overview, PastRun, Report, SubjectAccess, Waiver
from auditor.reporters import REPORTERS, Style
from auditor.text import visible
from tests.golden.browser import CHROMIUM, opened
from tests.golden.hostile import TEXTS, hostile, many

KINDS = ["incomplete", "found", "clean", "unreadable"]
SAFE = {"a", "body", "div", "html", "main", "nav", "section", "table", "thead", "tbody", "tr", "th", "td", "p", "span"}
SAFE |= {"header", "footer", "figure", "figcaption", "h1", "h2", "h3", "ul", "li", "dl", "dt", "dd", "strong", "input"}
SAFE |= {"form", "label", "details", "summary", "svg", "rect", "line", "polyline", "noscript", "head", "title", "meta"}
SAFE |= {"style", "script"}


def rendered(report: Report) -> str:
    return "".join(REPORTERS["html"](report, Style()))


def data_of(text: str, name: str = "findings") -> dict:
    return json.loads(re.search(f'id="{name}-data">(.*?)</script>', text, re.DOTALL)[1])


class Tags(HTMLParser):
    """Every tag with its attributes, and the text outside scripts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def full(report: Report) -> Report:
    """Return a report with everything that the page can show."""
    soon = Waiver("ACME004", "churn-prod", "moves", "risk@acme.example", date(2026, 3, 9), where="w.yaml:2:5")
    later = replace(soon, expires=date(2026, 9, 1), ticket="OPS-1", where="w.yaml:9:5")
    waived = tuple(replace(each, waiver=waiver) for waiver in (later, soon) for each in report.waived)
    findings = tuple(
        replace(each, owner=f"team:{number % 3}", got='"<b>"') for number, each in enumerate(report.findings)
    )
    access = (SubjectAccess("user:sam@acme.example", "admin", 1, 2, 3), SubjectAccess("team:<b>", "", 0, 4, 0, 1))
    days = [datetime(2026, 2, day, tzinfo=UTC) for day in (1, 10, 20)]
    trend = [PastRun(day, day.day != 10, (("critical", 9), ("low", day.day))) for day in days]
    overview = Overview((("aws", 300), ("", 100)), access, 2, ("users",))
    return replace(report, waived=waived, findings=findings, overview=overview, trend=tuple(trend))


@given(TEXTS)
def test_untrusted_text_adds_no_tag_and_no_attribute(text):
    page = rendered(full(hostile(text)))
    tags = Tags(page).tags
    assert {tag for tag, _ in tags} <= SAFE
    assert not [name for _, attrs in tags for name in attrs if name.startswith("on") or name == "style"]
    assert [attrs.get("type") for tag, attrs in tags if tag == "script"] == [
        "application/json",
        "application/json",
        None,
    ]
    assert {attrs["href"] for tag, attrs in tags if tag == "a"} <= {
        "#main", "#receipt", "#findings", "#repos", "#missing", "#waivers", "#notes", "#access", "#rules",
        "https://docs.example/rules#acme001",
    }  # fmt: skip
    rows = data_of(page)["rows"]
    assert len(rows) == len(hostile(text).findings)
    assert {row[3] for row in rows} == {visible(text)}


@pytest.mark.parametrize("kind", KINDS)
def test_the_verdict_comes_first_and_last(kind, request):
    report = request.getfixturevalue(kind)
    page = rendered(report)
    status = report.verdict.status.value
    assert page.index(f'<div class="verdict {status}"') < page.index('id="receipt"') < page.index('id="findings"')
    assert page.rstrip().split("<footer>")[1].startswith("<p>Written by auditor")
    assert ("Not everything was read" in page) is not report.verdict.complete


def test_texts_of_rules_are_stored_once():
    page = rendered(many(300))
    assert page.count("Give the role to a team, then take it from the user.") == 2


def test_sizes_stay_within_their_bounds():
    assert len(rendered(many(0))) < 300_000
    assert sum(len(piece) for piece in REPORTERS["html"](many(20_000), Style())) < 5_000_000
    script = re.search("<script>(.*?)</script>", rendered(many(0)), re.DOTALL)[1]
    assert len(script) < 15_000


def test_waivers_are_listed_with_the_first_to_expire_first(incomplete):
    page = rendered(full(incomplete))
    assert page.index("2026-03-09 (soon)") < page.index("2026-09-01")


def test_incomplete_runs_are_not_points_of_the_trend(incomplete, found):
    assert "From 10 to 29 open findings in 2 complete runs" in rendered(full(incomplete))
    assert "From 10 to 11 open findings in 3 complete runs" in rendered(full(found))
    assert "Open findings over time" not in rendered(found)


browsers = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium")


@pytest.fixture
def page_of(browser, tmp_path):
    """Return a function that opens the page of a report."""

    def open_page(report, **options):
        file = tmp_path / "report.html"
        file.write_text(rendered(report), "utf-8")
        return opened(browser, file, **options)

    return open_page


def shown(page):
    return page.locator("#findings tbody tr:not(.more)")


@browsers
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1440])
@pytest.mark.parametrize("kind", KINDS)
def test_the_page_is_accessible_quiet_and_fits(page_of, request, kind, width, scheme):
    from axe_playwright_python.sync_playwright import Axe

    with page_of(full(request.getfixturevalue(kind)), width=width, scheme=scheme) as page:
        assert page.noise == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()


@browsers
def test_search_choices_and_sorting_show_what_was_requested(page_of, incomplete):
    with page_of(full(incomplete)) as page:
        count = page.locator("#findings .count")
        assert count.inner_text() == "14 of 14 findings"
        page.locator("#findings input").fill("churn-prod ACME001")
        assert count.inner_text() == "1 of 14 findings"
        page.get_by_role("button", name="Reset").first.click()
        assert count.inner_text() == "14 of 14 findings"
        page.locator("#findings select").nth(0).select_option(label="high")
        assert set(page.locator("#findings tbody .badge").all_inner_texts()) == {"high"}
        page.get_by_role("button", name="Reset").first.click()
        head = page.locator("#findings thead button").first
        head.click()
        assert shown(page).first.locator(".badge").inner_text() == "info"
        head.click()
        assert shown(page).first.locator(".badge").inner_text() == "critical"
        assert page.locator("#findings th").first.get_attribute("aria-sort") == "descending"
        assert page.noise == []


@browsers
def test_a_row_opens_with_the_keyboard_and_shows_its_details(page_of, incomplete):
    with page_of(full(incomplete)) as page:
        page.locator("#findings tbody button").first.focus()
        page.keyboard.press("Enter")
        details = page.locator("#findings tr.more").inner_text()
        assert "Give the role to a team, then take it from the user." in details
        assert "/collaborators/0/role_id" in details
        page.keyboard.press("Enter")
        assert page.locator("#findings tr.more").count() == 0


@browsers
def test_a_rule_and_a_repo_lead_to_their_findings(page_of, incomplete):
    with page_of(full(incomplete)) as page:
        page.locator("#rules summary").first.click()
        page.get_by_role("link", name="Show the findings of ACME001").click()
        assert page.locator("#findings .count").inner_text() == "4 of 14 findings"
        page.get_by_role("button", name="Reset").first.click()
        page.locator("#repos tbody button", has_text="churn-prod").first.click()
        assert "user:sam holds admin on churn-prod" in page.locator("#repos tr.more").inner_text()
        page.get_by_role("link", name="Show in the list of findings").click()
        assert "(Repo: churn-prod)" in page.locator("#findings .count").inner_text()


@browsers
def test_without_scripts_the_verdict_the_counts_and_the_first_findings_are_there(page_of):
    with page_of(many(700), scripts=False) as page:
        assert page.locator(".verdict strong").inner_text() == "Findings"
        assert shown(page).count() == 500
        assert "200 more findings are shown with JavaScript" in page.locator("noscript").inner_text()
        assert "700" in page.locator(".tiles").inner_text()
        assert page.locator(".controls").first.is_hidden()


@browsers
def test_it_prints_with_every_rule_open_and_nothing_to_click(page_of, incomplete, tmp_path):
    with page_of(full(incomplete)) as page:
        pdf = page.pdf(prefer_css_page_size=True)
        assert pdf.startswith(b"%PDF")
        page.emulate_media(media="print")
        page.evaluate("dispatchEvent(new Event('beforeprint'))")
        assert page.locator("details:not([open])").count() == 0
        assert page.locator("thead button").count() == 0
        assert page.locator(".controls").first.is_hidden()
        assert page.evaluate("getComputedStyle(document.querySelector('thead')).display") == "table-header-group"
        page.evaluate("dispatchEvent(new Event('afterprint'))")
        assert page.locator("#findings thead button").count() == 6


@browsers
def test_many_findings_are_drawn_while_one_scrolls(page_of):
    with page_of(many(10_000)) as page:
        assert shown(page).count() < 500
        before = shown(page).count()
        shown(page).nth(before - 1).scroll_into_view_if_needed()
        shown(page).nth(before).wait_for()
        page.locator("#findings input").fill("repo-4999")
        assert page.locator("#findings .count").inner_text() == "2 of 10000 findings"
        assert page.noise == []


@browsers
def test_access_is_styled_the_same_way(browser, run_auditor, start_plane, environment, tmp_path):
    ran = run_auditor("access", "-f", "html", "-o", "access.html", env=environment(start_plane()), cwd=tmp_path)
    assert ran.code == 0
    from axe_playwright_python.sync_playwright import Axe

    with opened(browser, tmp_path / "access.html", width=360) as page:
        assert Axe().run(page).violations_count == 0
        every = page.locator("#grants .count").inner_text()
        page.locator("#grants input").fill("tenant-admin")
        assert page.locator("#grants .count").inner_text() != every
        assert page.noise == []


def test_the_shared_report_has_all_parts(incomplete):
    page = rendered(full(incomplete))
    for part in ("receipt", "findings", "repos", "missing", "waivers", "access", "rules"):
        assert f'<section id="{part}"' in page
