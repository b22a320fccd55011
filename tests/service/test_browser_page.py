"""The static page in headless Chromium: the model inside the browser, beside Python."""

import csv
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
from helpers.float_network import float_copy  # noqa: E402
from helpers.hard_texts import HOSTILE  # noqa: E402
from helpers.javascript import compare, largest_difference, libraries  # noqa: E402
from helpers.page_driver import NEEDS_CHROMIUM, Open, bars, choose_file, downloaded, table_of  # noqa: E402
from helpers.static_site import predict_in_page, serving, wait_until_ready  # noqa: E402

from emograin.prediction.predictor import load  # noqa: E402
from emograin.prediction.shipped_model import shipped_model  # noqa: E402
from emograin.service.static_page import open_exported, write_page  # noqa: E402

expect = playwright.expect
pytestmark = NEEDS_CHROMIUM
TEXTS = int(os.environ.get("EMOGRAIN_EQUALITY_TEXTS", "300"))  # of GoEmotions' test split; all: 5427
LONG = "I was so happy when it arrived! My kids loved it. I called three times, and nobody answered. I am furious."


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page with the bundled model."""
    folder = tmp_path_factory.mktemp("page") / "site"
    with libraries() as modules:
        write_page(folder, open_exported(None), modules)
    return folder


@pytest.fixture
def open_site(open_page: Open, site: Path) -> Iterator[Any]:
    """Open the page and wait for its model."""
    with serving(site) as (address, asked, _):

        def opened(**options: Any) -> Any:
            page = open_page(address, ready=False, **options)
            wait_until_ready(page)
            page.asked = asked
            return page

        yield opened


def test_it_loads_below_45_megabytes(site: Path) -> None:
    sizes = [each.stat().st_size for each in site.rglob("*") if each.is_file()]
    assert sum(sizes) < 45e6


def test_scores_are_those_of_python(open_page: Open, shared: Path, tmp_path: Path) -> None:
    with (shared / "goemotions" / "test.tsv").open(encoding="utf-8", newline="") as file:
        texts = [row[0] for row in csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE)]
    chosen = [texts[at] for at in np.random.default_rng(0).permutation(len(texts))[:TEXTS]] + HOSTILE
    model = float_copy(shipped_model(), tmp_path / "float")
    with libraries() as modules:
        write_page(tmp_path / "site", open_exported(model), modules)
    with serving(tmp_path / "site") as (address, _, _server):
        page = open_page(address, ready=False)
        wait_until_ready(page)
        found = predict_in_page(page, chosen)
    different = compare(found, load(model, threads=1).predict(chosen))
    assert different.texts == len(chosen)
    assert different.other_labels == 0
    assert different.scores.max() < 1e-3


def test_scores_of_the_bundled_model(open_site: Any) -> None:
    found = predict_in_page(open_site(), HOSTILE, explain=True, segments=True)
    expected = load(threads=1).predict(HOSTILE, explain=True, segments=True)
    different = compare(found, expected)
    # Its activations are rounded to 8 bits: the last bit of float32 may decide between two steps.
    assert np.median(different.scores) < 1e-5
    assert different.scores.max() < 0.05
    assert largest_difference(found, expected) < 0.1


def test_one_text_with_its_words_and_its_course(open_site: Any) -> None:
    page = open_site()
    page.fill("#text", LONG)
    expect(page.locator("#course-many")).to_contain_text("4 sentences")
    assert {"love", "joy"} <= set(bars(page))
    assert "anger" in page.locator("#lanes .name").all_inner_texts()
    expect(page.locator("mark").first).to_be_visible()
    assert page.locator("#coloured").inner_text() == LONG
    page.fill("#text", "\U0001f600 thank you")
    expect(page.locator("#chosen .name").first).to_have_text("gratitude")
    expect(page.locator("#course")).to_be_hidden()
    expect(page.locator("#privacy")).to_contain_text("Texts stay in this browser")
    own = re.compile(r"/(|index\.html|offline\.js|page/[\w./-]+)(\?[0-9a-f]{16})?$")
    assert [path for path in page.asked if not own.match(path)] == []


def test_files_are_predicted_and_downloaded(open_site: Any) -> None:
    page = open_site()
    rows = "".join(f'{at},"so glad you came, {at}"\n' for at in range(70))
    choose_file(page, f"id,text\n{rows}71, \n72,thank you\n")
    page.click("#file-go")
    expect(page.locator(".told:visible")).to_have_text(re.compile("^72 rows · 1 without a prediction"), timeout=60_000)
    assert table_of(page)[0][:2] == ["1", "so glad you came, 0"]
    _, (header, *found) = downloaded(page)
    assert header[:3] == ["id", "text", "labels"]
    assert json.loads(found[-1][2]) == ["gratitude"]
    assert found[70][-2] == "the text is empty"


def test_the_page_stays_responsive_and_can_be_stopped(open_site: Any) -> None:
    page = open_site()
    choose_file(page, "text\n" + "The train leaves at nine. I am so glad that it does. Are you?\n" * 3000)
    page.click("#file-go")
    expect(page.locator(".told:visible")).to_contain_text("of 3,000 rows")
    page.click("#one-tab")
    page.fill("#text", "thank you")  # in between the rows
    page.click("#file-tab")
    page.click(".cancel:visible")
    expect(page.locator(".told:visible")).to_contain_text("stopped")
    page.click("#one-tab")
    expect(page.locator("#chosen .name")).to_have_text("gratitude", timeout=30_000)


def test_it_works_without_a_connection(open_page: Open, site: Path) -> None:
    with serving(site) as (address, asked, server):
        page = open_page(address, ready=False)
        wait_until_ready(page)
        page.evaluate("navigator.serviceWorker.ready.then(() => true)")
        assert asked.count("/page/model/model.onnx") == 0
        (once,) = [path for path in asked if path.startswith("/page/model/model.onnx?")]
        page.reload()  # by the service worker, with the headers that threads need
        wait_until_ready(page)
        assert page.evaluate("crossOriginIsolated")
        assert asked.count(once) == 1, "the model comes from the browser's cache"
        server.shutdown()
        server.server_close()
        page.reload()
        wait_until_ready(page)
        page.fill("#text", "thank you")
        expect(page.locator("#chosen .name")).to_have_text("gratitude")
        assert page.locator("#loading").is_hidden()


def test_loading_is_shown_and_failures_are_told(open_page: Open, site: Path, tmp_path: Path) -> None:
    broken = tmp_path / "site"
    for each in site.rglob("*"):
        if each.is_file():
            target = broken / each.relative_to(site)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.symlink_to(each)
    (broken / "page/model/tokenizer.json").unlink()
    with serving(broken) as (address, _, _server):
        page = open_page(address, ready=False)
        expect(page.locator("#one-notice")).to_contain_text("page/model/tokenizer.json could not be loaded: status 404")
        expect(page.locator("#loading")).to_be_hidden()
        (broken / "page/model/tokenizer.json").symlink_to(site / "page/model/thresholds.json")  # another file
        page.click("#one-notice >> text=Try again")
        expect(page.locator("#loading progress")).to_be_visible()
        expect(page.locator("#loading-count")).to_have_text(re.compile(r"\d+ of \d\d MB"))
        expect(page.locator("#one-notice")).to_contain_text(
            "tokenizer.json is not the file that was exported", timeout=60_000
        )
        (broken / "page/model/tokenizer.json").unlink()
        (broken / "page/model/tokenizer.json").symlink_to(site / "page/model/tokenizer.json")
        page.click("#one-notice >> text=Try again")
        wait_until_ready(page)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_a_phone(open_site: Any, scheme: str) -> None:
    page = open_site(width=390, color_scheme=scheme)
    page.fill("#text", LONG)
    expect(page.locator("#course")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    light = page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(245, 244, 240)"
    assert light == (scheme == "light")
