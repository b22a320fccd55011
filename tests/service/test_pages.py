"""The pages of the service: nothing from other hosts, and a policy that browsers enforce."""

import asyncio
import re
from html.parser import HTMLParser
from urllib.parse import urljoin

import pytest
from helpers import page_stub
from helpers.page_stub import CHROMIUM
from helpers.served import Recorder, process, run, running

BASE = "http://localhost"
ADDRESS = r"(?:https?:)?//[\w.-]+\.\w"  # of another host


class Links(HTMLParser):
    """The addresses that a page loads or links to."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002 - the parser's signature
        self.found += [value or "" for name, value in attrs if name in ("src", "href", "action", "srcset", "data")]


def links_of(page: str) -> list[str]:
    parser = Links()
    parser.feed(page)
    return [urljoin(f"{BASE}/docs", each) for each in parser.found]


@run
@pytest.mark.parametrize("path", ["/", "/docs"])
async def test_pages_load_nothing_from_another_address(path):
    async with running(Recorder()) as (client, _):
        page = (await client.get(path)).text
        links = [link for link in links_of(page) if not link.startswith(("data:", f"{BASE}{path}#"))]
        assert all(link.startswith(f"{BASE}/") for link in links)
        assert not re.findall(ADDRESS, re.sub(r"xmlns='[^']*'", "", page))
        for link in links:
            answer = await client.get(link)
            assert answer.status_code == 200
            assert answer.headers["content-type"].split(";")[0] in ("text/javascript", "text/css")
        assert len(links) == 2


@run
async def test_modules_of_the_page_import_modules_of_the_page():
    async with running(Recorder()) as (client, _):
        seen, waiting = set(), [f"{BASE}/page/service.js"]
        while waiting:
            address = waiting.pop()
            answer = await client.get(address)
            assert answer.status_code == 200, address
            assert answer.headers["content-type"].split(";")[0] == "text/javascript"
            assert not re.findall(ADDRESS, re.sub(r"/\*.*?\*/|// .*", "", answer.text, flags=re.DOTALL))
            seen.add(address)
            imports = re.findall(r"^import (?:[^;]* from )?\"([^\"]+)\"", answer.text, re.MULTILINE)
            waiting += [each for each in (urljoin(address, name) for name in imports) if each not in seen]
        assert len(seen) > 15


@run
async def test_the_policy_allows_the_scripts_and_styles_of_the_service_only():
    async with running(Recorder()) as (client, _):
        page, documentation = await asyncio.gather(client.get("/"), client.get("/docs"))
    assert page.headers["content-security-policy"] == page_stub.POLICY
    policy = documentation.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self' 'sha256-")
    assert "unsafe" not in policy.partition("style-src")[0]
    assert "http" not in page.headers["content-security-policy"] + policy


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
def test_the_documentation_shows_every_path_in_a_browser(tmp_path):
    playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    said, asked = [], []
    with process(tmp_path) as (_, url, _log), playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page()
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("console", lambda message: said.append(message.text))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(f"{url}/docs")
        page.wait_for_selector(".opblock")
        paths = [each.strip().replace("\u200b", "") for each in page.locator(".opblock-summary-path").all_inner_texts()]
        browser.close()
    assert sorted(paths) == ["/healthz", "/metrics", "/readyz", "/v1/model", "/v1/predict"]
    assert all(each.startswith((url, "data:")) for each in asked)
    assert not said


@run
async def test_browsers_ask_for_the_modules_of_each_version():
    async with running(Recorder()) as (client, _):
        for path in ("/", "/page/service.js", "/docs"):
            assert (await client.get(path)).headers["cache-control"] == "no-cache"
