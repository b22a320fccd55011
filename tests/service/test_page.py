"""The demo page in headless Chromium, against a stub of the service, and once against the service itself."""

import importlib.util
import re
import threading
import time

import pytest

playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
from helpers.page_driver import NEEDS_CHROMIUM, Open, bars, choose_file, downloaded  # noqa: E402
from helpers.page_stub import FILES, LABELS, THRESHOLDS, Stub, scores_of  # noqa: E402

expect = playwright.expect
pytestmark = NEEDS_CHROMIUM
MARKUP = '<img src=x onerror="document.title=1"><b>bold</b>'
CUT = """[...document.querySelectorAll("button, .name, .pill")]
    .filter(each => each.offsetParent && each.scrollWidth > each.clientWidth + 1).map(each => each.textContent)"""


def test_emotions_appear_while_typing(open_page: Open, stub: Stub) -> None:
    page = open_page()
    page.locator("#text").press_sequentially("thank you, so glad", delay=15)
    expect(page.locator("#chosen .bar")).to_have_count(2)
    assert bars(page) == ["gratitude", "joy"]
    assert len(stub.requests) < 6, "every key was sent"
    assert stub.requests[-1] == {
        "texts": ["thank you, so glad"], "thresholds": "per-label", "all_scores": True, "explain": True,
        "segments": True,
    }  # fmt: skip
    page.click("summary")
    scores = scores_of("thank you, so glad")
    assert bars(page, "#rest") == sorted(set(LABELS) - {"gratitude", "joy"}, key=lambda label: -scores[label])
    for label in ("gratitude", "fear"):
        bar = page.locator(".bar", has=page.get_by_text(label, exact=True))
        track = bar.get_by_role("meter", name=label, exact=True)
        threshold = THRESHOLDS["per-label"][label]
        expect(track).to_have_attribute("aria-valuenow", f"{scores[label]:.2f}")
        expect(track).to_have_attribute("aria-valuetext", re.compile(f"threshold {threshold:.2f}"))
        assert bar.locator(".fill").evaluate("e => parseFloat(e.style.width)") == pytest.approx(100 * scores[label])
        assert bar.locator(".tick").evaluate("e => parseFloat(e.style.left)") == pytest.approx(100 * threshold)
    expect(page.locator("#said")).to_have_text(re.compile("gratitude 0.89, joy 0.88"))


def test_last_answer_wins(open_page: Open, stub: Stub) -> None:
    stub.slow["furious"] = 1.0
    page = open_page()
    page.fill("#text", "furious")
    page.click("#one-go")
    page.fill("#text", "proud")
    page.click("#one-go")
    expect(page.locator("#chosen .name")).to_have_text("pride")
    time.sleep(1.1)
    assert bars(page) == ["pride"]
    assert stub.requests[-1]["texts"] == ["proud"]


def test_emptied_text_leaves_nothing(open_page: Open) -> None:
    page = open_page()
    page.fill("#text", "thank you")
    expect(page.locator("#chosen .name")).to_have_text("gratitude")
    page.fill("#text", "  ")
    expect(page.locator("#nothing")).to_be_visible()
    assert bars(page, "#rest") == []


def test_examples_and_truncated_texts(open_page: Open, stub: Stub) -> None:
    page = open_page()
    page.click("#examples button >> nth=0")
    expect(page.locator("#chosen .name")).to_have_text("gratitude")
    assert stub.requests[-1]["texts"] == [page.input_value("#text")]
    page.fill("#text", "thank " * 100)
    expect(page.locator("#note")).to_contain_text("first 64 word pieces")
    page.fill("#text", "x" * 2001)
    expect(page.locator("#one-notice")).to_contain_text("2,001 characters, the limit is 2,000")
    page.fill("#text", "\U0001f600" * 1900)  # 3,800 UTF-16 units, 1,900 characters
    expect(page.locator("#chosen .name")).to_have_text("neutral")


def test_course_of_emotions_through_a_text(open_page: Open) -> None:
    page = open_page()
    page.fill("#text", "\U0001f600 thank you. nothing here at all, it is long. so glad and furious.")
    expect(page.locator("#course")).to_be_visible()
    expect(page.locator("#lanes .name")).to_have_text(["anger", "gratitude", "joy", "neutral"])
    columns = page.locator("#lanes .lane >> nth=1").locator(".column")
    widths = columns.evaluate_all("all => all.map(each => each.getBoundingClientRect().width)")
    assert widths[1] > widths[2] > widths[0], "as the sentences are long"
    heights = columns.evaluate_all("all => all.map(each => parseFloat(getComputedStyle(each, '::after').height))")
    assert heights[0] > 10 * max(heights[1:])
    assert columns.evaluate_all("all => all.map(each => each.className)") == ["column reached at", "column", "column"]
    image = page.get_by_role("img", name="joy reaches its threshold in sentence 3; highest in sentence 3 of 3, 0.88")
    expect(image).to_have_count(1)
    expect(page.locator("#course-text")).to_have_text("1 of 3: \U0001f600 thank you.")
    columns.nth(1).click()
    expect(page.locator("#course-text")).to_have_text("2 of 3: nothing here at all, it is long.")
    page.locator("#course-at").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#course-labels")).to_have_text(re.compile("joy 0.88.*anger|anger.*joy 0.88"))
    spoken = page.get_by_role("slider", name="Sentence").get_attribute("aria-valuetext")
    assert re.match(r"3 of 3: .*joy 0.88.* so glad and furious\.", spoken)
    page.click("#course-all summary")
    expect(page.locator("#course-rows tr")).to_have_count(3)
    expect(page.locator("#course-rows tr >> nth=0")).to_contain_text("gratitude")
    page.fill("#text", "thank you")
    expect(page.locator("#course")).to_be_hidden()


def test_words_are_coloured_by_the_chosen_emotion(open_page: Open) -> None:
    page = open_page()
    page.fill("#text", "\U0001f600 thank you, not proud")  # the emoji is one character, and two UTF-16 units
    expect(page.locator("mark")).to_have_count(4)
    weights = {mark.inner_text(): mark.get_attribute("title") for mark in page.locator("mark").all()}
    assert weights == {"thank": "+0.50", "you": "+0.05", "not": "−0.30", "proud": "+0.05"}
    assert page.locator("mark.against").all_inner_texts() == ["not"]
    assert page.locator("#coloured").inner_text() == "\U0001f600 thank you, not proud"
    expect(page.locator("#strongest")).to_have_text(
        "Evidence for gratitude: thank +0.50 · Evidence against gratitude: not −0.30"
    )
    page.get_by_role("radio", name="gratitude").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#strongest")).to_contain_text("Evidence for pride: proud +0.50")
    page.fill("#text", "so proud, and so glad, and thank you")
    expect(page.locator("#chips input")).to_have_count(3)
    expect(page.get_by_role("radio", name="pride")).to_be_checked()


def test_no_words_are_requested_from_a_model_without_explanations(open_page: Open, stub: Stub) -> None:
    stub.explanations = False
    page = open_page()
    page.fill("#text", "thank you")
    expect(page.locator("#chosen .name")).to_have_text("gratitude")
    expect(page.locator("#words")).to_be_hidden()
    assert not stub.requests[-1]["explain"]


def test_threshold_policy(open_page: Open, stub: Stub) -> None:
    page = open_page()
    page.fill("#text", "thank you")
    expect(page.locator("#chosen .name")).to_have_text("gratitude")
    assert page.locator("#policy option").all_inner_texts() == [
        "One per label", "One for all labels, 0.27", "Fixed, 0.30"
    ]  # fmt: skip
    page.select_option("#policy", "fixed")
    expect(page.get_by_role("meter", name="gratitude")).to_have_attribute(
        "aria-valuetext", re.compile("threshold 0.30")
    )
    assert stub.requests[-1]["thresholds"] == "fixed"


@pytest.mark.parametrize("where", ["one", "many", "file"])
def test_markup_stays_text(open_page: Open, stub: Stub, where: str) -> None:
    page = open_page()
    before = page.title()
    if where == "one":
        page.fill("#text", MARKUP)
        expect(page.locator("#coloured")).to_have_text(MARKUP)
        stub.refusals = [(422, MARKUP, {})]
        page.click("#one-go")
        expect(page.locator("#one-notice")).to_contain_text(MARKUP)
    elif where == "many":
        page.click("#many-tab")
        page.fill("#lines", MARKUP)
        page.click("#many-go")
        expect(page.locator("tbody:visible .text")).to_have_text(MARKUP)
    else:
        quoted = '"' + MARKUP.replace('"', '""') + '"'
        choose_file(page, f"id,{quoted}\n1,{quoted}\n1,{quoted},2\n", name=f"{MARKUP}.csv".replace("/", "\\"))
        expect(page.locator("#sample li").first).to_have_text(MARKUP)
        page.click("#file-go")
        expect(page.locator("tbody:visible .text").first).to_have_text(MARKUP)
    assert page.locator("img, b").count() == 0
    assert page.title() == before


def test_texts_stay_out_of_addresses_and_storage(open_page: Open, stub: Stub) -> None:
    page = open_page()
    page.fill("#text", "secret thank you")
    expect(page.locator("#chosen .name")).to_have_text("gratitude")
    page.click("#many-tab")
    page.fill("#lines", "secret")
    page.click("#many-go")
    expect(page.locator(".save:visible")).to_be_visible()
    assert set(stub.paths) - FILES.keys() == {"/v1/model", "/v1/predict"}
    assert page.url == stub.address
    assert page.evaluate("[localStorage.length, sessionStorage.length, history.length, document.cookie]") == [
        0,
        0,
        2,
        "",
    ]
    assert page.evaluate("indexedDB.databases().then(all => all.length)") == 0
    page.reload()
    assert page.input_value("#text") == ""


@pytest.mark.parametrize(
    ("status", "told"),
    [
        (413, "The request is too large: why."),
        (422, "The request was rejected: why."),
        (429, "The service is busy: why. Trying again in 60 s."),
        (500, "The service failed with status 500: why."),
        (503, "The service is not ready: why. Trying again in 60 s."),
    ],
)
def test_each_error_is_shown(open_page: Open, stub: Stub, status: int, told: str) -> None:
    page = open_page()
    stub.refusals = [(status, "why.", {"Retry-After": "60"})]
    page.fill("#text", "thank you")
    notice = page.get_by_role("alert").filter(visible=True)
    expect(notice).to_contain_text(told)
    expect(notice.get_by_role("button")).to_have_count(1 if status == 500 else 0)
    page.click("#one-go")  # does not wait for the 60 s
    expect(page.locator("#chosen .name")).to_have_text("gratitude")
    expect(page.locator("#one-notice")).to_be_empty()


def test_lost_connection(open_page: Open) -> None:
    page = open_page()
    page.context.set_offline(True)
    page.fill("#text", "thank you")
    expect(page.locator("#one-notice")).to_contain_text("No connection to the service.")
    page.context.set_offline(False)  # the page notices and retries by itself
    expect(page.locator("#chosen .name")).to_have_text("gratitude")
    expect(page.locator("#one-notice")).to_be_empty()


def test_api_key(open_page: Open, stub: Stub) -> None:
    stub.key = "right"
    page = open_page(ready=False)
    expect(page.locator("#locked-why")).to_have_text("This service requires an API key.")
    page.fill("#text", "thank you")
    page.fill("#api-key", "wrong")
    page.keyboard.press("Enter")
    expect(page.locator("#locked-why")).to_have_text("This API key is not valid.")
    page.fill("#api-key", "\u201cright\u201d")
    page.keyboard.press("Enter")
    expect(page.locator("#locked-why")).to_have_text("This API key is not valid.")
    page.fill("#api-key", "right")
    page.keyboard.press("Enter")
    expect(page.locator("#chosen .name")).to_have_text("gratitude")
    expect(page.locator("#locked")).to_be_hidden()
    assert page.evaluate("localStorage.length + sessionStorage.length") == 0


def test_by_keyboard_alone(open_page: Open) -> None:
    page = open_page()

    def tab_to(target: str) -> None:
        for _ in range(20):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.id || document.activeElement.className") == target:
                outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
                assert outline != "none", "where the focus is cannot be seen"
                return
        raise AssertionError(f"{target} is not reached")

    tab_to("one-tab")
    tab_to("text")
    page.keyboard.type("thank you")
    expect(page.locator("#chosen .name")).to_have_text("gratitude")
    tab_to("one-go")
    page.locator("#one-tab").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="Many lines")).to_be_focused()
    expect(page.get_by_role("tab", name="Many lines")).to_have_attribute("aria-selected", "true")
    tab_to("lines")
    page.keyboard.type("so glad")
    tab_to("many-go")
    page.keyboard.press("Enter")
    expect(page.locator("tbody:visible tr")).to_have_count(1)
    tab_to("button main save")
    page.locator("#many-tab").focus()
    page.keyboard.press("End")
    expect(page.get_by_role("tab", name="CSV file")).to_be_focused()
    for _ in range(3):  # thresholds, then the file's button, whose frame shows the focus
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == "file":
            break
    assert page.locator("#drop").evaluate("e => getComputedStyle(e).outlineStyle") == "solid"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_a_phone(open_page: Open, scheme: str) -> None:
    page = open_page(width=360, color_scheme=scheme, reduced_motion="reduce")
    page.fill("#text", "x" * 500 + " thank you, so proud and glad, why, I love it")
    expect(page.locator("#chosen .bar")).to_have_count(5)
    for name in ("one", "many", "file"):
        page.click(f"#{name}-tab")
        if name == "many":
            page.fill("#lines", "y" * 300 + " thank you, so proud and glad, why, I love it")
            page.click("#many-go")
            expect(page.locator("tbody:visible tr")).to_have_count(1)
        elif name == "file":
            choose_file(page, f"{'column' * 30}\n{'z' * 300}\n", name=f"{'name' * 40}.csv")
            page.click("#file-go")
            expect(page.locator("tbody:visible tr")).to_have_count(1)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
        assert page.evaluate(CUT) == [], name
    light = page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(245, 244, 240)"
    assert light == (scheme == "light")
    assert page.locator(".fill").first.evaluate("e => getComputedStyle(e).transitionDuration") == "0s"


def test_nothing_jumps_while_typing(open_page: Open) -> None:
    page = open_page()
    places = set()
    for text in ("", "thank you", "nothing", "thank you, so proud, glad, why"):
        page.fill("#text", text)
        expect(page.locator("#result")).to_have_attribute("aria-busy", "false")
        if text:
            expect(page.locator("#coloured")).to_have_text(text)
        boxes = [page.locator(each).bounding_box() for each in ("#text", "#one-go", "#examples", "#result", "#words")]
        places.add(tuple((box["x"], box["y"]) for box in boxes if box))
    assert len(places) == 1


def test_the_service_itself(open_page: Open) -> None:
    if importlib.util.find_spec("fastapi") is None or importlib.util.find_spec("uvicorn") is None:
        pytest.skip("the extra `serve` is not installed")
    import uvicorn

    from emograin.service.app import create_app
    from emograin.service.served_model import open_model

    server = uvicorn.Server(uvicorn.Config(create_app(open_model()), port=0, log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        for _ in range(600):
            if server.started:
                break
            time.sleep(0.05)
        port = server.servers[0].sockets[0].getsockname()[1]
        page = open_page(f"http://127.0.0.1:{port}/")
        page.fill("#text", "Thank you so much, you made my whole week!")
        expect(page.locator("#chosen .name").first).to_have_text("gratitude")
        page.click("#many-tab")
        page.fill("#lines", "Thank you so much!\nWait, why would anyone do that?")
        page.click("#many-go")
        expect(page.locator("tbody:visible tr")).to_have_count(2)
        _, rows = downloaded(page)
        assert [row[0] for row in rows] == ["text", "Thank you so much!", "Wait, why would anyone do that?"]
        assert "gratitude" in rows[1][1]
        assert "curiosity" in rows[2][1]
        page.context.close()
    finally:
        server.should_exit = True
        thread.join(20)
