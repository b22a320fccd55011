"""Fixtures of the tests of the demo page."""

from collections.abc import Iterator
from typing import Any

import pytest
from helpers import page_stub
from helpers.page_driver import Open
from helpers.page_stub import CHROMIUM, Stub


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def stub() -> Iterator[Stub]:
    with page_stub.running() as stub:
        yield stub


@pytest.fixture
def open_page(browser: Any, stub: Stub) -> Iterator[Open]:
    """Open the page; at the end, no script may have failed and nothing may have violated the policy.

    The stub sends the strictest Content-Security-Policy that the page works with: any violation fails a test.
    """
    from playwright.sync_api import expect

    wrong: list[str] = []
    contexts = []

    def opened(address: str = "", ready: bool = True, width: int = 1200, **options: Any) -> Any:
        context = browser.new_context(viewport={"width": width, "height": 800}, **options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(15000)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda said: wrong.append(said.text) if "Failed to load" not in said.text else None)
        page.goto(address or stub.address)
        if ready:
            expect(page.locator("#about")).to_contain_text("emotions")
        return page

    yield opened
    for context in contexts:
        context.close()
    assert not wrong
