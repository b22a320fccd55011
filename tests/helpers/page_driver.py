"""What the tests of the demo page share: where a browser is, and what they read from the page."""

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from .page_stub import CHROMIUM

Open = Callable[..., Any]
NEEDS_CHROMIUM = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")


csv.field_size_limit(2**22)


def bars(page: Any, of: str = "#chosen") -> list[str]:
    return page.locator(f"{of} .name").all_inner_texts()


def table_of(page: Any) -> list[list[str]]:
    rows = "rows => rows.map(row => [...row.cells].map(cell => cell.innerText.trim()))"
    return page.locator("tbody:visible tr").evaluate_all(rows)


def downloaded(page: Any) -> tuple[bytes, list[list[str]]]:
    with page.expect_download() as waiting:
        page.locator(".save:visible").click()
    content = Path(waiting.value.path()).read_bytes()
    return content, list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True))


def choose_file(page: Any, content: str | bytes, name: str = "comments.csv") -> None:
    page.click("#file-tab")
    data = content.encode() if isinstance(content, str) else content
    page.set_input_files("#file", files=[{"name": name, "mimeType": "text/csv", "buffer": data}])
