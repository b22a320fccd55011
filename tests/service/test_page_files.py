"""Many lines and CSV files on the demo page, in headless Chromium, against a stub of the service."""

import csv
import io
import re

import pytest

playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
from helpers.page_driver import NEEDS_CHROMIUM, Open, choose_file, downloaded, table_of  # noqa: E402
from helpers.page_stub import LABELS, Stub, scores_of  # noqa: E402

expect = playwright.expect
pytestmark = NEEDS_CHROMIUM


def test_many_lines_as_a_table_and_as_csv(open_page: Open, stub: Stub) -> None:
    lines = ['=1+1, "thank" you', "so glad", "-5", "@why", "Größe 日本 \U0001f600", "+1 thanks", *["furious"] * 8]
    page = open_page()
    page.click("#many-tab")
    page.fill("#lines", "\n\n".join(lines))
    expect(page.locator("#many-count")).to_have_text("14 texts")
    page.keyboard.press("Control+Enter")
    expect(page.locator("tbody:visible tr")).to_have_count(14)
    assert table_of(page)[1] == ["2", "so glad", "joy 0.88"]
    assert [len(request["texts"]) for request in stub.requests] == [8, 6], "limits.texts is 8"
    content, (header, *rows) = downloaded(page)
    assert content.startswith(b"\xef\xbb\xbf")
    assert content.count(b"\r\n") == 15
    assert header == ["text", "labels", *[f"score_{label}" for label in LABELS], "error", "note"]
    assert [row[0] for row in rows[:6]] == ["'" + lines[0], "so glad", "-5", "'@why", lines[4], "'+1 thanks"]
    told = "an apostrophe stands before cells that a spreadsheet would run as formulas"
    assert [row[-1] for row in rows[:6]] == [told, "", "", told, "", told]
    assert rows[0][1] == '["gratitude"]'
    assert [float(score) for score in rows[0][2:-2]] == pytest.approx(list(scores_of(lines[0]).values()))


def test_rows_of_a_file_come_out_with_their_columns(open_page: Open, stub: Stub) -> None:
    cells = [
        ["1", "thank you,\nall", "a;b"],
        ["2", 'so "glad"', "=cmd()"],
        ["3", " ", "-1.5"],
        ["4", "why\r\nnot?", "\ttab"],
        ["5", "x" * 2001, ""],
    ]
    file = io.StringIO(newline="")
    csv.writer(file).writerows([["id", "what they said", "labels"], *cells])
    page = open_page()
    choose_file(page, "\ufeff" + file.getvalue() + '6,too short\n\n7,so,many,cells\n8,"never closed')
    expect(page.locator("#column")).to_have_value("1")
    expect(page.locator("#sample li").first).to_have_text("thank you, all")
    expect(page.locator("#file-go")).to_have_text("Predict 9 rows")
    page.click("#file-go")
    expect(page.locator(".told:visible")).to_have_text(re.compile("^9 rows · 6 without a prediction"))
    assert stub.requests[-1]["texts"] == ["thank you,\nall", 'so "glad"', "why\r\nnot?"]
    _, (header, *rows) = downloaded(page)
    assert header[:5] == ["id", "what they said", "input_labels", "labels", "score_admiration"]
    expected = [[*cells[0]], ["2", 'so "glad"', "'=cmd()"], cells[2], ["4", "why\r\nnot?", "'\ttab"], cells[4]]
    assert [row[:3] for row in rows[:5]] == expected
    assert [row[3] for row in rows[:5]] == ['["gratitude"]', '["joy"]', "[]", '["curiosity"]', "[]"]
    assert [row[-2] for row in rows] == [
        "", "", "the text is empty", "", "the text has 2,001 characters, the limit is 2,000",
        "2 cells, expected 3", "0 cells, expected 3", '4 cells, expected 3, too many: ["cells"]',
        "a quoted cell is not closed",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("a;b\nthank you, all;2\n", "comments.csv"),
        ("a\tb\nthank you, all\t2\n", "comments.csv"),
        ('a,b\r"thank you, all",2\r', "comments.csv"),
        ('a,b\n"thank you, all",é\n'.encode("latin-1"), "not UTF-8"),
        ('a,b\n"thank you, all",é\n'.encode("utf-16"), "comments.csv"),
        (" \n\na;b\nthank you, all;2\n", "comments.csv"),
    ],
)
def test_files_as_spreadsheets_write_them(open_page: Open, stub: Stub, content: str | bytes, told: str) -> None:
    page = open_page()
    choose_file(page, content)
    expect(page.locator("#file-told")).to_contain_text(told)
    page.click("#file-go")
    expect(page.locator(".told:visible")).to_have_text(re.compile("^1 row ·"))
    assert stub.requests[-1]["texts"] == ["thank you, all"]


def test_a_row_with_text_after_a_quoted_cell_is_not_predicted(open_page: Open, stub: Stub) -> None:
    page = open_page()
    choose_file(page, 'text,n\n"so "great" day",1\nthank you,2\n')
    page.click("#file-go")
    expect(page.locator(".told:visible")).to_have_text(re.compile("^2 rows · 1 without a prediction"))
    expect(page.locator("#file-panel .announced")).to_have_text(re.compile("^2 rows, 1 without a prediction"))
    assert [request["texts"] for request in stub.requests] == [["thank you"]]
    _, rows = downloaded(page)
    assert rows[1][-2] == "text follows a closing quote"


def test_a_number_of_very_many_digits_is_written_in_linear_time(open_page: Open) -> None:
    page = open_page()
    choose_file(page, f"text,n\nthank you,{'1' * 400_000}x\n")
    page.click("#file-go")
    expect(page.locator(".told:visible")).to_have_text(re.compile("^1 row ·"))
    assert len(downloaded(page)[1][1][1]) == 400_001


@pytest.mark.parametrize(
    ("content", "told"), [(b"", "is empty"), (b"\n \n", "is empty"), (b"PK\x03\x04\x00", "binary")]
)
def test_files_that_are_not_csv(open_page: Open, content: bytes, told: str) -> None:
    page = open_page()
    choose_file(page, content)
    expect(page.locator("#file-panel .notice")).to_contain_text(told)
    expect(page.locator("#file-go")).to_be_hidden()


def test_dropped_file_without_a_header(open_page: Open) -> None:
    page = open_page()
    page.evaluate(
        """() => {
          const carried = new DataTransfer();
          carried.items.add(new File(["1,thank you\\n2,so glad"], "dropped.csv"));
          for (const kind of ["dragover", "drop"])
            document.body.dispatchEvent(new DragEvent(kind, {dataTransfer: carried, bubbles: true, cancelable: true}));
        }"""
    )
    page.uncheck("#header")
    expect(page.locator("#column option")).to_have_text(["column 1", "column 2"])
    page.click("#file-go")
    expect(page.locator("tbody:visible tr")).to_have_count(2)
    _, rows = downloaded(page)
    assert [row[:3] for row in rows[1:]] == [["1", "thank you", '["gratitude"]'], ["2", "so glad", '["joy"]']]


def test_busy_service_is_waited_for(open_page: Open, stub: Stub) -> None:
    page = open_page()
    choose_file(page, "text\n" + "so glad\n" * 20)
    stub.refusals = [(429, "the queue is full", {"Retry-After": "1"})]
    page.click("#file-go")
    expect(page.locator("#file-panel .notice")).to_have_text(
        "The service is busy: the queue is full. Trying again in 1 s."
    )
    expect(page.locator(".told:visible")).to_have_text(re.compile("^20 rows ·"))
    expect(page.locator("#file-panel .notice")).to_be_empty()
    assert stub.times[1] - stub.times[0] >= 1.0
    assert [len(request["texts"]) for request in stub.requests] == [8, 8, 8, 4], "the refused one, again, and the rest"


def test_a_cancelled_file_is_continued(open_page: Open, stub: Stub) -> None:
    page = open_page()
    choose_file(page, "id,text\n" + "".join(f"{at},so glad {at}\n" for at in range(40)))
    stub.seconds = 0.4
    page.click("#file-go")
    expect(page.locator(".told:visible")).to_contain_text("8 of 40 rows")
    page.click(".cancel:visible")
    expect(page.locator(".told:visible")).to_contain_text("stopped")
    done = len(table_of(page))
    assert 8 <= done < 40
    _, rows = downloaded(page)
    assert [row[0] for row in rows[1:]] == [str(at) for at in range(40)], "every row comes out"
    assert [row[-2] for row in rows[1:]] == [""] * done + ["not predicted: stopped before this row"] * (40 - done)
    stub.seconds = 0.0
    page.click(".on:visible")
    expect(page.locator(".told:visible")).to_have_text(re.compile("^40 rows ·"))
    assert [row[1] for row in table_of(page)] == [f"so glad {at}" for at in range(40)]


@pytest.mark.parametrize("status", [413, 422])
def test_one_refused_row_does_not_stop_the_others(open_page: Open, stub: Stub, status: int) -> None:
    stub.refused_texts["so glad 5"] = status
    page = open_page()
    choose_file(page, "text\n" + "".join(f"so glad {at}\n" for at in range(12)))
    page.click("#file-go")
    expect(page.locator(".told:visible")).to_have_text(re.compile("^12 rows · 1 without a prediction"))
    _, rows = downloaded(page)
    assert [at for at, row in enumerate(rows[1:]) if row[-2]] == [5]


def test_service_that_stops_in_a_file(open_page: Open, stub: Stub) -> None:
    page = open_page()
    choose_file(page, "text\n" + "so glad\n" * 24)
    stub.seconds = 2.0  # the connection is lost before the next answer
    page.click("#file-go")
    expect(page.locator(".told:visible")).to_contain_text("8 of 24 rows")
    page.context.set_offline(True)
    expect(page.locator("#file-panel .notice")).to_contain_text("No connection to the service.")
    expect(page.locator(".told:visible")).to_contain_text("stopped")
    page.context.set_offline(False)
    page.click("#file-panel .notice >> text=Try again")
    expect(page.locator(".told:visible")).to_have_text(re.compile("^24 rows ·"))
    assert [row[2] for row in table_of(page)] == ["joy 0.88"] * 24
