"""Every page in a real browser: nothing that shuts people out, nothing that the content policy has to block."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright

from tests.web.browser import CHROMIUM, DESK, FLAGS, PHONE, open_context, serving, sign_in, violations
from tests.web.conftest import House

pytestmark = pytest.mark.browser
OWNER_PAGES = [
    "/tasks",
    "/tasks/1",
    "/start",
    "/start/CSC-2024-001",
    "/cases/1",
    "/cases/2",
    "/cases/3",
    "/board",
    "/incidents",
    "/incidents?state=all",
    "/pilots",
    "/pilots/1",
    "/processes",
    "/drafts/new",
    "/drafts/1",
    "/drafts/2",
    "/nothing-here",
]
AGENT_PAGES = ["/tasks", "/tasks/13", "/tasks/14", "/board"]
OPEN_PAGES = ["/sign-in", "/intake/CSC-2024-001"]


@pytest.fixture(scope="module")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    """One browser for the module. A missing one fails: a page that nobody opened is not tested."""
    assert CHROMIUM, "no Chromium here: make browser"
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
    yield browser
    browser.close()


@pytest.fixture(scope="module")
def base(furnished: House) -> Iterator[str]:
    """The furnished house on a port."""
    with serving(furnished.app) as address:
        yield address


def _look(context: BrowserContext, base: str, paths: list[str]) -> dict[str, list[Any]]:
    """What is wrong on each page, by path: axe's findings, and errors of the console."""
    page, wrong = context.new_page(), {}
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    for path in paths:
        said.clear()
        page.goto(base + path)
        page.wait_for_load_state("load")
        if page.locator(".diagram-canvas").is_visible():
            page.wait_for_selector("[data-drawn]")
        found: list[Any] = [*violations(page), *(text for text in said if "404" not in text and "403" not in text)]
        if found:
            wrong[path] = found
    return wrong


@pytest.mark.parametrize(
    ("size", "scheme", "language"), [(DESK, "light", "en"), (DESK, "dark", "zh"), (PHONE, "light", "zh"), (PHONE, "dark", "en")]
)
def test_no_page_shuts_anybody_out(chromium: Browser, base: str, size: dict[str, int], scheme: str, language: str) -> None:
    wrong: dict[str, list[Any]] = {}
    for login, paths in (("li.na", OWNER_PAGES), ("chen.jing", AGENT_PAGES)):
        context = open_context(chromium, size=size, scheme=scheme)
        sign_in(context.new_page(), base, login, language)
        wrong |= _look(context, base, paths)
        context.close()
    context = open_context(chromium, size=size, scheme=scheme)
    wrong |= _look(context, base, OPEN_PAGES)
    context.close()
    assert wrong == {}


def test_forms_with_errors_stay_usable_and_lead_to_the_field(chromium: Browser, base: str) -> None:
    context = open_context(chromium)
    page = context.new_page()
    page.goto(base + "/intake/CSC-2024-001")
    page.fill("#answer-subject", "Kettle leaks")
    page.click("button.btn-primary")
    page.wait_for_selector(".error-summary")
    assert page.evaluate("document.activeElement.className") == "error-summary"
    assert page.input_value("#answer-subject") == "Kettle leaks"
    assert violations(page) == []
    page.click(".error-summary a >> nth=-1")
    assert page.evaluate("document.activeElement.id").startswith("answer-")
    context.close()


def test_the_diagram_shows_the_tokens_and_keeps_its_mark(chromium: Browser, base: str) -> None:
    context = open_context(chromium)
    page = context.new_page()
    sign_in(page, base, "li.na")
    page.goto(base + "/cases/2")
    page.wait_for_selector("[data-diagram][data-drawn='1']")
    assert page.locator(".diagram-badge.token").count() == 3
    assert page.locator(".step-done").count() >= 2
    assert page.locator(".bjs-powered-by").is_visible()
    page.click("[data-zoom=fit]")
    assert page.locator("table caption").first.text_content() == "Each step of the process with its state in this case"
    context.close()


def test_on_a_phone_the_table_stands_in_for_the_diagram_and_nothing_scrolls_sideways(chromium: Browser, base: str) -> None:
    context = open_context(chromium, size=PHONE)
    page = context.new_page()
    sign_in(page, base, "li.na")
    for path in ("/tasks", "/cases/2", "/board", "/pilots/1", "/start/CSC-2024-001", "/processes", "/drafts/1", "/drafts/new"):
        page.goto(base + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], path
    page.goto(base + "/board")
    heights = page.evaluate("[...document.querySelectorAll('.escalation')].map((line) => line.offsetHeight)")
    assert heights, "an escalation waits"
    assert max(heights) < 200, "an escalation is a few lines, not a column of single letters"
    page.goto(base + "/cases/2")
    assert not page.locator(".diagram-canvas").is_visible()
    context.close()


def test_the_keyboard_reaches_the_content_first_and_the_focus_is_seen(chromium: Browser, base: str) -> None:
    context = open_context(chromium)
    page = context.new_page()
    sign_in(page, base, "li.na")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    assert page.locator(".skip").bounding_box()["y"] >= 0  # type: ignore[index]
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"
    page.keyboard.press("Tab")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    context.close()


def test_a_list_refreshes_itself_without_losing_the_place(chromium: Browser, base: str, furnished: House) -> None:
    context = open_context(chromium)
    page: Page = context.new_page()
    page.clock.install()
    sign_in(page, base, "chen.jing")
    before = page.locator("tbody tr").count()
    first = page.locator("tbody a").first
    first.focus()
    focused = page.evaluate("document.activeElement.id")
    furnished.world.start(subject="Just came in")
    with page.expect_response("**/tasks/rows"):
        page.clock.run_for(31_000)
    page.wait_for_selector("text=Just came in")
    assert page.locator("tbody tr").count() == before + 1
    assert page.evaluate("document.activeElement.id") == focused
    context.close()


def test_everything_works_without_scripts(chromium: Browser, base: str) -> None:
    context = open_context(chromium, java_script_enabled=False)
    page = context.new_page()
    sign_in(page, base, "zhou.min")
    page.locator("table form button").first.click()
    page.wait_for_url("**/tasks/*")
    assert page.locator("text=Complete the task").is_visible()
    context.close()
