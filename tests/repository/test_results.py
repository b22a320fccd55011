"""The tables and outputs in README and docs/ are those of results/ and of the commands."""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPT = "import json, sys; sys.path.insert(0, 'scripts'); import update_tables as tables; {code}"


def run(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT.format(code=code)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def between(document: str, section: str) -> str:
    text = (ROOT / document).read_text(encoding="utf-8")
    return text.partition(f"<!-- {section}: made by scripts/update_tables.py -->")[2].partition("<!-- end of")[0]


def test_tables_are_those_of_the_result_files():
    code = "names = [name for name in tables.SECTIONS if name not in tables.RUN_NOW]; "
    code += "texts = {path.name: path.read_text(encoding='utf-8') for path in tables.DOCUMENTS}; "
    code += "print([name for name, text in texts.items() if tables.with_tables(text, names) != text])"
    assert run(code) == "[]\n", "run make fix"


def test_every_section_is_in_exactly_one_document():
    code = "text = ''.join(path.read_text(encoding='utf-8') for path in tables.DOCUMENTS); "
    code += "print({text.count(mark(name)) for name in tables.SECTIONS for mark in (tables.start, tables.end)})"
    assert run(code) == "{1}\n"


@pytest.mark.parametrize(
    ("document", "section"),
    [
        ("README.md", "demo"),
        ("docs/python.md", "explain"),
        ("docs/your_texts.md", "reviews"),
        ("docs/python.md", "segments"),
    ],
)
def test_shown_outputs_are_those_of_the_commands(document: str, section: str):
    """Words are equal; scores may differ in the last digit, and a bar by one block, on another processor."""
    number = re.compile(r"[+-]?\d+\.\d+")
    shown, printed = between(document, section), run(f"print(tables.SECTIONS[{section!r}]())")
    without: Callable[[str], list[str]] = lambda text: number.sub("", text.replace("█", "")).split()  # noqa: E731
    assert len(number.findall(shown)) > 3
    assert without(shown) == without(printed)
    scores = [[float(each) for each in number.findall(text)] for text in (shown, printed)]
    assert scores[0] == pytest.approx(scores[1], abs=0.021)


def test_the_report_is_that_of_the_archived_results(tmp_path: Path):
    code = f"folder = tables.Path({str(tmp_path)!r}); sections = tables.render(tables.RESULTS, folder); "
    code += "tables.write_markdown(folder / 'reproduction.md', sections, 'figures')"
    run(code)
    assert (tmp_path / "reproduction.md").read_text() == (ROOT / "docs" / "reproduction.md").read_text()


def test_readme_is_short():
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 150
