"""The whole job in a real browser: a complaint from the customer's form to a pack that anybody can recompute."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Playwright, expect

import engine
import pilots
from tests.web.browser import CHROMIUM, FLAGS, open_context, serving, sign_in
from tests.web.conftest import House
from tests.world import CODE

pytestmark = pytest.mark.browser
RECEIVE = {"product": "Kettle K2", "details": "Leaks at the spout", "complete": True}


@pytest.fixture(scope="module")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    """One browser for the module. A missing one fails: a page that nobody opened is not tested."""
    assert CHROMIUM, "no Chromium here: make browser"
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
    yield browser
    browser.close()


class Desk:
    """Somebody at a desk with a browser window of their own."""

    def __init__(self, chromium: Browser, base: str, login: str | None = None) -> None:
        self.base = base
        self.page: Page = open_context(chromium, accept_downloads=True).new_page()
        if login:
            sign_in(self.page, base, login)

    def open(self, path: str) -> Page:
        """Go to a page."""
        self.page.goto(self.base + path)
        return self.page

    def claim(self, subject: str) -> Page:
        """Claim the task of this case on my list; its page opens."""
        self.open("/tasks")
        self.page.locator("tr", has_text=subject).get_by_role("button", name="Claim").click()
        self.page.wait_for_url("**/tasks/*")
        return self.page

    def fill(self, answers: dict[str, str | bool]) -> None:
        """Fill in the form: texts, choices, yes and no."""
        for name, value in answers.items():
            choice = str(value).lower() if isinstance(value, bool) else value
            option = self.page.locator(f'input[type=radio][name="answer-{name}"][value="{choice}"]')
            if option.count():
                option.check()
            else:
                self.page.fill(f"#answer-{name}", choice)

    def complete(self, answers: dict[str, str | bool]) -> None:
        """Fill in, send, and see that it is done."""
        self.fill(answers)
        self.page.get_by_role("button", name="Complete the task").click()
        self.page.wait_for_url("**/tasks")
        expect(self.page.get_by_role("status")).to_contain_text("is completed.")


def test_a_complaint_goes_through_all_five_steps_one_of_them_late(chromium: Browser, house: House, tmp_path: Path) -> None:
    world, subject = house.world, "Kettle leaks after two days"
    with serving(house.app) as base:
        # A customer sends it in and is told a number, nothing else.
        customer = Desk(chromium, base)
        customer.open(f"/language/en?next=/intake/{CODE}")
        customer.fill({"subject": subject, "customer": "Gao Yuan", "contact": "gao@example.org", "description": "It leaks."})
        customer.page.locator("input[name='answer-channel']").first.check()
        customer.page.get_by_role("button", name="Send").click()
        expect(customer.page.locator(".receipt")).to_have_text(f"{CODE}-00001")

        # 1 receive, 2 classify: the agent, then the supervisor.
        chen, wang = Desk(chromium, base, "chen.jing"), Desk(chromium, base, "wang.fang")
        chen.claim(subject)
        chen.complete(RECEIVE)
        world.later(minutes=5)
        wang.claim(subject)
        wang.complete({"type": "quality", "priority": "normal", "special": False, "ask_sales": False, "ask_legal": False})

        # 3 handle: claimed, and then nothing happens for a day.
        chen.claim(subject)
        world.later(hours=24)
        assert "Needs your attention" not in (Desk(chromium, base, "wang.fang").open("/tasks").text_content("main") or "")
        li = Desk(chromium, base, "li.na")
        expect(li.page.get_by_role("heading", name="Needs your attention")).to_be_visible()
        li.open("/board")
        missed = li.page.locator("li", has_text="Deadline missed").filter(has_text="Service manager (Li Na)")
        missed.get_by_role("textbox").fill("Chen Jing finishes it this morning")
        missed.get_by_role("button").click()
        expect(li.page.get_by_role("status")).to_have_text("The escalation is acknowledged.")
        li.page.get_by_text("Acknowledged lately").click()
        expect(li.page.locator("details", has_text="Acknowledged lately")).to_contain_text("Chen Jing finishes it this morning")

        # 3 handle, 4 feedback, 5 archive.
        chen = Desk(chromium, base, "chen.jing")
        chen.page.get_by_role("link", name="Work on").click()
        chen.page.wait_for_url("**/tasks/*")
        chen.complete({"solution": "Replace the kettle", "compensation": "0"})
        chen.claim(subject)
        chen.complete({"satisfied": True, "reopen": False})
        chen.claim(subject)
        chen.complete({"summary": "Replaced, customer content"})
        case = world.view(engine.StartedCase(1, f"{CODE}-00001", ""))
        assert [row.step for row in case.items] == ["receive", "classify", "handle", "feedback", "archive"]

        # The case says what happened; the pilot page judges; the pack verifies.
        li.open("/board")
        li.open("/cases/1")
        li.page.wait_for_selector("[data-diagram][data-drawn='1']")
        expect(li.page.locator("tr", has_text="跨部门协同处理")).to_contain_text("done late")
        li.open("/pilots")
        li.page.get_by_role("link", name="企业客户投诉处理流程").click()
        expect(li.page.locator("main")).to_contain_text("Extend: not enough evidence yet")
        with li.page.expect_download() as downloading:
            li.page.get_by_role("link", name="Export the evidence pack").click()
        saved = tmp_path / "pack.zip"
        downloading.value.save_as(saved)
    checked = pilots.verify_pack(saved.read_bytes())
    assert checked.ok, checked.problems


def test_two_windows_complete_one_task_and_the_slower_is_told_kindly(chromium: Browser, house: House) -> None:
    world = house.world
    world.start(subject="Kettle leaks")
    with serving(house.app) as base:
        first = Desk(chromium, base, "chen.jing")
        address = first.claim("Kettle leaks").url
        second = Desk(chromium, base, "chen.jing")
        second.page.goto(address)
        for desk in (first, second):
            desk.fill(RECEIVE)
        first.complete({})
        second.page.get_by_role("button", name="Complete the task").click()
        expect(second.page.get_by_role("heading", name="Somebody was faster")).to_be_visible()
        expect(second.page.locator("main")).to_contain_text("Chen Jing has completed")
        second.page.get_by_role("link", name="Look at it again").click()
        expect(second.page.locator("main")).to_contain_text("Leaks at the spout")
    assert [entry.kind for entry in world.log()].count("item.completed") == 1


def test_going_back_and_sending_again_does_nothing_twice(chromium: Browser, house: House) -> None:
    house.world.start(subject="Kettle leaks")
    with serving(house.app) as base:
        chen = Desk(chromium, base, "chen.jing")
        chen.claim("Kettle leaks")
        chen.complete(RECEIVE)
        chen.page.go_back()
        assert "Complete the task" not in (chen.page.text_content("main") or "")
        chen.page.reload()
        expect(chen.page.locator("main")).to_contain_text("completed")
    assert [entry.kind for entry in house.world.log()].count("item.completed") == 1
