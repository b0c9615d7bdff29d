"""How browser tests drive Chromium: the flags, the server beside the test, and the accessibility check."""

from __future__ import annotations

import logging
import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import axe_playwright_python
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page
from werkzeug.serving import make_server

from tests.web.conftest import PASSWORD

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome") or shutil.which("chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]
DESK, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
AXE = Path(axe_playwright_python.__file__).parent / "axe.min.js"


@contextmanager
def serving(app: Flask) -> Iterator[str]:
    """The application on a port of its own, for as long as the block runs; gives its address."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()


def open_context(browser: Browser, *, size: dict[str, int] = DESK, scheme: str = "light", **options: Any) -> BrowserContext:
    """A browser of somebody in Shanghai; the accessibility check is put in from outside, past the content policy."""
    context = browser.new_context(
        viewport=size,
        color_scheme=scheme,
        timezone_id="Asia/Shanghai",
        locale="en-US",
        **options,  # type: ignore[arg-type]
    )
    context.set_default_timeout(15_000)
    return context


def sign_in(page: Page, base: str, login: str, language: str = "en") -> None:
    """Through the form, as a person does."""
    page.goto(f"{base}/language/{language}?next=/sign-in")
    page.fill("#login", login)
    page.fill("#password", PASSWORD)
    page.press("#password", "Enter")
    page.wait_for_url("**/tasks")


def violations(page: Page) -> list[tuple[str, list[Any]]]:
    """What axe finds on the page as it is now: rule and places."""
    page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate(f"axe.run(document, {{runOnly: {RULES}}})")
    return [(one["id"], [node["target"] for node in one["nodes"]]) for one in found["violations"]]
